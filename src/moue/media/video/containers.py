"""Recognise videos by the first bytes of a file."""

from __future__ import annotations

from pathlib import Path

HEAD = 1024
"""Number of first bytes that are checked."""

_PICTURE_BRANDS = (b"hei", b"hev", b"mif", b"msf", b"mia", b"avi", b"crx", b"jxl", b"jp2", b"jpx")
"""First letters of picture brands: HEIF, AVIF, Canon raw, JPEG XL and JPEG 2000."""
_BOXES = (b"moov", b"mdat", b"wide", b"moof", b"styp", b"sidx", b"pnot", b"skip", b"free")
"""First boxes of QuickTime files and MP4 segments that do not start with `ftyp`."""
_MOST_BOXES = 100_000
"""Maximum number of MP4 boxes that are read; hours of short fragments have fewer."""
_MATROSKA = b"\x1aE\xdf\xa3"
"""First bytes of Matroska and WebM files."""
_MAGIC = (
    _MATROSKA,
    b"\x00\x00\x01\xba",  # MPEG program stream: DVDs, older camcorders
    b"\x00\x00\x01\xb3",  # MPEG-1 and MPEG-2 without a container
    b"\x00\x00\x00\x01\x67",  # H.264 without a container: surveillance cameras
    b"\x00\x00\x00\x01\x27",
    b"\x00\x00\x00\x01\x09",
    b"\x00\x00\x00\x01\x40\x01",  # H.265 without a container
    b"FLV\x01",
    b"\x30\x26\xb2\x75",  # ASF: WMV
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01",  # MXF
    b"OggS",
    b".RMF",
    b"YUV4MPEG2 ",
    b"DKIF",  # IVF
    b"nut/multimedia container",
    b"DHAV",  # surveillance recorders
    b"\x1f\x07\x00\x3f",  # DV
    b"\x1f\x07\x00\xbf",
    b"\xb7\xd8\x00\x20\x37\x49\xda\x11",  # WTV, recorded by Windows
)
_SYNC = 0x47
_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Packet length and sync byte offset of the MPEG-TS variants: plain, M2TS, with parity."""


def is_video(path: Path) -> bool:
    """Return True if a file is a video, by its first bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return holds_video(file.read(HEAD))


def holds_video(head: bytes) -> bool:
    """Return True if a file is a video, given its first `HEAD` bytes."""
    if head[4:8] == b"ftyp":
        return head[8:11] not in _PICTURE_BRANDS
    return (
        head[4:8] in _BOXES
        or head.startswith(_MAGIC)
        or (head[:4] == b"RIFF" and head[8:11] == b"AVI")
        or _is_transport_stream(head)
    )


def is_cut(path: Path) -> bool:
    """Return True if an MP4, AVI or Matroska file is shorter than its headers state.

    Decoders reach the end of a truncated file without an error.

    Raises:
        OSError: the file cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        if head[:4] == b"RIFF":
            return 8 + int.from_bytes(head[4:8], "little") > size
        if head[:4] == _MATROSKA:
            return _matroska_end(head) > size
        if head[4:8] not in (b"ftyp", *_BOXES):
            return False
        at = 0
        for _ in range(_MOST_BOXES):
            if at + 8 > size:
                break
            file.seek(at)
            box = file.read(16)
            length = int.from_bytes(box[:4], "big")
            if length == 1:
                length = int.from_bytes(box[8:], "big")
            if length < 8:  # 0: to the end of the file
                return False
            at += length
    return at > size


def _matroska_end(head: bytes) -> int:
    """Return the end offset of the segment of a Matroska file; 0 if unknown, as in live streams."""
    length, at = _number(head, 4)
    at += length
    if head[at : at + 4] != b"\x18\x53\x80\x67":
        return 0
    length, at = _number(head, at + 4)
    return 0 if length < 0 else at + length


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable-length number at offset `at` (-1 for unknown) and its end offset."""
    width = 9 - data[at].bit_length() if at < len(data) else 1
    bits = 7 * width
    value = int.from_bytes(data[at : at + width], "big") & ((1 << bits) - 1)
    return (-1 if value == (1 << bits) - 1 else value), at + width


def _is_transport_stream(head: bytes) -> bool:
    """Return True if data is MPEG-TS, by the sync byte of each packet; there is no signature."""
    if head.startswith(b"GIF8"):
        return False
    for length, first in _PACKETS:
        syncs = head[first::length]
        if len(syncs) >= 3 and set(syncs) == {_SYNC}:
            return True
    return False
