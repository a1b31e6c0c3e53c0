"""SQLite as the catalog uses it: names of any bytes, and errors that say which file is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from moue.errors import CatalogError
from moue.text import restored, storable

# The message about damage may itself be damaged text.
_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CALL = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


class Connection(sqlite3.Connection):
    """A connection whose values are text of any bytes; see `text.storable`.

    Raises:
        CatalogError: of every statement, where the file is damaged.
    """

    file = ""

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        try:
            return self.cursor(_Cursor).execute(sql, tuple(map(storable, values)))
        except _ERRORS as error:
            raise explained(error, self.file) from error

    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        """Run one statement with each row of values."""
        try:
            return super().executemany(sql, (tuple(map(storable, row)) for row in rows))
        except _ERRORS as error:
            raise explained(error, self.file) from error


class _Cursor(sqlite3.Cursor):
    """Damage may first be met while rows are read."""

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except _ERRORS as error:
            raise self._explained(error) from error

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except _ERRORS as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        connection = self.connection
        return explained(error, connection.file if isinstance(connection, Connection) else "")


def connect(uri: str, file: str) -> Connection:
    """Open a database by its URI; `file` names it in messages. Rows are `sqlite3.Row`."""
    opened = sqlite3.connect(uri, isolation_level=None, uri=True, factory=Connection)
    opened.file = file
    opened.row_factory = _row
    return opened


def explained(error: Exception, file: str) -> Exception:
    """Return the error to raise for one of SQLite's: a CatalogError where the file is at fault."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return CatalogError(f"{file}: the disk is full; nothing that was saved is lost")
    if code in _BUSY:
        return CatalogError(f"{file}: another program is using it; wait for it, or end it")
    if code in _DAMAGED or not isinstance(error, _CALL):
        return CatalogError(
            f"{file}: is damaged or cannot be used ({error}); restore a copy of it, or move it "
            "away and collect again"
        )
    return error


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
    if bytes in map(type, values):
        values = tuple(map(restored, values))
    return sqlite3.Row(cursor, values)
