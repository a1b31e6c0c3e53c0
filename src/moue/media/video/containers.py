"""Which files are videos, as their first bytes tell."""

from __future__ import annotations

from pathlib import Path

HEAD = 1024
"""How many bytes decide."""

_PICTURE_BRANDS = (b"hei", b"hev", b"mif", b"msf", b"mia", b"avi", b"crx", b"jxl", b"jp2", b"jpx")
"""How the brands of pictures begin: HEIF, AVIF, Canon's raw pictures, JPEG XL and 2000."""
_BOXES = (b"moov", b"mdat", b"wide", b"moof", b"styp", b"sidx", b"pnot", b"skip", b"free")
"""First boxes of QuickTime files and of segments of MP4, beside `ftyp`."""
_MAGIC = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"\x00\x00\x01\xba",  # MPEG program stream: DVDs, older camcorders
    b"\x00\x00\x01\xb3",  # MPEG-1 and MPEG-2 without a container
    b"\x00\x00\x00\x01\x67",  # H.264 without a container: cameras that watch a door
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
    b"DHAV",  # recorders of watching cameras
    b"\x1f\x07\x00\x3f",  # DV
    b"\x1f\x07\x00\xbf",
    b"\xb7\xd8\x00\x20\x37\x49\xda\x11",  # recorded by Windows: WTV
)
_SYNC = 0x47
_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Length of an MPEG-TS packet, and where its sync byte stands: plain, M2TS, with parity."""


def is_video(path: Path) -> bool:
    """Tell by its first bytes whether a file is a video.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return holds_video(file.read(HEAD))


def holds_video(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of a video."""
    if head[4:8] == b"ftyp":
        return head[8:11] not in _PICTURE_BRANDS
    return (
        head[4:8] in _BOXES
        or head.startswith(_MAGIC)
        or (head[:4] == b"RIFF" and head[8:11] == b"AVI")
        or _is_transport_stream(head)
    )


def _is_transport_stream(head: bytes) -> bool:
    """Tell MPEG-TS, which has no signature, by a sync byte at the head of each packet."""
    if head.startswith(b"GIF8"):
        return False
    for length, first in _PACKETS:
        syncs = head[first::length]
        if len(syncs) >= 3 and set(syncs) == {_SYNC}:
            return True
    return False
