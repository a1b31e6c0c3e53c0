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
    """The end of the server, which waits for one message at a time."""

    def __init__(self, closed: Callable[[], None]) -> None:
        """Create the channel.

        Args:
            closed: function called when the process at the other end has ended.
        """
        self._closed = closed
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None

    @property
    def open(self) -> bool:
        """True until one of the two ends is closed."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, head: bytes, data: bytes) -> bytes:
        """Send the parts of a message, and return the first part of the next one that arrives.

        Raises:
            ChannelClosed: the channel is closed, or is closed before the answer.
        """
        if self._transport is None or not self.open:
            raise ChannelClosed
        self._transport.write(_LENGTHS.pack(len(head), len(data)) + head)
        if data:
            self._transport.write(data)
        return await self.receive()

    async def receive(self) -> bytes:
        """Return the first part of the next message.

        Raises:
            ChannelClosed: the channel is closed before.
        """
        if not self.open:
            raise ChannelClosed
        self._waiting = asyncio.get_running_loop().create_future()
        self._deliver()
        return await self._waiting

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop has classes of its own

    def data_received(self, data: bytes) -> None:
        """Pass a message on as soon as it is complete."""
        self._received += data
        self._deliver()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass the end of the other process on."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ChannelClosed())
        self._closed()

    def _deliver(self) -> None:
        if self._waiting is None or self._waiting.done() or len(self._received) < _LENGTHS.size:
            return
        end = _LENGTHS.size + _LENGTHS.unpack_from(self._received)[0]
        if len(self._received) >= end:
            message = bytes(memoryview(self._received)[_LENGTHS.size : end])
            del self._received[:end]
            self._waiting.set_result(message)
