"""Convert decoded pictures to sRGB: palettes, alpha, CMYK, gamma and embedded ICC profiles.

Pictures are converted in strips, to avoid a second copy of a large picture in memory.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import PIL.Image
from PIL import ImageCms

from moue.errors import ImageError
from moue.media.image.depth import is_deep, scale_of, strips
from moue.workspace.types import Image

_SRGB = ImageCms.createProfile("sRGB")
_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow modes by the colour space of an ICC profile; other profiles are ignored."""
_GREY = ("1", "L", "LA", "La")
_NOTICEABLE = 5
"""Maximum change of a colour, from 0 to 255, by a profile that counts as sRGB."""
# 1 / 2.2 = 0.4545 approximates the curve of sRGB; programs round it differently.
_SRGB_GAMMA = (0.43, 0.48)
"""Minimum and maximum of the PNG gamma values that mean sRGB."""
Convert = Callable[[PIL.Image.Image], PIL.Image.Image]


def to_rgb(
    image: PIL.Image.Image, profile: bytes | None, most: int | None = None
) -> tuple[Image, str | None]:
    """Return a picture as (H, W, 3) uint8 sRGB, and a note about an estimated grey range or None.

    Args:
        image: decoded picture.
        profile: ICC profile of the picture; None if missing.
        most: maximum value of a grey picture with more than 8 bits; None if unknown.
    """
    flatten, note = _flatten(image, most)
    convert = _to_srgb(image, profile)
    rgb = np.empty((image.height, image.width, 3), np.uint8)
    for top, strip in strips(image):
        done = convert(flatten(strip))
        rgb[top : top + done.height] = np.asarray(done)
    return rgb, note


def from_array(pixels: npt.NDArray[np.uint8], profile: bytes | None) -> Image:
    """Return pixels as (H, W, 3) uint8 sRGB.

    Args:
        pixels: (H, W, 1) uint8 grey or (H, W, 3) uint8 RGB pixels.
        profile: ICC profile of the pixels; None if missing.
    """
    if pixels.shape[2] == 3 and is_srgb(profile):
        return pixels
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return to_rgb(PIL.Image.fromarray(flat), profile)[0]


def is_srgb(profile: bytes | None) -> bool:
    """Return True if RGB pixels with an ICC profile are sRGB.

    True if the profile is missing, damaged, not an RGB profile, or close to sRGB.
    """
    return _transform(profile, "RGB") is None


def _flatten(image: PIL.Image.Image, most: int | None) -> tuple[Convert, str | None]:
    """Return a function that makes strips 8-bit and opaque, and a note if a range is estimated."""
    if is_deep(image.mode):
        return scale_of(image, most)
    if image.mode in ("P", "PA") and image.palette is None:
        raise ImageError("unreadable", f"the {image.format} picture has no palette")
    if not image.has_transparency_data:
        return _unchanged, None
    if image.format == "BMP" and image.getextrema()[-1] == (0, 0):
        return _unchanged, None  # many programs write 0 into an unused alpha channel
    return _on_white, None


def _on_white(strip: PIL.Image.Image) -> PIL.Image.Image:
    rgba = strip.convert("RGBA")
    white = PIL.Image.new("RGB", strip.size, "white")
    white.paste(rgba, mask=rgba.getchannel("A"))
    return white


def _to_srgb(image: PIL.Image.Image, profile: bytes | None) -> Convert:
    """Return a function that converts opaque 8-bit strips to sRGB, by profile or gamma."""
    grey = image.mode in _GREY or is_deep(image.mode)
    # A grey picture may have a profile for grey or for RGB.
    for mode in ("L", "RGB") if grey else ("CMYK" if image.mode == "CMYK" else "RGB",):
        if transform := _transform(profile, mode):
            return lambda strip: ImageCms.applyTransform(_as(strip, mode), transform) or strip
    # A profile and an sRGB chunk take precedence over the gamma, as the PNG standard requires.
    gamma = None if profile or "srgb" in image.info else image.info.get("gamma")
    if not gamma or _SRGB_GAMMA[0] <= gamma <= _SRGB_GAMMA[1]:
        return lambda strip: _as(strip, "RGB")
    # A table of the 256 values replaces the arithmetic for each pixel.
    linear = np.linspace(0, 1, 256) ** (1 / gamma)
    # The curve of sRGB (IEC 61966-2-1), which is a straight line near black.
    shown = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.rint(shown * 255).astype(int).tolist()
    return lambda strip: _as(strip, "RGB").point(table * 3)


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from an ICC profile to sRGB.

    None means that no transform is needed: the profile is missing, damaged, for another mode, or
    close to sRGB.

    Args:
        profile: ICC profile; None if missing.
        mode: Pillow mode of the pixels: `L`, `RGB` or `CMYK`.
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
    # CMYK values are never sRGB values, so there is nothing to compare.
    if mode == "CMYK":
        return transform
    # The 16 x 16 x 16 colours cover the whole cube; as a picture, because ImageCms converts these.
    steps = np.linspace(0, 255, 16).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(64, 64, 3)
    samples = _as(PIL.Image.fromarray(colours), mode)
    done = ImageCms.applyTransform(samples, transform)
    # Signed, because differences of uint8 would wrap around.
    change = np.asarray(done, np.int16) - np.asarray(_as(samples, "RGB"), np.int16)
    return transform if np.abs(change).max() > _NOTICEABLE else None


def _as(strip: PIL.Image.Image, mode: str) -> PIL.Image.Image:
    return strip if strip.mode == mode else strip.convert(mode)


def _unchanged(strip: PIL.Image.Image) -> PIL.Image.Image:
    return strip
