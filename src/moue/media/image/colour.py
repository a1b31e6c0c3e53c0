"""Convert decoded pictures to sRGB: palettes, alpha, CMYK, gamma and embedded ICC profiles.

Pictures are converted in strips, so that no second copy of a large one is in memory.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageCms

from moue.media.image.depth import is_deep, scale_of, strips
from moue.workspace.types import Image

_SRGB = ImageCms.createProfile("sRGB")
_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow's mode for the colour space of a profile; profiles of other spaces are not used."""
_GREY = ("1", "L", "LA", "La")
_NOTICEABLE = 5
"""A profile that changes no colour by more than this, of 255, counts as sRGB."""
_SRGB_GAMMA = (0.43, 0.48)
"""Values of a PNG's gamma that mean sRGB."""
Convert = Callable[[PIL.Image.Image], PIL.Image.Image]


def to_rgb(
    image: PIL.Image.Image, profile: bytes | None, most: int | None = None
) -> tuple[Image, str | None]:
    """Return a decoded picture as (H, W, 3) uint8 sRGB, and a note if something is a guess.

    Args:
        profile: the ICC profile, if any.
        most: the largest value of grey with more than 8 bits; None if the file does not say.
    """
    flatten, note = _flatten(image, most)
    convert = _to_srgb(image, profile)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for top, strip in strips(image):
        done = convert(flatten(strip))
        rgb[top : top + done.height] = np.asarray(done)
    return rgb, note


def from_array(pixels: npt.NDArray[np.uint8], profile: bytes | None) -> Image:
    """Return decoded pixels, (H, W, 1) grey or (H, W, 3) RGB, as sRGB."""
    if pixels.shape[2] == 3 and is_srgb(profile):
        return pixels
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return to_rgb(PIL.Image.fromarray(flat), profile)[0]


def is_srgb(profile: bytes | None) -> bool:
    """Return whether a profile does not change RGB; a damaged or unsuitable one does not."""
    return _transform(profile, "RGB") is None


def _flatten(image: PIL.Image.Image, most: int | None) -> tuple[Convert, str | None]:
    """Return what makes a strip 8-bit and opaque, and a note where it guesses."""
    if is_deep(image.mode):
        return scale_of(image, most)
    if not image.has_transparency_data:
        return _unchanged, None
    if image.format == "BMP" and image.getextrema()[-1] == (0, 0):
        return _unchanged, None  # many programs leave the fourth byte empty
    return _on_white, None


def _on_white(strip: PIL.Image.Image) -> PIL.Image.Image:
    rgba = strip.convert("RGBA")
    white = PIL.Image.new("RGB", strip.size, "white")
    white.paste(rgba, mask=rgba.getchannel("A"))
    return white


def _to_srgb(image: PIL.Image.Image, profile: bytes | None) -> Convert:
    """Return what converts flat strips of a picture to sRGB, by its profile or its gamma."""
    grey = image.mode in _GREY or is_deep(image.mode)
    for mode in ("L", "RGB") if grey else ("CMYK" if image.mode == "CMYK" else "RGB",):
        if transform := _transform(profile, mode):
            return lambda strip: ImageCms.applyTransform(_as(strip, mode), transform) or strip
    gamma = None if profile or "srgb" in image.info else image.info.get("gamma")
    if not gamma or _SRGB_GAMMA[0] <= gamma <= _SRGB_GAMMA[1]:
        return lambda strip: _as(strip, "RGB")
    linear = np.linspace(0, 1, 256) ** (1 / gamma)
    shown = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.rint(shown * 255).astype(int).tolist()
    return lambda strip: _as(strip, "RGB").point(table * 3)


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform of a profile to sRGB; None where it is damaged or changes nothing.

    Args:
        mode: of the pixels; a profile for other colours says nothing about them.
    """
    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _MODES.get(source.profile.xcolor_space) != mode:
            return None
        transform = ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
    if mode == "CMYK":
        return transform
    steps = np.linspace(0, 255, 16).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(64, 64, 3)
    samples = _as(PIL.Image.fromarray(colours), mode)
    done = ImageCms.applyTransform(samples, transform)
    change = np.asarray(done, np.int16) - np.asarray(_as(samples, "RGB"), np.int16)
    return transform if np.abs(change).max() > _NOTICEABLE else None


def _as(strip: PIL.Image.Image, mode: str) -> PIL.Image.Image:
    return strip if strip.mode == mode else strip.convert(mode)


def _unchanged(strip: PIL.Image.Image) -> PIL.Image.Image:
    return strip
