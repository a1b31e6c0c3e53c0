"""Reading a picture file that somebody named: its type and size are checked before its bytes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from moue.errors import ImageError
from moue.media.image import Picture, is_readable
from moue.workspace.types import Image

MAX_BYTES = 200_000_000
"""Larger files are not read; `convert.max_bytes` changes it for a workspace."""
_HEAD = 4096
_SMALL = 4_000_000


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file, or only the first ones where they show that it is no picture.

    Raises:
        ImageError: `too_large`, or `not_an_image` for a pipe, socket or device.
        OSError: it cannot be read.
    """
    size = _size(path.stat(), path)
    if size > max_bytes:
        raise ImageError("too_large", f"{size:,} bytes; at most {max_bytes:,} are read")
    # The name may lead elsewhere by now, such as to a pipe that would never answer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb", buffering=0) as file:  # noqa: PTH123
        size = _size(os.fstat(file.fileno()), path)
        head = file.read(_HEAD)
        if size > _SMALL and not is_readable(head):
            return head
        parts, count = [head], len(head)
        while count <= max_bytes and (part := file.read(max(_HEAD, size + 1 - count))):
            parts.append(part)
            count += len(part)
    if count > max_bytes:  # it has grown meanwhile, or has a size that nobody knows
        raise ImageError("too_large", f"more than {max_bytes:,} bytes")
    return b"".join(parts)


def read_picture(path: Path, max_bytes: int = MAX_BYTES) -> Image:
    """Return the picture in a file, whole and upright, (H, W, 3) uint8 RGB.

    Raises:
        ImageError: it cannot be decoded, is too large, or no file.
        OSError: it cannot be read.
    """
    return Picture(read_bytes(path, max_bytes)).rgb()


def _size(found: os.stat_result, path: Path) -> int:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise ImageError("not_an_image", "a pipe, socket or device")
    return found.st_size
