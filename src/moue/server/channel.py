"""Messages between the server and a worker process.

A message has two lengths of 4 bytes, then two parts: MessagePack, and a picture file or nothing.
The picture is a part of its own, so that it is not copied into another buffer.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import cast

_LENGTHS = struct.Struct("!II")
_BUFFER = 1 << 16
_JOINED = 1 << 18
"""Size of a picture, in bytes, up to which a copy costs less than a second system call."""


class ChannelClosed(Exception):  # noqa: N818  an event
    """The process at the other end has ended, or has closed the connection."""


class BlockingChannel:
    """The end of a worker process."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb", _BUFFER)

    def send(self, message: bytes) -> None:
        """Send a message; raise ChannelClosed if the server has ended."""
        try:
            self._connection.sendall(_LENGTHS.pack(len(message), 0) + message)
        except OSError as error:
            raise ChannelClosed from error

    def receive(self) -> tuple[bytes, bytes]:
        """Wait for a message and return its parts; raise ChannelClosed if the server has ended."""
        head, data = _LENGTHS.unpack(self._read(_LENGTHS.size))
        return self._read(head), self._read(data)

    def _read(self, size: int) -> bytes:
        try:
            data: bytes = self._file.read(size)
        except OSError as error:
            raise ChannelClosed from error
        if len(data) < size:
            raise ChannelClosed
        return data


class Channel(asyncio.Protocol):
    """The end of the server in the connection to a worker process."""

    def __init__(self, received: Callable[[bytes], None], closed: Callable[[], None]) -> None:
        """Create the channel.

        Args:
            received: function called with the first part of each message that arrives.
            closed: function called when the process at the other end has ended.
        """
        self._received, self._closed = received, closed
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()

    @property
    def open(self) -> bool:
        """True until one of the two ends is closed."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, head: bytes, data: bytes) -> None:
        """Send the parts of a message; a closed channel discards it."""
        if self._transport is None or not self.open:
            return
        start = _LENGTHS.pack(len(head), len(data)) + head
        if len(data) <= _JOINED:
            self._transport.write(start + data)
        else:
            self._transport.write(start)
            self._transport.write(data)

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop has classes of its own

    def data_received(self, data: bytes) -> None:
        """Pass each message on as soon as it is complete."""
        self._buffer += data
        while len(self._buffer) >= _LENGTHS.size:
            end = _LENGTHS.size + _LENGTHS.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                return
            message = bytes(memoryview(self._buffer)[_LENGTHS.size : end])
            del self._buffer[:end]
            self._received(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass the end of the other process on."""
        self._closed()
