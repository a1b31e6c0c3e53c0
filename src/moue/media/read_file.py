"""Read a picture file; its type and size are checked before its content is read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

from moue.errors import ImageError
from moue.media.image import Picture, is_readable
from moue.workspace.types import Image

MAX_BYTES = 200_000_000
"""Maximum size of a picture file, in bytes; `convert.max_bytes` changes it for a workspace."""
_HEAD = 4096
_SMALL = _CHUNK = 4_000_000


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file; of a large file that is not a picture, only the first ones.

    Raises:
        ImageError: `too_large`, or `not_an_image` for a pipe, socket or device.
        OSError: it cannot be read.
    """
    size = _size(path.stat(), path)
    if size > max_bytes:
        raise ImageError("too_large", f"{size:,} bytes; the maximum is {max_bytes:,}")
    # The path may have become a pipe since the check; opening one must not block.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb", buffering=0) as file:  # noqa: PTH123
        size = _size(os.fstat(file.fileno()), path)
        head = file.read(_HEAD)
        if size > _SMALL and not is_readable(head):
            return head
        return read_stream(file, max_bytes, head)  # it may have grown meanwhile


def read_stream(stream: IO[bytes], max_bytes: int = MAX_BYTES, head: bytes = b"") -> bytes:
    """Return the rest of an open binary file, after the bytes that were read already.

    Raises:
        ImageError: `too_large`.
        TypeError: it was opened as text.
    """
    parts, count = [head], len(head)
    while count <= max_bytes and (part := stream.read(min(_CHUNK, max_bytes + 1 - count))):
        if not isinstance(part, bytes):
            raise TypeError("the file is open as text; open it in binary mode, with mode 'rb'")
        parts.append(part)
        count += len(part)
    return checked_size(b"".join(parts), max_bytes)


def checked_size(data: bytes, max_bytes: int) -> bytes:
    """Return the bytes of a file; raise an ImageError, `too_large`, if there are too many."""
    if len(data) > max_bytes:
        raise ImageError("too_large", f"more than {max_bytes:,} bytes")
    return data


def read_picture(path: Path, max_bytes: int = MAX_BYTES) -> Image:
    """Return the picture in a file, upright, (H, W, 3) uint8 RGB.

    Raises:
        ImageError: it cannot be decoded, is too large, or is not a regular file.
        OSError: it cannot be read.
    """
    return Picture(read_bytes(path, max_bytes)).rgb()


def _size(found: os.stat_result, path: Path) -> int:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise ImageError("not_an_image", "a pipe, socket or device")
    return found.st_size
