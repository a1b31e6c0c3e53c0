"""Limits on the size of pictures, checked by their header before decoding."""

from __future__ import annotations

import PIL.Image

from moue.errors import ImageError
from moue.media.image import jpeg
from moue.memory_budget import check_memory

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_500
"""Maximum side of a JPEG; every picture is converted to one."""
_MAX_SCAN_PIXELS = 5_000_000_000
"""Maximum number of pixels times scans: a small JPEG may have thousands of scans."""

_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Bytes per pixel in Pillow's memory, by mode; 4 for other modes."""
_RGB = 3
_ROW = 24
"""Bytes per row in Pillow's memory, in addition to the pixels."""
_DECODERS = {"WEBP": 17, "AVIF": 18, "HEIF": 18}
"""Bytes per pixel of decoders that decode the whole picture at once; measured."""
_ROWS_PER_STRIP, _TILE_WIDTH = 278, 322
_ANIMATION = 12
"""Additional bytes per pixel of an animated GIF or PNG, whose frames are composed."""


def check_size(width: int, height: int, max_pixels: int, min_side: int = 1) -> None:
    """Check the size of a picture before a pixel is decoded.

    Raises:
        ImageError: `too_large` or `too_small`.
    """
    size = f"{width} x {height} pixels"
    if width * height > max_pixels:
        raise ImageError("too_large", size)
    if max(width, height) > MAX_SIDE:
        raise ImageError("too_large", f"{size}; no side may be longer than {MAX_SIDE:,}")
    if min(width, height) < min_side:
        raise ImageError("too_small", size)


def check_cost(opened: PIL.Image.Image, data: bytes, as_it_is: bool) -> None:
    """Check that a picture can be decoded in bounded memory and time.

    Args:
        as_it_is: the pixels are neither rotated nor converted.

    Raises:
        ImageError: `too_large`.
        TooHeavyForWorker: see `check_memory`.
    """
    check_memory(needed_memory(opened, len(data), as_it_is))
    pixels = opened.width * opened.height
    scans = data.count(b"\xff\xda") if opened.format in ("JPEG", "MPO") else 1
    if scans * pixels > _MAX_SCAN_PIXELS:
        scans = jpeg.scan_count(data)  # phones append a video, which holds these bytes by chance
    if scans * pixels > _MAX_SCAN_PIXELS:
        raise ImageError("too_large", f"{opened.width} x {opened.height} pixels in {scans} scans")


def needed_memory(opened: PIL.Image.Image, stored: int, as_it_is: bool) -> int:
    """Estimate the peak memory of decoding, in bytes, by the header.

    Args:
        stored: size of the file, in bytes.
        as_it_is: see `check_cost`.
    """
    pixels = opened.width * opened.height
    if opened.format in ("JPEG", "MPO"):
        # All coefficients of a progressive JPEG are in memory, 2 bytes each.
        each = (1 if as_it_is else 2) * _RGB + (6 if opened.info.get("progressive") else 0)
    elif opened.format in _DECODERS:
        each = _DECODERS[opened.format]
    else:
        each = _MODE_BYTES.get(opened.mode, 4) + _RGB
        if opened.format in ("GIF", "PNG") and getattr(opened, "is_animated", False):
            each += _ANIMATION
    strip = _strip(opened) if opened.format == "TIFF" else 0
    return pixels * each + opened.height * _ROW + strip + stored


def _strip(tiff: PIL.Image.Image) -> int:
    """Return the bytes of one strip of a TIFF, which is decoded as a whole; tiles are small."""
    tags = getattr(tiff, "tag_v2", {})
    rows = tags.get(_ROWS_PER_STRIP)
    rows = min(rows, tiff.height) if isinstance(rows, int) else tiff.height
    return 0 if _TILE_WIDTH in tags else rows * tiff.width * 4


def needed_memory_of_webp(data: bytes) -> tuple[int, int, int]:
    """Return width, height and the estimated bytes that decoding a WebP takes.

    All are 0 if the header is damaged.
    """
    width = height = 0
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and len(data) >= 30:
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return width, height, width * height * _DECODERS["WEBP"]
