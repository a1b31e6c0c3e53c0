"""Extract the preview of a camera raw file: a JPEG that the camera stores in the file.

The sensor data is not decoded. The preview often has the full resolution.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from moue.errors import ImageError
from moue.media.image import tiff

SMALLEST = 640
"""Minimum of the longer side of a preview, in pixels. Thumbnails have 160 to 256 pixels."""
_START = b"\xff\xd8\xff"
_FRAMES = (0xC0, 0xC1, 0xC2)
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview in a camera raw file.

    Attributes:
        data: bytes of the JPEG.
        width: width of the JPEG, in pixels.
        height: height of the JPEG, in pixels.
        orientation: EXIF orientation of the raw file, 1 to 8; 1 if missing.
    """

    data: bytes
    width: int
    height: int
    orientation: int


def preview(data: bytes) -> Preview:
    """Return the largest preview in the bytes of a camera raw file.

    Raises:
        ImageError: no preview has a longer side of at least `SMALLEST`; the reason is
            `unsupported`.
    """
    best, size, at = -1, (0, 0), 1
    for _ in range(_TRIES):
        at = data.find(_START, at)
        if at < 0:
            break
        found = _dimensions(data, at)
        if found[0] * found[1] > size[0] * size[1]:
            best, size = at, found
        at += len(_START)
    if max(size) < SMALLEST:
        raise ImageError(
            "unsupported",
            f"the raw file has no preview of at least {SMALLEST} pixels; export it as JPEG",
        )
    return Preview(_cut(data, best), *size, _orientation(data))


def _dimensions(data: bytes, at: int) -> tuple[int, int]:
    """Return width, height of the JPEG at offset `at`; (0, 0) if it lacks three 8-bit channels."""
    at += 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width, parts = struct.unpack_from(">HHB", data, at + 5)
            return (width, height) if data[at + 4] == 8 and parts == 3 else (0, 0)
        if not 0xC0 <= marker <= 0xFE or marker in (0xC3, 0xD9, 0xDA):
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0


def _cut(data: bytes, start: int) -> bytes:
    """Return the bytes of the JPEG at offset `start`, up to its end marker."""
    at = start + 2
    while data[at + 1] != 0xDA:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if at + 4 > len(data) or data[at] != 0xFF:
            return data[start:]
    end = data.find(b"\xff\xd9", at)
    return data[start : end + 2 if end >= 0 else len(data)]


def _orientation(data: bytes) -> int:
    """Return the EXIF orientation of a raw file in TIFF or Canon CR3 format; 1 if missing."""
    if data[4:8] == b"ftyp":
        at = data.find(b"CMT1", 0, 1_000_000)
        data = data[at + 4 : at + 70_000] if at >= 0 else b""
    if data[:2] not in (b"II", b"MM"):
        return 1
    first = next(iter(tiff.directories(data)), {})
    value = first.get(tiff.ORIENTATION, (1,))[0]
    return value if 1 <= value <= 8 else 1
