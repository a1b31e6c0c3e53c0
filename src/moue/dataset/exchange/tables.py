"""Records of tables that moue did not write: one row per picture, with a label if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from moue.dataset.class_folders import split_of_folder
from moue.dataset.exchange.picture_files import named_file, reader
from moue.dataset.exchange.record import Annotation, Record
from moue.errors import DataError

IMAGES = ("image", "img", "picture", "png", "jpg", "jpeg", "bytes", "file_name", "path")
"""Names of a column of pictures, the most likely first."""
LABELS = ("label", "labels", "class", "category", "expression", "cls")
_TEXTS = {"licence": ("licence", "license"), "subject": ("subject", "person")}


def table_records(
    file: Path, rows: Iterable[Mapping[str, Any]], names: Sequence[str], root: Path
) -> Iterator[Record]:
    """Yield one record per row.

    A picture is bytes, a struct of bytes and path, or a path relative to the folder of the file.

    Args:
        file: path of the table.
        rows: rows by column.
        names: labels by number, for a column of numbers; empty if the table does not name them.
        root: folder of the data set; pictures outside are not read.

    Raises:
        DataError: there is no column of pictures.
    """
    split = split_of_folder(file.stem.partition("-")[0])
    for number, row in enumerate(rows):
        column = next((name for name in IMAGES if row.get(name) is not None), None)
        if column is None:
            raise DataError(
                f"{file}: no column with pictures was found; name it image, with bytes or paths"
            )
        read, name = _picture(root, file, row[column])
        where = name or f"{file.stem}-{number}"
        picture = {
            key: next((str(row[c]) for c in columns if row.get(c) is not None), None)
            for key, columns in _TEXTS.items()
        }
        label = next((row[c] for c in LABELS if row.get(c) is not None), None)
        if isinstance(label, int) and 0 <= label < len(names):
            label = names[label]
        given = row.get("split")
        yield Record(
            form="crop", read=read, suffix=Path(where).suffix, picture=picture,
            annotations=[] if label is None else [Annotation(label=str(label))],
            split=split_of_folder(str(given)) if given else split, where=where,
        )  # fmt: skip


def _picture(root: Path, file: Path, value: Any) -> tuple[Any, str]:
    """Return the function that reads a picture, and its name; the name may be empty."""
    if isinstance(value, Mapping):
        name = str(value.get("path") or "")
        if value.get("bytes") is None:
            return reader(named_file(root, [file.parent, root], name)), name
        return partial(bytes, value["bytes"]), name
    if isinstance(value, bytes):
        return partial(bytes, value), ""
    return reader(named_file(root, [file.parent, root], str(value))), str(value)
