"""Read picture files, after a check of their type and size."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

from moue.errors import ImageError
from moue.media.image import Picture, is_readable
from moue.store import Location, StoredObject
from moue.workspace.types import Image

MAX_BYTES = 200_000_000
"""Default maximum size of a picture file, in bytes; `convert.max_bytes` overrides it."""
_HEAD = 4096
_SMALL = _CHUNK = 4_000_000


def read_bytes(path: Location, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a picture file or object.

    If the file is larger than 4 MB and not a picture, only its first 4,096 bytes are returned.

    Args:
        path: path of the file, or object.
        max_bytes: maximum size of the file, in bytes.

    Raises:
        ImageError: the reason is `too_large` for a file above the limit, or `not_an_image` for a
            pipe, socket or device.
        OSError: the file cannot be read.
    """
    if isinstance(path, StoredObject):
        return checked_size(path.read_bytes(), max_bytes)
    size = _size(path.stat(), path)
    if size > max_bytes:
        raise ImageError("too_large", f"the file has {size:,} bytes; the limit is {max_bytes:,}")
    # The path may have become a pipe since the check, and opening a pipe must not block.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb", buffering=0) as file:  # noqa: PTH123
        size = _size(os.fstat(file.fileno()), path)
        head = file.read(_HEAD)
        if size > _SMALL and not is_readable(head):
            return head
        return read_stream(file, max_bytes, head)  # the file may have grown since the check


def read_stream(stream: IO[bytes], max_bytes: int = MAX_BYTES, head: bytes = b"") -> bytes:
    """Read a binary stream to its end; return `head` and the bytes that were read.

    Args:
        stream: open binary file or stream.
        max_bytes: maximum number of bytes, including `head`.
        head: bytes that were already read from the stream.

    Raises:
        ImageError: the content is larger than `max_bytes`; the reason is `too_large`.
        TypeError: the file was opened in text mode.
    """
    parts, count = [head], len(head)
    while count <= max_bytes and (part := stream.read(min(_CHUNK, max_bytes + 1 - count))):
        if not isinstance(part, bytes):
            raise TypeError("the file was opened in text mode; open it in binary mode ('rb')")
        parts.append(part)
        count += len(part)
    return checked_size(b"".join(parts), max_bytes)


def checked_size(data: bytes, max_bytes: int) -> bytes:
    """Return `data` if its size is within a limit.

    Raises:
        ImageError: `data` has more than `max_bytes` bytes; the reason is `too_large`.
    """
    if len(data) > max_bytes:
        raise ImageError("too_large", f"the file has more than {max_bytes:,} bytes, the limit")
    return data


def read_picture(path: Location, max_bytes: int = MAX_BYTES) -> Image:
    """Return the upright picture in a file, (H, W, 3) uint8 RGB.

    Args:
        path: path of the file.
        max_bytes: maximum size of the file, in bytes.

    Raises:
        ImageError: the file cannot be decoded, is too large, or is not a regular file.
        OSError: the file cannot be read.
    """
    return Picture(read_bytes(path, max_bytes)).rgb()


def _size(found: os.stat_result, path: Path) -> int:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise ImageError("not_an_image", "it is a pipe, socket or device, not a regular file")
    return found.st_size
