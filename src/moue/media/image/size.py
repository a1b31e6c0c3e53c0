"""Check the size and the decoding cost of a picture from its header, before decoding."""

from __future__ import annotations

import PIL.Image

from moue.errors import ImageError
from moue.media.image import jpeg
from moue.memory_budget import check_memory

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_500
"""Maximum side in pixels, given by the JPEG format that all pictures are converted to."""
_MAX_SCAN_PIXELS = 5_000_000_000
"""Maximum product of pixels and scans, since a small JPEG may have thousands of scans."""

_MODE_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Memory of a pixel in Pillow, in bytes, by mode; other modes take 4."""
_RGB = 3
_ROW = 24
"""Memory of a row in Pillow in addition to its pixels, in bytes."""
_DECODERS = {"WEBP": 17, "AVIF": 18, "HEIF": 18}
"""Measured memory per pixel of decoders that decode the whole picture at once, in bytes."""
_ROWS_PER_STRIP, _TILE_WIDTH = 278, 322
_ANIMATION = 12
"""Additional memory per pixel of an animated GIF or PNG, whose frames are composed, in bytes."""


def check_size(width: int, height: int, max_pixels: int, min_side: int = 1) -> None:
    """Check that the size of a picture is within the limits.

    Args:
        width: width, in pixels.
        height: height, in pixels.
        max_pixels: maximum of width x height.
        min_side: minimum of the shorter side, in pixels.

    Raises:
        ImageError: the size is outside the limits; the reason is `too_large` or `too_small`.
    """
    size = f"{width} x {height} pixels"
    if width * height > max_pixels:
        raise ImageError("too_large", f"{size}; the limit is {max_pixels:,} pixels")
    if max(width, height) > MAX_SIDE:
        raise ImageError("too_large", f"{size}; no side may be longer than {MAX_SIDE:,}")
    if min(width, height) < min_side:
        raise ImageError("too_small", f"{size}; each side must be at least {min_side:,}")


def check_cost(opened: PIL.Image.Image, data: bytes, as_it_is: bool) -> None:
    """Check that decoding a picture stays within the limits on memory and time.

    Args:
        opened: picture whose header has been read.
        data: bytes of the file.
        as_it_is: True if the pixels are used without rotation and conversion.

    Raises:
        ImageError: a limit is exceeded; the reason is `too_large`.
        TooHeavyForWorker: the picture must be decoded by the parent process; see `check_memory`.
    """
    check_memory(needed_memory(opened, len(data), as_it_is))
    pixels = opened.width * opened.height
    scans = data.count(b"\xff\xda") if opened.format in ("JPEG", "MPO") else 1
    if scans * pixels > _MAX_SCAN_PIXELS:
        scans = jpeg.scan_count(data)  # appended data, such as a video, may contain the marker
    if scans * pixels > _MAX_SCAN_PIXELS:
        size = f"{opened.width} x {opened.height} pixels"
        raise ImageError("too_large", f"{size} in {scans:,} scans take too long to decode")


def needed_memory(opened: PIL.Image.Image, stored: int, as_it_is: bool) -> int:
    """Return the estimated peak memory of decoding a picture, in bytes.

    Args:
        opened: picture whose header has been read.
        stored: size of the file, in bytes.
        as_it_is: True if the pixels are used without rotation and conversion.
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
    """Return the memory of one strip of a TIFF, in bytes; 0 for a TIFF with tiles."""
    tags = getattr(tiff, "tag_v2", {})
    rows = tags.get(_ROWS_PER_STRIP)
    rows = min(rows, tiff.height) if isinstance(rows, int) else tiff.height
    return 0 if _TILE_WIDTH in tags else rows * tiff.width * 4


def needed_memory_of_webp(data: bytes) -> tuple[int, int, int]:
    """Return width and height of a WebP in pixels, and the memory of decoding it in bytes.

    All three are 0 if the header is damaged.
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
