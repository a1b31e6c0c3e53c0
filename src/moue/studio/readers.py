"""Open catalogs for reading, shared by the threads that answer requests."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace

COUNT = 3
"""Number of open catalogs; more requests than that wait."""
CACHE = 32
"""Cached part of the file for each open catalog, in MiB."""


@dataclass(slots=True)
class Reader:
    """An open catalog that one thread uses at a time.

    Attributes:
        catalog: open catalog.
        version: number of the state of the catalog; it rises with each change of the file.
    """

    catalog: Catalog
    version: int = 0
    _seen: int = -1


class Readers:
    """A pool of open catalogs. A catalog is opened when it is first needed."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._free: queue.LifoQueue[Reader | None] = queue.LifoQueue()
        for _ in range(COUNT):
            self._free.put(None)
        self._lock = threading.Lock()
        self._version = 0

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """Yield an open catalog; wait while all of them are in use.

        Raises:
            CatalogError: the catalog is missing or cannot be used.
        """
        reader = self._free.get()
        try:
            if reader is None:
                opened = self._workspace.open_catalog(reading=True, any_thread=True)
                reader = Reader(opened)
                reader.catalog.use_cache(CACHE)
            self._look(reader)
            yield reader
        finally:
            self._free.put(reader)

    def close(self) -> None:
        """Close all catalogs, after the last request."""
        for _ in range(COUNT):
            reader = self._free.get()
            if reader is not None:
                reader.catalog.close()
            self._free.put(None)

    def _look(self, reader: Reader) -> None:
        # SQLite's number is only comparable within one connection. So each connection that notices
        # a change raises the common number, and one change may raise it several times.
        now = reader.catalog.data_version()
        with self._lock:
            if now != reader._seen:
                reader._seen = now
                self._version += 1
            reader.version = self._version
