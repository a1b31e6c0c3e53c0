"""The SQLite file of the catalog: connection, transactions, and errors that name the file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from moue.errors import CatalogError
from moue.store import Store
from moue.text import restored, storable
from moue.workspace.layout import mouth_key
from moue.workspace.schema import APPLICATION, VERSION, create_catalog, foreign_code

# SQLite's error message may contain damaged text, which cannot be decoded.
_ERRORS = (sqlite3.DatabaseError, UnicodeDecodeError)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CALL = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError)
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)  # a full disk can be an I/O error too
_WRITER_CACHE = 256
"""Maximum size of the page cache of a command, in MiB. Rows that are written in another order than
that of an index would otherwise write a page of the index each."""
_STREAMED = 2000
"""Number of rows that `Database.stream` reads at a time."""
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


class Connection(sqlite3.Connection):
    """An SQLite connection whose text may contain any bytes; see `text.storable`.

    Every statement raises CatalogError if the file is damaged, in use or on a full disk.

    Attributes:
        file: path of the file, for messages.
    """

    file = ""

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        """Execute one SQL statement, and return its cursor."""
        try:
            return self.cursor(_Cursor).execute(sql, tuple(map(storable, values)))
        except _ERRORS as error:
            raise explained(error, self.file) from error

    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        """Execute one SQL statement with each row of values, and return its cursor."""
        try:
            return super().executemany(sql, map(_storable_row, rows))
        except _ERRORS as error:
            raise explained(error, self.file) from error


class _Cursor(sqlite3.Cursor):
    """A cursor that raises CatalogError if a row that it reads is damaged."""

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

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        try:
            return super().fetchmany(size)
        except _ERRORS as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> Exception:
        connection = self.connection
        return explained(error, connection.file if isinstance(connection, Connection) else "")


class Database:
    """The open SQLite file of a catalog.

    Attributes:
        path: path of the file.
        store: place of the picture files of the workspace.
    """

    def __init__(
        self, path: Path, create: bool = False, reading: bool = False, any_thread: bool = False
    ) -> None:
        """Open the catalog.

        Args:
            path: path of the file.
            create: True to create a catalog if the file does not exist.
            reading: True to allow a read-only folder.
            any_thread: True to allow several threads, of which only one at a time may use the
                catalog.

        Raises:
            CatalogError: the file is missing, is not a catalog, has another version or is not
                writable.
        """
        if not path.exists():
            if not create:
                raise CatalogError(f"{path}: no catalog exists here; run `moue init` or `moue run`")
            create_catalog(path)
        self.path = path
        self.store = Store.in_folder(path.parent)
        self._open = False
        writable = os.access(path.parent, os.W_OK)
        if not writable and not reading:
            raise CatalogError(f"{path.parent}: the folder is not writable; check its permissions")
        # In a read-only folder, SQLite must not create lock files. A log beside the catalog, as a
        # full disk leaves it, is read too.
        log = path.with_name(f"{path.name}-wal").exists()
        how = "" if writable else "?mode=ro" if log else "?immutable=1"
        uri = path.absolute().as_uri() + how
        try:
            self._db = connect(uri, str(path), any_thread)
        except sqlite3.DatabaseError as error:
            raise CatalogError(f"{path}: the catalog cannot be opened: {error}") from error
        try:
            self._check_version()
            if writable:
                # A commit returns only when it is on the disk, as its files are.
                self._db.execute("PRAGMA synchronous = FULL")
                if not reading:
                    self.use_cache(_WRITER_CACHE)
        except sqlite3.DatabaseError as error:
            self.close()
            raise CatalogError(f"{path}: the file cannot be used as a catalog: {error}") from error
        except CatalogError:
            self.close()
            raise

    @property
    def in_transaction(self) -> bool:
        """True while a `transaction` is open."""
        return self._open

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all statements in the context together; roll all of them back after an error."""
        if self._open:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._open = True
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # on a full disk SQLite rolls back itself
                self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            self._open = False

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Execute one SQL statement, and return its rows. Internal to this package."""
        return self._db.execute(sql, values).fetchall()

    def stream(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query as plain tuples, with constant memory.

        The tables of the query must not be written until the last row. Text that is not UTF-8 is
        bytes; see `text.restored`. Internal to this package.
        """
        cursor = self._db.execute(sql, values)
        cursor.row_factory = None
        while rows := cursor.fetchmany(_STREAMED):
            yield from rows

    def execute_each(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one SQL statement with each row of values. Internal to this package."""
        self._db.executemany(sql, rows)

    def use_cache(self, mebibytes: int) -> None:
        """Keep up to this many MiB of the file in memory, for a connection that stays open."""
        self._db.execute(f"PRAGMA cache_size = {-1024 * mebibytes}")

    def data_version(self) -> int:
        """Return a number that changes when another connection commits to the file."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def copy_to(self, path: Path) -> None:
        """Write a copy of the file, also of its log, to a new file."""
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._db.backup(copy)
        except _ERRORS as error:
            raise explained(error, str(path)) from error

    def is_intact(self) -> bool:
        """Return whether SQLite finds no damage in the file; this reads all of it."""
        return [row[0] for row in self._db.execute("PRAGMA integrity_check(1)").fetchall()] == [
            "ok"
        ]

    def foreign_code(self) -> list[str]:
        """Return the names of triggers and views that moue does not create, sorted."""
        return foreign_code(self._db)

    def rewrite(self) -> None:
        """Rewrite the file, so that no deleted data remains in its free pages."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _check_version(self) -> None:
        application, version = (
            int(self._db.execute(f"PRAGMA {what}").fetchone()[0])
            for what in ("application_id", "user_version")
        )
        if (application, version) == (0, 1):
            application = APPLICATION  # the first version did not set it
        if application != APPLICATION:
            raise CatalogError(f"{self.path}: this is not a moue catalog; use another workspace")
        if version != VERSION:
            raise CatalogError(
                f"{self.path}: the catalog has version {version}, but moue needs {VERSION}; "
                "use the moue version that created the catalog, or another workspace"
            )


def connect(uri: str, file: str, any_thread: bool = False) -> Connection:
    """Open a database that returns rows as `sqlite3.Row`.

    Args:
        uri: SQLite URI of the file.
        file: path of the file, for messages.
        any_thread: True to allow several threads, of which only one at a time may use it.
    """
    opened = sqlite3.connect(
        uri, isolation_level=None, uri=True, factory=Connection, check_same_thread=not any_thread
    )
    opened.file = file
    opened.row_factory = _row
    opened.create_function("mouth_key", 1, mouth_key, deterministic=True)
    return opened


def explained(error: Exception, file: str) -> Exception:
    """Convert an SQLite error that the file caused to a CatalogError; return other errors as is."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in _DISK:
        return CatalogError(
            f"{file}: the file cannot be read or written ({error}); the disk may be full: free "
            "some space and try again"
        )
    if code in _BUSY:
        return CatalogError(f"{file}: another program is using the file; wait until it ends")
    if code in _DAMAGED or not isinstance(error, _CALL):
        return CatalogError(
            f"{file}: the file is damaged or cannot be used ({error}); restore a backup, or move "
            "the file away and collect again"
        )
    return error


def _storable_row(row: Iterable[Any]) -> list[Any]:
    """Convert values for SQLite; see `storable`. Most are ASCII and need no call of a function."""
    return [
        value if type(value) is not str or value.isascii() else storable(value) for value in row
    ]


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
    if bytes in map(type, values):
        values = tuple(map(restored, values))
    return sqlite3.Row(cursor, values)
