"""Read a Parquet file with a column of pictures: paths, bytes, or both as the library datasets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.errors import SourceError
from moue.files import absolute
from moue.parquet_files import opened_parquet, pyarrow

COLUMNS = ("image", "path", "file", "file_name", "filename", "image_path", "bytes", "png", "jpg")
"""Names of the column of pictures, the most likely first."""
_ROWS = 64
"""Number of rows that are read at once; with pictures of 1 MB, they need 64 MB."""
_FOOTER = 1 << 16


@dataclass(frozen=True, slots=True)
class ListedPicture:
    """One picture of the list.

    Attributes:
        name: path in the list; empty for bytes without a path.
        path: path of the file; None if the list contains the bytes.
        data: bytes of the picture file; None for a path.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None


class PictureList:
    """A Parquet file with one picture per row.

    Attributes:
        path: absolute path of the file.
        column: name of the column of pictures.
        rows: number of rows.
        has_bytes: True if the column holds the bytes of the pictures.
    """

    def __init__(self, path: Path, column: str | None = None) -> None:
        """Open the list.

        Args:
            path: path of the Parquet file.
            column: name of the column; None for the first of `COLUMNS` that exists.

        Raises:
            DataError: the file is not a Parquet file.
            OSError: the file cannot be opened.
            SourceError: the file or the column does not exist, or the column has another type.
        """
        self.path = absolute(path)
        if self.path.is_dir():
            raise SourceError(f"{path} is a folder; name a Parquet file")
        if not self.path.exists():
            raise SourceError(f"{path}: no such file; check the path of the list")
        with opened_parquet(self.path) as file:
            schema, self.rows = file.schema_arrow, int(file.metadata.num_rows)
        self.column = column or _column(self.path, schema.names)
        if self.column not in schema.names:
            raise SourceError(
                f"{path}: there is no column {self.column}; the columns are "
                f"{', '.join(schema.names)}"
            )
        kind, types = schema.field(self.column).type, pyarrow().types
        self.has_bytes = types.is_struct(kind) or types.is_binary(kind)
        self.has_bytes = self.has_bytes or types.is_large_binary(kind)
        if not (self.has_bytes or types.is_string(kind) or types.is_large_string(kind)):
            raise SourceError(
                f"{path}: the column {self.column} has the type {kind}; it must hold paths or the "
                "bytes of picture files"
            )

    def identity(self) -> str:
        """Return a digest that changes if the list changes: of its size, end and column."""
        size = self.path.stat().st_size
        digest = hashlib.sha256(f"{size}:{self.column}:".encode())
        with self.path.open("rb") as file:
            file.seek(max(0, size - _FOOTER))  # the end describes all groups of rows
            digest.update(file.read())
        return digest.hexdigest()

    def pictures(self, start: int = 0) -> Iterator[ListedPicture]:
        """Yield the pictures from row `start` on; memory does not depend on their number.

        Raises:
            DataError: the file is damaged.
        """
        with opened_parquet(self.path) as file:
            yield from self._pictures(file, start)

    def _pictures(self, file: Any, start: int) -> Iterator[ListedPicture]:
        before, groups = 0, list[int]()
        for number in range(file.num_row_groups):
            rows = file.metadata.row_group(number).num_rows
            if before + rows > start or groups:
                groups.append(number)
            else:
                before += rows
        skipped = start - before
        for batch in file.iter_batches(_ROWS, row_groups=groups, columns=[self.column]):
            for value in batch.column(0).to_pylist()[skipped:]:
                yield self._picture(value)
            skipped = max(0, skipped - len(batch))

    def _picture(self, value: Any) -> ListedPicture:
        name, data = value, value
        if isinstance(value, Mapping):
            name, data = value.get("path"), value.get("bytes")
        if isinstance(data, bytes):
            return ListedPicture(name if isinstance(name, str) else "", data=data)
        if not isinstance(name, str) or not name:
            return ListedPicture("", data=b"")
        if "\0" in name:  # no file has such a name
            return ListedPicture(name, data=b"")
        return ListedPicture(name, path=self.path.parent / name)


def _column(path: Path, names: list[str]) -> str:
    found = next((name for name in COLUMNS if name in names), None)
    if found is None:
        raise SourceError(
            f"{path}: no column of pictures was found; name it with --column: {', '.join(names)}"
        )
    return found
