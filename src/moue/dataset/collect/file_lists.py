"""Which files a list names."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from moue.dataset.text_reader import lines_of, readings, unquoted
from moue.errors import DataError, SourceError
from moue.files import absolute
from moue.text import spellings
from moue.workspace.workspace import CATALOG, SETTINGS


def read_file_list(path: Path) -> Iterator[Path]:
    r"""Yield the files that a text file names, one to a line.

    Relative paths count from the list's own folder, and may have `\` for `/`; a path may stand
    in double quotes, and as moue prints it. Blank lines and lines that begin with # are skipped.
    A file that is not there is kept: it gets its reason like any other.

    Raises:
        SourceError: the list cannot be read, or holds URLs.
    """
    try:
        found = readings(path, names=True)
    except DataError as error:
        text = str(error).replace("cannot be read:", "cannot be read as a list of files:", 1)
        raise SourceError(text) from error
    for lines in zip(*(lines_of(text) for _, text in found), strict=False):
        written = [line.strip() for line in lines]
        if not written[0] or written[0].startswith("#"):
            continue
        if written[0].startswith(("http://", "https://")):
            raise SourceError(f"{path}: holds URLs; `moue collect urls {path}` fetches them")
        meant = [file for line in written for file in _meant(path.parent, unquoted(line))]
        there = next((file for file in meant if os.path.lexists(file)), None)
        if there is None and any("\udc80" <= c <= "\udcff" for c in written[0]):
            raise SourceError(
                f"{path}: cannot be read as a list of files: it is not UTF-8, and no file has "
                f"the bytes of the line {written[0]}"
            )
        yield there or meant[0]


def _meant(folder: Path, name: str) -> Iterator[Path]:
    r"""Yield the files that a line may mean, the likeliest first.

    It may be written as moue prints it, `caf\xe9.jpg`, as Windows does, or with letters composed
    otherwise than in the file's name.
    """
    for spelling in (*spellings(name), name.replace("\\", "/")):
        for form in ("", "NFC", "NFD"):
            text = unicodedata.normalize(form, spelling) if form else spelling  # type: ignore[arg-type]
            yield absolute(folder / text)


def is_workspace(folder: Path) -> bool:
    """Tell whether moue keeps its own files in a folder.

    Raises:
        OSError: it cannot be looked into.
    """
    return any((folder / name).exists() for name in (SETTINGS, CATALOG))
