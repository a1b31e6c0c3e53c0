"""The format `imagefolder`: one folder for each split, with one folder for each label.

Crops without a label are in the folder `unsorted`. The file `moue.jsonl` has all other values. The
folder of a crop is what counts: a crop that was moved to another folder has that label or split.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from moue.dataset.class_folders import split_of_folder
from moue.dataset.exchange.record import Annotation, Record
from moue.dataset.exchange.side_file import SideFile, SideWriter, damaged_record, side_file
from moue.errors import DataError
from moue.file_walker import find
from moue.workspace.label_set import UNSORTED


class ImageFolder:
    """Writes the format `imagefolder`."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        self._folder = folder
        self._side = SideWriter(folder)

    def add(self, record: Record) -> None:
        """Write one crop."""
        label = record.mouths[0]["label"] or UNSORTED
        path = self._folder / record.place / label / f"{record.name}{record.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(record.read())
        self._side.add(record)

    def close(self) -> None:
        """Complete the files."""
        self._side.close()

    def abandon(self, error: BaseException) -> None:
        """Remove the incomplete file."""
        self._side.abandon(error)


def read_image_folder(source: Path) -> Iterator[Record]:
    """Yield the records of a folder of class folders.

    Raises:
        DataError: the source is a file, or `moue.jsonl` is damaged.
    """
    if source.is_file():
        raise DataError(f"{source} is a file; name the folder that contains the class folders")
    with side_file(source) as side:
        for path in find([source]).paths():
            if path.name in _OTHERS:
                continue
            try:
                yield _record(source, path, side)
            except (ValueError, TypeError, KeyError, IndexError) as error:
                raise damaged_record(path, error) from error


_OTHERS = ("moue.jsonl", "moue.dataset", "README.md", "metadata.jsonl", "metadata.csv")


def _record(source: Path, path: Path, side: SideFile | None) -> Record:
    where = path.relative_to(source)
    folders = where.parts[:-1]
    splits = [split for name in folders[:-1] if (split := split_of_folder(name))]
    split = splits[0] if splits else None
    label = folders[-1] if folders and folders[-1] != UNSORTED else None
    common: dict[str, Any] = {
        "read": path.read_bytes, "suffix": path.suffix, "where": os.fspath(where)
    }  # fmt: skip
    row = None if side is None else side.find(path.stem)
    if row is None:
        annotations = [] if label is None else [Annotation(label=label)]
        return Record(form="crop", picture={}, annotations=annotations, split=split, **common)
    mouth = row["mouths"][0]
    changed = {} if mouth["label"] == label else {mouth["name"]: label}
    mouth["split"] = split
    return Record(
        form="crop", picture=row["picture"], mouths=[mouth], changed=changed, **common
    )  # fmt: skip
