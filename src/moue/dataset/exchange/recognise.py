"""Recognise the format of a data set."""

from __future__ import annotations

from pathlib import Path

from moue.dataset.exchange.marker import read_marker

_SUFFIXES = {".parquet": "parquet"}


def recognise(path: Path) -> str | None:
    """Return the format of a data set, a key of `FORMATS`; None for other files and folders.

    A folder is a data set if moue exported it. A single file is one by its suffix.

    Raises:
        DataError: the export of the data set was interrupted, or its marker is damaged.
    """
    if path.is_dir():
        marker = read_marker(path)
        return None if marker is None else marker.format
    return _SUFFIXES.get(path.suffix.lower()) if path.is_file() else None
