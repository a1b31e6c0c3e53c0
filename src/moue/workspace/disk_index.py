"""An index from texts to texts in a temporary file, for data that may not fit into memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class DiskIndex:
    """The open index; a key may have several values."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE items (key TEXT, value TEXT)")

    def add(self, items: Iterable[tuple[str, str]]) -> None:
        """Add keys with their values."""
        self._database.executemany("INSERT INTO items VALUES (?, ?)", items)
        self._database.execute("CREATE INDEX IF NOT EXISTS by_key ON items (key)")

    def find(self, key: str) -> list[str]:
        """Return the values of a key, in the order of their addition."""
        sql = "SELECT value FROM items WHERE key = ? ORDER BY rowid"
        return [value for (value,) in self._database.execute(sql, [key])]


@contextmanager
def disk_index() -> Iterator[DiskIndex]:
    """Yield an empty index, whose file is removed at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="moue-") as folder,
        closing(sqlite3.connect(Path(folder) / "index.db")) as database,
    ):
        yield DiskIndex(database)
