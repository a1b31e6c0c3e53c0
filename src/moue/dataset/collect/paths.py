"""Which files a folder or a list names."""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from moue.errors import SourceError
from moue.files import absolute
from moue.text import spellings
from moue.workspace import CATALOG, SETTINGS

_MOST = 500_000_000
"""Bytes of the longest list."""


def listed(path: Path) -> Iterator[Path]:
    """Yield the files that a text file names, one to a line.

    Relative paths count from the list's own folder; blank lines and lines that begin with #
    are skipped. A file that is not there is kept: it gets its reason like any other.

    Raises:
        SourceError: the list cannot be read.
    """
    for line in _text(path).split("\n"):
        if line.lstrip().startswith(("http://", "https://")):
            raise SourceError(f"{path}: holds URLs; `moue collect urls {path}` fetches them")
        if line.strip() and not line.lstrip().startswith("#"):
            file = _meant(path.parent, line.strip())
            if any("\udc80" <= c <= "\udcff" for c in line) and not os.path.lexists(file):
                raise SourceError(
                    f"{path}: cannot be read as a list of files: it is not UTF-8, and no file has "
                    f"the bytes of the line {line.strip()}"
                )
            yield file


def _text(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
            raise SourceError(f"{path}: is no list of files: a device, or {found.st_size:,} bytes")
        data = path.read_bytes()
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
    except (OSError, MemoryError, UnicodeError) as error:
        raise SourceError(f"{path}: cannot be read as a list of files: {error}") from error
    return data.removeprefix(codecs.BOM_UTF8).decode(errors="surrogateescape")


def _meant(folder: Path, name: str) -> Path:
    r"""Return the file of a line, which may be written as moue prints it: `caf\xe9.jpg`."""
    written = [absolute(folder / spelling) for spelling in spellings(name)]
    return next((path for path in written if os.path.lexists(path)), written[0])


def is_workspace(folder: Path) -> bool:
    """Tell whether moue keeps its own files in a folder.

    Raises:
        OSError: it cannot be looked into.
    """
    return any((folder / name).exists() for name in (SETTINGS, CATALOG))
