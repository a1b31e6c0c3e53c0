"""The formats `parquet` and `huggingface`: one row per crop, in files of about 512 MB.

The column `image` is a struct of the bytes and the file name of the crop, as the library datasets
stores pictures. In the format `huggingface`, the label is a number, and the metadata has the names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from moue.dataset.exchange.flat_rows import COLUMNS, NUMBERS, flat_row, from_flat_row, is_flat_row
from moue.dataset.exchange.record import Record
from moue.dataset.exchange.tables import table_records
from moue.errors import DataError
from moue.files import abandon_all
from moue.parquet_files import (
    SHARD_BYTES,
    ParquetWriter,
    parquet_rows,
    parquet_schema,
    pyarrow,
)


class ParquetDataset:
    """Writes the format `parquet`, or `huggingface`."""

    def __init__(self, folder: Path, labels: Sequence[str], hub: bool = False) -> None:
        self._folder = folder
        self._labels = labels
        self._hub = hub
        self._schema = _schema(labels, hub)
        self._open: dict[str, ParquetWriter] = {}
        self._count: dict[str, int] = {}

    def add(self, record: Record) -> None:
        """Write one crop."""
        data, row = record.read(), flat_row(record)
        place = record.place
        file = {"bytes": data, "path": f"{row['name']}{record.suffix}"}
        if self._hub and row["label"] is not None:
            row["label"] = self._labels.index(str(row["label"]))
        self._writer(place).add({"image": file} | row, len(data) + 500)

    def close(self) -> None:
        """Complete the files."""
        for writer in self._open.values():
            writer.close()

    def abandon(self, error: BaseException) -> None:
        """Remove the incomplete files."""
        abandon_all((writer.abandon for writer in self._open.values()), error)

    def _writer(self, place: str) -> ParquetWriter:
        writer = self._open.get(place)
        if writer is not None and writer.size >= SHARD_BYTES:
            writer.close()
            writer = None
        if writer is None:
            number = self._count[place] = self._count.get(place, -1) + 1
            folder = self._folder / "data" if self._hub else self._folder
            path = folder / f"{place}-{number:05}.parquet"
            writer = ParquetWriter(path, self._schema, ("image.bytes",))
            self._open[place] = writer
        return writer


def read_parquet(source: Path) -> Iterator[Record]:
    """Yield the records of a Parquet file, or of a folder of Parquet files.

    Raises:
        DataError: a file is damaged or has no column of pictures.
    """
    files = [source] if source.is_file() else sorted(source.rglob("*.parquet"))
    root = source.parent if source.is_file() else source
    for file in files:
        schema = parquet_schema(file)
        names = _class_names(schema)
        rows = parquet_rows(file)
        if is_flat_row(schema.names):
            yield from _own_records(file, rows, names)
        else:
            yield from table_records(file, rows, names, root)


def _own_records(
    file: Path, rows: Iterator[dict[str, Any]], names: Sequence[str]
) -> Iterator[Record]:
    for number, row in enumerate(rows):
        where = f"{file}: row {number}"
        if names and isinstance(row["label"], int):
            if not 0 <= row["label"] < len(names):
                raise DataError(f"{where}: the label {row['label']} has no name")
            row["label"] = names[row["label"]]
        try:
            image = row["image"]
            values = from_flat_row(row)
            suffix = Path(image["path"] or "").suffix or ".png"
            read = partial(bytes, image["bytes"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError(f"{where}: a value is damaged ({str(error)[:80]})") from error
        yield Record(read=read, suffix=suffix, where=where, **values)


def _class_names(schema: Any) -> list[str]:
    """Return the names of the numbers in the column `label`; empty if it holds texts."""
    try:
        info = json.loads(schema.metadata[b"huggingface"])["info"]
        return [str(name) for name in info["features"]["label"]["names"]]
    except (KeyError, TypeError, ValueError):
        return []


def _schema(labels: Sequence[str], hub: bool) -> Any:
    arrow = pyarrow()
    image = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    types = {name: arrow.int32() if name in NUMBERS else arrow.string() for name in COLUMNS}
    features: dict[str, Any] = {"image": {"_type": "Image"}} | {
        name: {"dtype": "int32" if name in NUMBERS else "string", "_type": "Value"}
        for name in COLUMNS
    }
    if hub:
        types["label"] = arrow.int64()
        features["label"] = {"names": list(labels), "_type": "ClassLabel"}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return arrow.schema([("image", image), *types.items()], metadata=metadata)
