"""Which files a folder or a list names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from moue.errors import SourceError
from moue.workspace import SETTINGS


def walk(folder: Path, skip: Path) -> Iterator[Path]:
    """Yield the files under a folder in sorted order, without hidden ones.

    Args:
        folder: absolute; links to folders are not followed, so there are no circles.
        skip: left out, with everything in it, unless it is `folder` itself or above it.

    Raises:
        SourceError: the folder is a workspace or cannot be listed.
    """
    if (folder / SETTINGS).exists():
        raise SourceError(f"{folder}: is a workspace; give the folder with the raw pictures")

    def fail(error: OSError) -> None:
        raise SourceError(f"{error.filename}: cannot be listed: {error.strerror}") from error

    for root, folders, files in os.walk(folder, onerror=fail):
        here = Path(root)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and here / f != skip)
        for name in sorted(files):
            if not name.startswith("."):
                yield here / name


def listed(path: Path) -> Iterator[Path]:
    """Yield the files that a text file names, one to a line.

    Relative paths count from the list's own folder; blank lines and lines that begin with #
    are skipped. A file that is not there is kept: it gets its reason like any other.
    """
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield (path.parent / line.strip()).absolute()
