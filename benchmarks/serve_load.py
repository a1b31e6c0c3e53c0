"""Send pictures to a server over many connections, at its speed or at a given rate.

At a given rate the load is open: a request is sent when it is due, whether earlier ones are
answered or not. The delay of an answer counts from the time at which its request was sent; how late
the generator sent it is reported apart.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.serve_connection import Connection, request

_PATIENCE = 60.0
"""Seconds after which a request that got no answer counts as failed."""
_BURST = 32
"""Number of requests that are sent before answers are read, if the generator is late."""
_PROBE = 0.02
"""Seconds between two requests that look whether the server answers as before."""


@dataclass(slots=True)
class Load:
    """What came of the requests.

    Attributes:
        seconds: duration.
        statuses: number of answers by status; 0 for a connection that ended.
        wrong: number of answers with status 200 and another body than expected.
        delays: seconds from request to answer, by status 200.
        refusals: seconds from request to answer, by status 503.
        late: seconds from the time at which a request was due until it was sent.
        unsent: number of requests that were due while all connections were in use.
        busy: share of the time in which the generator used its core.
        recovery: seconds from the end of the load until the server answered as before.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    delays: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    unsent: int = 0
    busy: float = 0.0
    recovery: float = 0.0

    @property
    def rate(self) -> float:
        """The number of predicted pictures per second."""
        return self.statuses[200] / self.seconds

    @property
    def total(self) -> int:
        """The number of requests that were sent."""
        return self.statuses.total()


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

    def at_full_speed(self, seconds: float, connections: int) -> Load:
        """Send a new request on each connection as soon as the answer to the last has come."""
        return asyncio.run(_Run(self._port, self._requests, self._expected).closed(
            seconds, connections))  # fmt: skip

    def at_rate(
        self, seconds: float, rate: float, connections: int, *, random_times: bool = False,
        probe: float = 0.0,
    ) -> Load:  # fmt: skip
        """Send requests at a rate, whether earlier ones are answered or not.

        Args:
            seconds: duration.
            rate: requests per second.
            connections: maximum number of connections.
            random_times: True for a Poisson process, False for equal distances.
            probe: seconds in which ten consecutive requests after the load must be answered, to
                measure the recovery; 0 to measure none.
        """
        return asyncio.run(_Run(self._port, self._requests, self._expected).opened(
            due_times(seconds, rate, random_times), connections, probe))  # fmt: skip


class _Run:
    """One load."""

    def __init__(self, port: int, requests: list[bytes], expected: Sequence[bytes]) -> None:
        self._port, self._requests, self._expected = port, requests, expected
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._next: Callable[[Connection], None] = self._idle.append
        self._failed = 0
        self.load = Load()

    async def closed(self, seconds: float, connections: int) -> Load:
        """Run a closed load."""
        start, used = time.perf_counter(), time.process_time()

        def again(connection: Connection) -> None:
            if time.perf_counter() - start < seconds:
                self._send(connection, connection.number + connections)

        self._next = again
        for number in range(connections):
            self._fire(number, time.perf_counter(), connections)
        await asyncio.sleep(seconds)
        await self._drained()
        return self._ended(start, used)

    async def opened(self, due: Iterator[float], connections: int, probe: float) -> Load:
        """Run an open load, and measure the recovery after it."""
        start, used = time.perf_counter(), time.process_time()
        for number, at in enumerate(due):
            if (pause := start + at - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            elif number % _BURST == 0:
                await asyncio.sleep(0)  # late: let the answers arrive
            self._fire(number, start + at, connections)
        if probe:
            self.load.recovery = await self._recovery(probe)
        else:
            await self._drained()
        return self._ended(start, used)

    def _fire(self, number: int, due: float, connections: int) -> None:
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                self.load.late.append(time.perf_counter() - due)
                self._send(connection, number)
                return
            self._all.discard(connection)
        if len(self._all) + len(self._opening) >= connections:
            self.load.unsent += 1
            return
        task = asyncio.get_running_loop().create_task(self._open(number, due))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, number: int, due: float) -> None:
        try:
            connection = await self._connect(self._answered)
        except OSError:
            self.load.statuses[0] += 1
            return
        self._all.add(connection)
        self.load.late.append(time.perf_counter() - due)
        self._send(connection, number)

    async def _connect(self, answered: Callable[[Connection], None]) -> Connection:
        loop = asyncio.get_running_loop()
        _transport, connection = await loop.create_connection(
            lambda: Connection(answered), "127.0.0.1", self._port
        )
        return connection

    def _send(self, connection: Connection, number: int) -> None:
        connection.send(number, self._requests[number % len(self._requests)])

    def _answered(self, connection: Connection) -> None:
        delay, load = time.perf_counter() - connection.sent, self.load
        load.statuses[connection.status] += 1
        if connection.status == 200:
            load.delays.append(delay)
            load.wrong += connection.body != self._expected[connection.number % len(self._requests)]
        elif connection.status == 503:
            load.refusals.append(delay)
        if connection.open:
            self._next(connection)
        else:
            self._all.discard(connection)

    async def _drained(self) -> None:
        """Wait for the answers that have not come."""
        until = time.perf_counter() + _PATIENCE
        while self._opening or any(one.waiting for one in self._all):
            if time.perf_counter() > until:
                return
            await asyncio.sleep(0.01)

    async def _recovery(self, limit: float) -> float:
        """Return the seconds until ten consecutive requests are answered within `limit` seconds."""
        start, fast, since = time.perf_counter(), 0, 0.0
        while fast < 10 and time.perf_counter() - start < _PATIENCE:
            sent = time.perf_counter()
            if await self._probe() <= limit:
                since = sent - start if fast == 0 else since
                fast += 1
            else:
                fast = 0
            await asyncio.sleep(_PROBE)
        await self._drained()
        return since if fast == 10 else _PATIENCE

    async def _probe(self) -> float:
        """Return the seconds until a new connection has a right answer; infinity without one."""
        arrived = asyncio.Event()
        start = time.perf_counter()
        try:
            connection = await self._connect(lambda _connection: arrived.set())
            self._send(connection, 0)
            async with asyncio.timeout(_PATIENCE):
                await arrived.wait()
        except (OSError, TimeoutError):
            return float("inf")
        connection.close()
        right = connection.status == 200 and connection.body == self._expected[0]
        return time.perf_counter() - start if right else float("inf")

    def _ended(self, start: float, used: float) -> Load:
        load = self.load
        load.seconds = time.perf_counter() - start
        load.busy = (time.process_time() - used) / load.seconds
        load.statuses[0] += sum(one.waiting for one in self._all)
        for connection in self._all:
            connection.waiting = False
            connection.close()
        load.statuses += Counter()  # without zeros
        return load


def due_times(seconds: float, rate: float, random_times: bool) -> Iterator[float]:
    """Yield the times of requests in seconds, from 0 to `seconds`."""
    numbers = random.Random(1)
    at = 0.0
    while at < seconds:
        yield at
        at += numbers.expovariate(rate) if random_times else 1 / rate


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile; 0 and 0 of fewer than two values."""
    if len(values) < 2:
        return 0.0, 0.0
    parts = statistics.quantiles(values, n=100)
    return parts[49], parts[98]
