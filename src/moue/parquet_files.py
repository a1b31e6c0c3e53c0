"""Write and read Parquet files; only this module imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from moue.errors import DataError, MissingExtra
from moue.files import replacing

GROUP_BYTES, GROUP_ROWS = 16 << 20, 5000
"""Maximum size of the rows that a writer keeps in memory, and their maximum number."""
SHARD_BYTES = 512 << 20
"""Size from which a writer begins another file."""
_BATCH_ROWS, _MERGED_ROWS = 64, 200_000


def pyarrow() -> Any:
    """Return the module pyarrow.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("reading and writing Parquet files", "parquet") from error
    return pyarrow


class ParquetWriter:
    """Writes rows to one Parquet file in bounded memory; the file appears when it is complete.

    Attributes:
        size: bytes of the rows that were added.
    """

    def __init__(
        self, path: Path, schema: Any, plain: Sequence[str] = (), overwrite: bool = False
    ) -> None:
        """Create the part file.

        Args:
            path: path of the file.
            schema: pyarrow schema of the rows.
            plain: columns with data that is compressed already, such as `image.bytes`.
            overwrite: True to replace an existing file.
        """
        self._arrow = pyarrow()
        self._schema = schema
        self._rows: list[Mapping[str, Any]] = []
        self._buffered = self.size = 0
        compressed: Any = "zstd"
        if plain:
            leaves = _leaves(self._arrow, schema)
            compressed = {leaf: "none" if leaf in plain else "zstd" for leaf in leaves}
        with ExitStack() as stack:
            part = stack.enter_context(replacing(path, overwrite))
            # A file of Python: its errors have an error number and the text of the system.
            file = stack.enter_context(part.open("wb"))
            writer = self._arrow.parquet.ParquetWriter(file, schema, compression=compressed)
            self._writer = stack.enter_context(writer)
            self._stack = stack.pop_all()

    def add(self, row: Mapping[str, Any], size: int = 200) -> None:
        """Add a row; `size` is its approximate number of bytes."""
        self._rows.append(row)
        self._buffered += size
        self.size += size
        if self._buffered >= GROUP_BYTES or len(self._rows) >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        """Write the remaining rows, and give the file its name."""
        self._flush()
        self._stack.close()

    def abandon(self, error: BaseException) -> None:
        """Remove the part file after an error."""
        self._stack.__exit__(type(error), error, error.__traceback__)

    def _flush(self) -> None:
        if self._rows:
            table = self._arrow.Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(table)
        self._rows, self._buffered = [], 0


def parquet_rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file as dicts, a few at a time.

    Args:
        path: path of the file.
        columns: names of the columns to read; None for all.

    Raises:
        DataError: the file is not a Parquet file, or is damaged.
    """
    with opened_parquet(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=columns):
            yield from batch.to_pylist()


def merge_parquet(parts: Sequence[Path], target: Path, overwrite: bool) -> None:
    """Join Parquet files of one schema to one file, with larger groups of rows.

    Args:
        parts: paths of the files, in order; at least one.
        target: path of the new file.
        overwrite: True to replace an existing file.

    Raises:
        DataError: a file is damaged.
        FileTaken: `target` exists and `overwrite` is False.
    """
    arrow = pyarrow()
    tables: list[Any] = []
    with replacing(target, overwrite) as place:
        schema = parquet_schema(parts[0])
        with (
            place.open("wb") as file,
            arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            for path in parts:
                with opened_parquet(path) as part:
                    tables.append(part.read())
                if sum(len(table) for table in tables) >= _MERGED_ROWS:
                    writer.write_table(arrow.concat_tables(tables))
                    tables = []
            if tables:
                writer.write_table(arrow.concat_tables(tables))


def parquet_schema(path: Path) -> Any:
    """Return the pyarrow schema of a Parquet file.

    Raises:
        DataError: the file is not a Parquet file, or is damaged.
        OSError: the file cannot be opened.
    """
    with opened_parquet(path) as file:
        return file.schema_arrow


@contextmanager
def opened_parquet(path: Path) -> Iterator[Any]:
    """Open a Parquet file, and yield its `pyarrow.parquet.ParquetFile`.

    Raises:
        DataError: the file is not a Parquet file, or is damaged; also while the context is open.
        OSError: the file cannot be opened.
    """
    arrow = pyarrow()
    path.open("rb").close()  # unlike pyarrow, Python names the file in its errors
    try:
        with arrow.parquet.ParquetFile(path, pre_buffer=False) as file:
            yield file
    except (arrow.ArrowException, OSError) as error:  # pyarrow raises OSError for damaged data
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DataError(
            f"{path} is not a Parquet file, or is damaged; restore a copy, or write the file again"
        ) from error


def _leaves(arrow: Any, schema: Any) -> Iterator[str]:
    for field in schema:
        if arrow.types.is_struct(field.type):
            yield from (f"{field.name}.{field.type.field(i).name}" for i in range(len(field.type)))
        else:
            yield field.name
