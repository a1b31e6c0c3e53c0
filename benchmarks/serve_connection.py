"""A connection of the load generator: it sends a request, and passes the answer on."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """A connection that is kept open and has one request at a time.

    Attributes:
        number: number of the last request.
        sent: time at which it was sent, of `time.perf_counter`.
        status: HTTP status of its answer; 0 if the connection ended before.
        body: body of its answer.
    """

    def __init__(self, answered: Callable[[Connection], None]) -> None:
        """Create the connection.

        Args:
            answered: function called with this connection after each answer.
        """
        self._answered = answered
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._head = self._end = 0
        self.waiting = False
        self.number = 0
        self.sent = 0.0
        self.status = 0
        self.body = b""

    @property
    def open(self) -> bool:
        """True if a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, number: int, request: bytes) -> None:
        """Send a request."""
        assert self._transport is not None
        self._received.clear()
        self._end = 0
        self.number, self.status, self.body, self.waiting = number, 0, b"", True
        self.sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Pass the answer on when its body has arrived."""
        self._received += data
        if not self._end:
            self._head = self._received.find(b"\r\n\r\n") + 4
            if self._head < 4:
                return
            length = _LENGTH.search(self._received, 0, self._head)
            self._end = self._head + (int(length[1]) if length else 0)
        if self.waiting and len(self._received) >= self._end:
            self.waiting = False
            self.status = int(self._received[9:12])
            self.body = bytes(self._received[self._head : self._end])
            self._answered(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that the answer will not come."""
        if self.waiting:
            self.waiting = False
            self._answered(self)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()


def request(picture: bytes) -> bytes:
    """Return a request for the prediction of a picture."""
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {len(picture)}\r\n\r\n"
    )
    return head.encode() + picture
