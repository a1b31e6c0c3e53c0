"""Which files a folder or a list names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from moue.errors import SourceError
from moue.files import absolute
from moue.workspace import CATALOG, SETTINGS


def walk(folder: Path) -> Iterator[Path]:
    """Yield the files under a folder in sorted order, without hidden ones.

    Workspaces inside it are left out. So are pipes and devices, which would never end.

    Args:
        folder: absolute; links to folders are not followed, so there are no circles.

    Raises:
        SourceError: the folder is a workspace or cannot be listed.
    """
    try:
        if _is_workspace(folder):
            raise SourceError(f"{folder}: is a workspace; give the folder with the raw pictures")
        for root, folders, files in os.walk(folder, onerror=_fail):
            here = Path(root)
            folders[:] = sorted(
                f for f in folders if not f.startswith(".") and not _is_workspace(here / f)
            )
            for name in sorted(files):
                file = here / name
                if not name.startswith(".") and (file.is_file() or not file.exists()):
                    yield file  # a link to nothing too: it gets its reason
    except OSError as error:
        raise SourceError(f"{error.filename}: cannot be listed: {error.strerror}") from error


def listed(path: Path) -> Iterator[Path]:
    """Yield the files that a text file names, one to a line.

    Relative paths count from the list's own folder; blank lines and lines that begin with #
    are skipped. A file that is not there is kept: it gets its reason like any other.

    Raises:
        SourceError: the list cannot be read as UTF-8 text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a list of files: {error}") from error
    for line in lines:
        if line.lstrip().startswith(("http://", "https://")):
            raise SourceError(f"{path}: holds URLs; `moue collect urls {path}` fetches them")
        if line.strip() and not line.lstrip().startswith("#"):
            yield absolute(path.parent / line.strip())


def _is_workspace(folder: Path) -> bool:
    return (folder / SETTINGS).exists() or (folder / CATALOG).exists()


def _fail(error: OSError) -> None:
    raise error
