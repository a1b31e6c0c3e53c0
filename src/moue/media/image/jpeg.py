"""Decode JPEGs, and distinguish damage from harmless irregularities.

The strict decoder rejects every irregular file. Some irregularities do not affect the pixels: an
unknown revision number, fields that sequential JPEGs do not use, a missing end marker. Therefore a
rejected file is decoded again with corrected fields. A file that is rejected again is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import simplejpeg

from moue.errors import ImageError

_EOI, _SOS = 0xD9, 0xDA
_SEQUENTIAL = (0xC0, 0xC1)
_BARE = (0x00, 0x01, *range(0xD0, 0xD9), 0xFF)
"""Bytes after 0xFF that do not start a segment: escapes, restarts, starts and padding."""
_APP0, _ADOBE, _COMMENT = 0xE0, 0xEE, 0xFE
_END = b"\xff\xd9"
_EXTRANEOUS = re.compile(r"(\d+) extraneous bytes before marker 0x(\w\w)")
_ZEROS = 64
"""Maximum number of zero bytes at the end of the pixel data of a complete picture."""
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""Pattern of the marker that ends the pixel data: any marker other than a restart."""


def decode(
    data: bytes, colours: str = "RGB", width: int = 0, height: int = 0
) -> npt.NDArray[np.uint8]:
    """Return the pixels of a JPEG, (H, W, C) uint8.

    Args:
        data: bytes of the JPEG.
        colours: colour space of the result: `RGB`, `GRAY` or `CMYK`.
        width: minimum width of the result, in pixels; the decoder reduces a larger picture by 2, 4
            or 8. 0 keeps the size of the JPEG.
        height: minimum height of the result, in pixels.

    Raises:
        ImageError: the JPEG is damaged or truncated; the reason is `unreadable`.
    """
    smallest = {"min_width": width, "min_height": height} if width else {}
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, colours, **smallest))
    except ValueError:
        # The Adobe transform 1 is YCbCr, and 2 is YCCK, its form with four channels.
        corrected = without_irregularities(data, 2 if colours == "CMYK" else 1)
    try:
        return np.asarray(simplejpeg.decode_jpeg(corrected, colours, **smallest))
    except ValueError as error:
        if not _only_padded(str(error), data):
            raise ImageError("unreadable", str(error)) from error
    try:
        return np.asarray(simplejpeg.decode_jpeg(corrected, colours, strict=False, **smallest))
    except ValueError as error:
        raise ImageError("unreadable", str(error)) from error


def without_irregularities(data: bytes, transform: int = 1) -> bytes:
    """Return a JPEG with valid values in the fields that do not affect the pixels.

    The result of a JPEG with a damaged structure ends at the damage.

    Args:
        data: bytes of the JPEG.
        transform: Adobe colour transform that replaces an unknown value.
    """
    out = bytearray(data[:2])
    sequential = False
    for marker, start, end in _segments(data):
        segment = bytearray(data[start:end])
        sequential = sequential or marker in _SEQUENTIAL
        if marker == _SOS:
            # The length of a segment counts its own two bytes, but not those of the marker.
            fields = 2 + int.from_bytes(segment[2:4], "big")
            if sequential:
                # A sequential scan always contains the coefficients 0 to 63 at full precision.
                segment[fields - 3 : fields] = b"\0\x3f\0"
            out += segment
        else:
            out += _kept(marker, segment, transform)
    return bytes(out + _END)


def scan_count(data: bytes) -> int:
    """Return the number of scans of a JPEG; data after the end marker is ignored."""
    return sum(marker == _SOS for marker, _, _ in _segments(data))


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment; a scan includes its pixel data."""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 4 <= len(data):
        marker = data[at + 1]
        # By one byte, not two: after padding, the second 0xFF may start a segment.
        if marker in _BARE:
            at += 1
            continue
        if marker == _EOI:
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SOS:
            # The header of a scan has a length, but its pixel data end only at the next marker.
            found = _MARKER.search(data, end)
            end = found.start() if found else len(data)
        yield marker, at, end
        at = end


def _kept(marker: int, segment: bytearray, transform: int) -> bytearray:
    """Return a segment with valid values; empty if the decoder does not need the segment."""
    if marker == _APP0 and segment[4:9] == b"JFIF\0":
        segment[9:11] = b"\x01\x02"
        return segment
    if marker == _ADOBE and segment[4:9] == b"Adobe" and len(segment) >= 16:
        if segment[15] > 2:  # unknown colour transform
            segment[15] = transform
        return segment
    return bytearray() if _APP0 <= marker <= 0xEF or marker == _COMMENT else segment


def _only_padded(message: str, data: bytes) -> bool:
    """Return True if extra bytes are the only irregularity of a JPEG, as some cameras write them.

    A truncated download that is filled with zeros does not count: its zeros decode as pixels.

    Args:
        message: error message of the strict decoder.
        data: bytes of the JPEG.
    """
    found = _EXTRANEOUS.search(message)
    if not found:
        return False
    ends = data.rfind(_END) > data.rfind(b"\xff\xda")
    content = data[: data.rfind(_END)] if ends else data
    zeros = len(content) - len(content.rstrip(b"\0"))
    # Zeros that the decoder skipped as extraneous were not decoded as pixels.
    taken = zeros - int(found[1]) if found[2] == "d9" else 0
    return (ends or found[2] == "d9") and taken <= _ZEROS
