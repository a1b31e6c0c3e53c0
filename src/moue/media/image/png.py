"""Remove the chunks of a PNG that do not affect its pixels.

Strict decoders reject a PNG with a long comment, or with a wrong checksum of a comment, although
browsers show such pictures.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"tRNS", b"eXIf", b"gAMA", b"sRGB", b"acTL", b"fcTL", b"fdAT")
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Limits the memory, because a chunk may unpack to a thousand times its size.
_MAX_PROFILE = 4_000_000
# Bit of a lower-case first letter, which marks a chunk that a decoder may ignore.
_ANCILLARY = 0x20


@dataclass(frozen=True, slots=True)
class CleanPng:
    """A PNG without metadata, and its ICC profile.

    Attributes:
        data: bytes of the PNG.
        profile: ICC profile; None if missing or damaged.
    """

    data: bytes
    profile: bytes | None


def cleaned(data: bytes) -> CleanPng:
    """Return a PNG without comments, damaged metadata and ICC profile, and the profile.

    Chunks with pixels are not changed, even if they are damaged. A missing end chunk is added.
    """
    view = memoryview(data)
    parts: list[bytes | memoryview] = [SIGNATURE]
    profile = None
    at = len(SIGNATURE)
    # Length, type and checksum of a chunk take 4 bytes each.
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):  # truncated: the decoder reports it
            parts.append(view[at:])
            return CleanPng(b"".join(parts), profile)
        chunk = view[at:end]
        if not kind[0] & _ANCILLARY:
            if kind == b"IEND":
                break
            parts.append(chunk)
        elif kind in (*_KEPT, b"iCCP") and _is_whole(chunk):
            if kind == b"iCCP":
                profile = _profile(bytes(chunk[8:-4]))
            else:
                parts.append(chunk)
        at = end
    return CleanPng(b"".join([*parts, _END]), profile)


def _is_whole(chunk: memoryview) -> bool:
    (checksum,) = struct.unpack(">I", chunk[-4:])
    # The checksum covers the type and the content, but not the length.
    return bool(zlib.crc32(chunk[4:-4]) == checksum)


def _profile(content: bytes) -> bytes | None:
    """Return the ICC profile in an iCCP chunk; None if damaged or larger than `_MAX_PROFILE`."""
    _, _, packed = content.partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        # The first byte names the compression; the standard has only one.
        profile = unpacking.decompress(packed[1:], _MAX_PROFILE)
    except zlib.error:
        return None
    return profile if unpacking.eof else None
