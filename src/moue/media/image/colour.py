"""From what a decoder gives to sRGB: palettes, alpha, CMYK and embedded profiles.

Pictures are worked on in strips, so that no second copy of a large one is held.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageCms

from moue.media.image.depth import is_deep, scale_of, strips
from moue.workspace.types import Image

_SRGB = ImageCms.createProfile("sRGB")
Convert = Callable[[PIL.Image.Image], PIL.Image.Image]


def to_rgb(
    image: PIL.Image.Image, profile: bytes | None, most: int | None = None
) -> tuple[Image, str | None]:
    """Return a decoded picture as (H, W, 3) uint8 sRGB, and a note where its range was guessed.

    Args:
        profile: ICC, if any.
        most: the largest value of a deep grey, where the file tells.
    """
    note = None
    if is_deep(image.mode):
        convert, note = scale_of(image, most)
    else:
        convert = _converter(image, profile)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for top, strip in strips(image):
        done = convert(strip)
        done = done if done.mode == "RGB" else done.convert("RGB")
        rgb[top : top + done.height] = np.asarray(done)
    return rgb, note


def from_array(pixels: npt.NDArray[np.uint8], profile: bytes | None) -> Image:
    """Return decoded pixels, (H, W, 1) grey or (H, W, 3) RGB, as sRGB."""
    if pixels.shape[2] == 3 and is_srgb(profile):
        return pixels
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return to_rgb(PIL.Image.fromarray(flat), profile)[0]


def is_srgb(profile: bytes | None) -> bool:
    """Tell whether a profile changes nothing: there is none, or it is sRGB, or broken."""
    if not profile:
        return True
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return True
    return "srgb" in name.lower()


def _converter(image: PIL.Image.Image, profile: bytes | None) -> Convert:
    if image.has_transparency_data:
        return lambda strip: _on_white(strip, _to_srgb("RGB", profile))
    return _to_srgb(image.mode, profile)


def _on_white(strip: PIL.Image.Image, convert: Convert) -> PIL.Image.Image:
    rgba = strip.convert("RGBA")
    white = PIL.Image.new("RGB", strip.size, "white")
    white.paste(rgba, mask=rgba.getchannel("A"))
    return convert(white)


def _to_srgb(mode: str, profile: bytes | None) -> Convert:
    """Return what converts by a profile; a broken one, or one for other colours, says nothing."""
    if is_srgb(profile) or mode not in ("RGB", "CMYK", "L"):
        return _unchanged
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        transform = ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return _unchanged

    def convert(strip: PIL.Image.Image) -> PIL.Image.Image:
        return ImageCms.applyTransform(strip, transform) or strip

    return convert


def _unchanged(strip: PIL.Image.Image) -> PIL.Image.Image:
    return strip
