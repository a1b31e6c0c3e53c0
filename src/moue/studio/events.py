"""Events of the server for all open pages, as server-sent events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from moue.http_api.encode import encode

KEEP_ALIVE = 15.0
"""Time between two comments on a silent stream, in seconds; they show that the page is there."""
BACKLOG = 500
"""Maximum number of waiting events of one page; a page that is slower must connect again."""


class Hub:
    """Sends each event to all open pages. `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: set[_Page] = set()
        self._closed = False

    @property
    def pages(self) -> int:
        """The number of open pages."""
        return len(self._pages)

    def publish(self, event: str, data: Any) -> None:
        """Send an event to all open pages.

        Args:
            event: name of the event, such as `job`.
            data: `msgspec.Struct`, or data that can be written as JSON.
        """
        if not self._pages:
            return
        message = b"event: " + event.encode() + b"\ndata: " + encode(data) + b"\n\n"
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            page.put(message)

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        with self._lock:
            self._closed = True
            pages = list(self._pages)
        for page in pages:
            page.put(None)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the events for one page until the server stops, or the page is too slow."""
        page = _Page(asyncio.get_running_loop())
        with self._lock:
            if self._closed:
                return
            self._pages.add(page)
        try:
            yield b": connected\n\n"
            while (message := await page.next()) is not None:
                yield message
        finally:
            with self._lock:
                self._pages.discard(page)


class _Page:
    """The waiting events of one page."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, message: bytes | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, message)

    async def next(self) -> bytes | None:
        try:
            return await asyncio.wait_for(self._waiting.get(), KEEP_ALIVE)
        except TimeoutError:
            return b": still here\n\n"

    def _put(self, message: bytes | None) -> None:
        if self._waiting.qsize() >= BACKLOG:
            message = None
        self._waiting.put_nowait(message)
