"""A lock between processes; the operating system releases it when its process ends."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from moue.errors import CatalogError
from moue.files import write_json

WAIT = 60.0
"""Seconds to wait for the lock after a pause."""
BRIEF_WAIT = 5.0
"""Seconds to wait while a brief holder has the lock; see `Lock.brief`."""
_ATTEMPT = 0.25


class Lock:
    """An SQLite lock on a file; it needs no clean-up after a kill.

    The holder writes its process id and command to a second file, for the messages of other
    processes. That file has no meaning while the lock is free.

    Attributes:
        path: path of the lock file.
        command: command of this process.
        use: verb phrase about the holder, for the message.
        brief: True for a holder that releases the lock within milliseconds. It writes no second
            file, and other processes wait for it instead of failing.
    """

    def __init__(
        self,
        path: Path,
        command: str = "",
        use: str = "is using this workspace",
        brief: bool = False,
    ) -> None:
        """Create the lock object; `acquire` acquires the lock.

        Args:
            path: path of the lock file.
            command: command of this process, such as `train`.
            use: predicate of the error message about the process that holds the lock.
            brief: True for a holder that releases the lock within milliseconds.
        """
        self.path, self.command, self.use, self.brief = path, command, use, brief
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self, wait: float = 0.0) -> None:
        """Acquire the lock.

        Args:
            wait: seconds to wait while another process holds the lock. For a brief holder, the
                method waits at least `BRIEF_WAIT` seconds.

        Raises:
            CatalogError: another process holds the lock, or the lock file cannot be written.
        """
        if self.try_acquire(wait):
            return
        latest = time.monotonic() + BRIEF_WAIT
        while self.holder() is None and time.monotonic() < latest:
            if self.try_acquire(_ATTEMPT):
                return
        raise CatalogError(
            f"{self.path.parent}: another moue process{self._words()} {self.use}; "
            "wait until it has finished, or stop it"
        )

    def try_acquire(self, wait: float = 0.0) -> bool:
        """Acquire the lock if it is free; return True on success.

        Args:
            wait: seconds to wait while another process holds the lock.

        Raises:
            CatalogError: the lock file cannot be written.
        """
        try:
            # Another thread may release the lock.
            database = sqlite3.connect(
                self.path, isolation_level=None, timeout=wait, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise CatalogError(f"{self.path}: the file cannot be locked: {error}") from error
        try:
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            database.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise CatalogError(f"{self.path}: the file cannot be locked: {error}") from error
        self._database = database
        if self.brief:
            if self.holder() is not None:  # a killed process left it
                self._note.unlink(missing_ok=True)
        elif self.holder() is not None or not self._note.exists():
            write_json(self._note, {"pid": os.getpid(), "command": self.command})
        return True

    def release(self) -> None:
        """Release the lock, if this object holds it."""
        if self._database is not None:
            if not self.brief and self.holder() is not None:
                self._note.unlink(missing_ok=True)  # first: the next holder writes its own
            self._database.close()
            self._database = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Release the lock while the context is open, and acquire it again at the end.

        Raises:
            CatalogError: another process holds the lock for more than `WAIT` seconds.
        """
        self.release()
        yield
        self.acquire(WAIT)

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}-holder")

    def holder(self) -> tuple[int, str] | None:
        """Return process id and command that the holder wrote; None if it wrote none.

        While the lock is free, the values have no meaning.
        """
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return int(note["pid"]), str(note["command"])
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _words(self) -> str:
        note = self.holder()
        return f" (pid {note[0]}{', ' if note[1] else ''}{note[1]})" if note else ""
