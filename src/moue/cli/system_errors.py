"""Messages for errors of the operating system."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from moue.files import is_part

_REMEDIES = {
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file instead of a folder",
    errno.ENOTDIR: "choose a path whose folders are not files",
    errno.EEXIST: "choose another path, or move the file away",
    errno.EACCES: "check the permissions of the file and of its folder",
    errno.EPERM: "check the permissions of the file and of its folder",
    errno.EROFS: "choose a path on a writable disk",
    errno.ENOSPC: "free disk space and try again",
    errno.EDQUOT: "free disk space and try again",
    errno.EFBIG: "raise the limit of the file size (ulimit -f), or choose another disk",
    errno.EIO: "check the disk, and try again",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.ELOOP: "choose a path without links that lead to themselves",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}
"""What to do, by error number."""


def system_message(error: OSError) -> str:
    """Return the file, the cause and the remedy of an error of the operating system."""
    number = error.errno
    cause = error.strerror or str(error)
    if number is not None and "errno" in cause:  # the library wrote its own text
        cause = os.strerror(number)
    parts = [_place(error.filename), cause] if error.filename else [cause]
    remedy = _REMEDIES.get(number) if number is not None else None
    return ": ".join(parts) + (f"; {remedy}" if remedy else "")


def _place(name: str | bytes | int) -> str:
    """Return the path to show: for a part file, its folder, since users do not know part files."""
    if isinstance(name, int):
        return str(name)
    path = Path(os.fsdecode(name))
    return str(path.parent if is_part(path.name) else os.fsdecode(name))
