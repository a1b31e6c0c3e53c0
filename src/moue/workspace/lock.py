"""A lock that the system gives back when its process dies, and that names who holds it."""

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
"""Seconds to wait for a lock that was given back for a while."""


class Lock:
    """SQLite's own lock on a file: nothing is left to be cleaned when its process is killed.

    The holder writes its process id and command into a file beside it, for the message of
    others. That file says nothing once the lock is free.
    """

    def __init__(self, path: Path, command: str = "", use: str = "is using this workspace") -> None:
        """Describe the lock; `acquire` takes it.

        Args:
            command: what this process does, such as `train`.
            use: what the holder does, for the message.
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
        """Take the lock if it is free; return whether it was.

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
        """Give the lock back, if it is held."""
        if self._database is not None:
            if self._read() is not None:
                self._note.unlink(missing_ok=True)  # first: the next holder writes its own
            self._database.close()
            self._database = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Give the lock back while the context is open, and take it again after.

        Raises:
            CatalogError: another process held it for longer than `WAIT` seconds after.
        """
        self.release()
        yield
        self.acquire(WAIT)

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}-holder")

    def _read(self) -> tuple[int, str] | None:
        """Return process id and command of the holder; None where the file is not a lock's."""
        try:
            told = json.loads(self._note.read_text(encoding="utf-8"))
            return int(told["pid"]), str(told["command"])
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _holder(self) -> str:
        told = self._read()
        return f" (pid {told[0]}{', ' if told[1] else ''}{told[1]})" if told else ""
