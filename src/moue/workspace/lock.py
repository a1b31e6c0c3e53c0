"""A lock between processes that the system releases when the process dies."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from moue.errors import CatalogError
from moue.files import write_json

WAIT = 60.0
"""Seconds to wait for a lock after a pause."""


class Lock:
    """A lock of SQLite on a file; it needs no clean-up after a kill.

    The holder writes its process id and command into a file beside the lock. Other processes
    print them. The file has no meaning while the lock is free.
    """

    def __init__(self, path: Path, command: str = "", use: str = "is using this workspace") -> None:
        """Describe the lock; `acquire` takes it.

        Args:
            command: the command of this process, such as `train`.
            use: verb phrase about the holder, for the message.
        """
        self.path, self.command, self.use = path, command, use
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self, wait: float = 0.0) -> None:
        """Take the lock.

        Args:
            wait: seconds to wait while another process holds it.

        Raises:
            CatalogError: another process holds it, or it cannot be written.
        """
        if not self.try_acquire(wait):
            raise CatalogError(
                f"{self.path.parent}: another moue{self._holder()} {self.use}; "
                "wait until it has finished, or stop it"
            )

    def try_acquire(self, wait: float = 0.0) -> bool:
        """Take the lock if it is free; return whether it was free.

        Raises:
            CatalogError: it cannot be written.
        """
        try:
            database = sqlite3.connect(self.path, isolation_level=None, timeout=wait)
        except sqlite3.DatabaseError as error:
            raise CatalogError(f"{self.path}: {error}") from error
        try:
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            database.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise CatalogError(f"{self.path}: {error}") from error
        self._database = database
        if self._read() is not None or not self._note.exists():
            write_json(self._note, {"pid": os.getpid(), "command": self.command})
        return True

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._database is not None:
            if self._read() is not None:
                self._note.unlink(missing_ok=True)  # first: the next holder writes its own
            self._database.close()
            self._database = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Release the lock while the context is open, and take it again at the end.

        Raises:
            CatalogError: another process holds it longer than `WAIT` seconds.
        """
        self.release()
        yield
        self.acquire(WAIT)

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}-holder")

    def _read(self) -> tuple[int, str] | None:
        """Return process id and command of the holder; None if the file has neither."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return int(note["pid"]), str(note["command"])
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _holder(self) -> str:
        note = self._read()
        return f" (pid {note[0]}{', ' if note[1] else ''}{note[1]})" if note else ""
