"""The file `moue.jsonl`: values that a format has no place for, one line per record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from moue.dataset.exchange.record import Record
from moue.errors import DataError
from moue.files import replacing
from moue.text import to_json
from moue.workspace.disk_index import DiskIndex, disk_index

SIDE_FILE = "moue.jsonl"


class SideWriter:
    """Writes the file; it appears when it is complete."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as stack:
            part = stack.enter_context(replacing(folder / SIDE_FILE, overwrite=False))
            self._file = stack.enter_context(part.open("w", encoding="utf-8", newline="\n"))
            self._stack = stack.pop_all()

    def add(self, record: Record, **more: Any) -> None:
        """Write the values of a record, and further values such as its size."""
        self._file.write(to_json(record.facts() | more) + "\n")

    def close(self) -> None:
        """Complete the file."""
        self._stack.close()

    def abandon(self, error: BaseException) -> None:
        """Remove the incomplete file."""
        self._stack.__exit__(type(error), error, error.__traceback__)


class SideFile:
    """The open file, which finds the values of a record by the name of the record."""

    def __init__(self, path: Path, index: DiskIndex) -> None:
        self._path = path
        self._index = index
        self._file = path.open("rb")

    def find(self, name: str) -> dict[str, Any] | None:
        """Return the values of a record; None if the file has no such record."""
        found = self._index.find(name)
        if not found:
            return None
        self._file.seek(int(found[0]))
        return _parsed(self._path, self._file.readline())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def side_file(folder: Path) -> Iterator[SideFile | None]:
    """Open the file in a folder; yield None if there is none.

    An index in a temporary file keeps memory small for any number of records.

    Raises:
        DataError: a line is damaged.
    """
    path = folder / SIDE_FILE
    if not path.is_file():
        yield None
        return
    with disk_index() as index:
        index.add(_lines(path))
        with closing(SideFile(path, index)) as opened:
            yield opened


def damaged_record(path: Path, error: Exception) -> DataError:
    """Return the DataError for a picture whose values in the file are damaged."""
    return DataError(f"{path}: its values in {SIDE_FILE} are damaged ({str(error)[:80]})")


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    start = 0
    with path.open("rb") as file:
        for line in file:
            data = _parsed(path, line)
            named = data["mouths"][0] if data["form"] == "crop" else data["picture"]
            yield str(named["name"]), str(start)
            start += len(line)


def _parsed(path: Path, line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
        name = data["mouths"][0] if data["form"] == "crop" else data["picture"]
        if not isinstance(name["name"], str):
            raise TypeError("the name must be a JSON string")
        name["name"].encode()  # raises UnicodeEncodeError, a ValueError
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise DataError(f"{path}: a line is damaged ({str(error)[:80]})") from error
    return dict(data)
