"""Send pictures to a server over many connections, at its speed or at a constant rate."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 60.0
"""Seconds after which a request that got no answer counts as failed."""


@dataclass(slots=True)
class Load:
    """What came of the requests.

    Attributes:
        seconds: duration.
        statuses: number of answers by status; 0 for a connection that ended.
        wrong: number of answers with status 200 and another body than expected.
        delays: seconds from the time at which a request was due to its answer, by status 200.
        unsent: number of requests that were due while all connections were in use.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    delays: list[float] = field(default_factory=list)
    unsent: int = 0

    @property
    def rate(self) -> float:
        """The number of predicted pictures per second."""
        return self.statuses[200] / self.seconds


class Connection(asyncio.Protocol):
    """A connection that is kept open; it sends one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._received = bytearray()
        self._end = 0
        self._head = 0

    @property
    def open(self) -> bool:
        """True if a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def send(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; the result of the future is the status and the body of the answer."""
        assert self._transport is not None
        self._received.clear()
        self._end = 0
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Complete the answer when its body has arrived."""
        self._received += data
        if not self._end:
            self._head = self._received.find(b"\r\n\r\n") + 4
            if self._head < 4:
                return
            length = _LENGTH.search(self._received, 0, self._head)
            self._end = self._head + (int(length[1]) if length else 0)
        if len(self._received) >= self._end:
            status, body = int(self._received[9:12]), bytes(self._received[self._head : self._end])
            if self._answer is not None and not self._answer.done():
                self._answer.set_result((status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Complete the answer with status 0 if it is not complete."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, b""))

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


class Generator:
    """Sends requests to a server, and checks each answer."""

    def __init__(self, port: int, pictures: Sequence[bytes], expected: Sequence[bytes]) -> None:
        """Create the generator.

        Args:
            port: port of the server on this machine.
            pictures: picture files.
            expected: body of the answer to each picture.
        """
        self._port = port
        self._requests = [request(picture) for picture in pictures]
        self._expected = expected
        self._idle: list[Connection] = []
        self._open = 0

    def at_full_speed(self, seconds: float, connections: int) -> Load:
        """Send a new request on each connection as soon as the answer to the last has come."""
        return asyncio.run(self._at_full_speed(seconds, connections))

    def at_rate(self, seconds: float, rate: float, connections: int) -> Load:
        """Send a request every 1 / `rate` seconds, whether earlier ones are answered or not.

        Args:
            seconds: duration.
            rate: requests per second.
            connections: maximum number of connections.
        """
        return asyncio.run(self._at_rate(seconds, rate, connections))

    def recovery(self, limit: float, delay: float) -> float:
        """Return the seconds until ten consecutive requests are answered within `delay` seconds.

        Args:
            limit: maximum time to wait, in seconds.
            delay: maximum time of an answer, in seconds.
        """
        return asyncio.run(self._recovery(limit, delay))

    async def _at_full_speed(self, seconds: float, connections: int) -> Load:
        load, start = Load(), time.perf_counter()

        async def one(number: int) -> None:
            while time.perf_counter() - start < seconds:
                await self._send(load, number, time.perf_counter())
                number += connections

        await asyncio.gather(*map(one, range(connections)))
        return self._ended(load, start)

    async def _at_rate(self, seconds: float, rate: float, connections: int) -> Load:
        load, start = Load(), time.perf_counter()
        tasks: set[asyncio.Task[None]] = set()
        for number in range(int(seconds * rate)):
            due = start + number / rate
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            elif number % 50 == 0:
                await asyncio.sleep(0)  # behind the schedule: let the answers arrive
            if len(tasks) >= connections:
                load.unsent += 1
                continue
            task = asyncio.create_task(self._send(load, number, due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return self._ended(load, start)

    async def _recovery(self, limit: float, delay: float) -> float:
        start, fast, since = time.perf_counter(), 0, 0.0
        while time.perf_counter() - start < limit:
            load, now = Load(), time.perf_counter()
            await self._send(load, 0, now)
            in_time = load.statuses[200] and load.delays[0] <= delay
            since = (now - start if fast == 0 else since) if in_time else 0.0
            fast = fast + 1 if in_time else 0
            if fast == 10:
                self._ended(load, start)
                return since
            await asyncio.sleep(0.02)
        return limit

    async def _send(self, load: Load, number: int, due: float) -> None:
        which = number % len(self._requests)
        try:
            connection = await self._connection()
            async with asyncio.timeout(_PATIENCE):
                status, body = await connection.send(self._requests[which])
        except (OSError, TimeoutError):
            status, body = 0, b""
        else:
            if connection.open:
                self._idle.append(connection)
        load.statuses[status] += 1
        if status == 200:
            load.delays.append(time.perf_counter() - due)
            load.wrong += body != self._expected[which]

    async def _connection(self) -> Connection:
        while self._idle:
            if (connection := self._idle.pop()).open:
                return connection
        loop = asyncio.get_running_loop()
        _transport, new = await loop.create_connection(Connection, "127.0.0.1", self._port)
        return new

    def _ended(self, load: Load, start: float) -> Load:
        load.seconds = time.perf_counter() - start
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        return load


def request(picture: bytes) -> bytes:
    """Return a request for the prediction of a picture."""
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {len(picture)}\r\n\r\n"
    )
    return head.encode() + picture
