"""The open lines of a client: in use, or waiting to be used again."""

from __future__ import annotations

import threading

from moue.dataset.collect.http.connection import Connection
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import Address


class ConnectionPool:
    """Hands lines out to many threads and takes them back."""

    def __init__(self, allow_private: bool, most: int) -> None:
        """Start without any.

        Args:
            most: lines that may wait; the one that has waited longest is closed.
        """
        self._allow_private, self._most = allow_private, most
        self._idle: list[tuple[str, Connection]] = []
        self._active: set[Connection] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def take(self, address: Address, deadline: float) -> Connection:
        """Return a line to an address: one that waits, or a new one.

        Raises:
            Failure: there is no way to it, or all has been closed.
        """
        while (line := self._waiting(address.origin)) is not None:
            if line.idle:
                return line
            self.put_back(address, line, False)
        if self._closed.is_set():
            raise FetchError("unreachable", "stopped")
        line = Connection(address, deadline, self._allow_private)
        with self._lock:
            stopped = self._closed.is_set()
            self._active |= set() if stopped else {line}
        if stopped:
            line.close()
            raise FetchError("unreachable", "stopped")
        return line

    def put_back(self, address: Address, line: Connection, keep: bool) -> None:
        """Keep a line for the next one who asks this origin, or close it."""
        old: Connection | None = line
        with self._lock:
            self._active.discard(line)
            if keep and not self._closed.is_set():
                old, line.used = None, True
                self._idle.append((address.origin, line))
                if len(self._idle) > self._most:
                    _, old = self._idle.pop(0)
        if old is not None:
            old.close()

    def close(self) -> None:
        """Close those that wait, and end every wait on those in use."""
        with self._lock:
            self._closed.set()
            for line in self._active:
                line.stop()
            for _, line in self._idle:
                line.close()
            self._idle.clear()

    def _waiting(self, origin: str) -> Connection | None:
        """Take the line to an origin that was put back last."""
        with self._lock:
            for index in reversed(range(len(self._idle))):
                if self._idle[index][0] == origin:
                    _, line = self._idle.pop(index)
                    self._active.add(line)
                    return line
        return None
