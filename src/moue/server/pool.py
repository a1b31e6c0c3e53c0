"""Distribute pictures and frames over the worker processes; replace processes that end.

Pictures wait in one bounded queue. The frames of a live video go to the worker that knows its
faces. A worker takes frames and pictures in turn, so neither can block the other.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import math
import time
from collections import deque
from dataclasses import dataclass, field

from moue.server.limits import Limits
from moue.server.messages import (
    Answer,
    EndSession,
    Message,
    PredictPicture,
    ProcessFrame,
    WorkerConfig,
)
from moue.server.metrics import Metrics
from moue.server.problem import problem
from moue.server.worker_process import WorkerDied, WorkerProcess, WorkerTooSlow

_WATCH = 0.5
"""Seconds between two checks of an idle worker process."""
_BACKOFF = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds to wait before a worker process starts again, by the number of failed starts."""
_TRIES = 2
"""Number of worker processes that may end while they process the same picture."""

log = logging.getLogger("moue.serve")


class Busy(Exception):  # noqa: N818  an event
    """The queue is full.

    Attributes:
        retry_after: seconds after which the client may try again.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("the queue is full")
        self.retry_after = retry_after


@dataclass(slots=True, eq=False)
class _Item:
    """A message that waits for a worker."""

    message: Message
    future: asyncio.Future[Answer]
    since: float = field(default_factory=time.perf_counter)
    deaths: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker process, the messages for it alone, and what it does."""

    process: WorkerProcess
    own: deque[_Item] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    idle: bool = False
    ready: bool = False
    sessions: int = 0
    own_last: bool = False


class Pool:
    """The worker processes and the queue. All methods run in the event loop."""

    def __init__(self, config: WorkerConfig, limits: Limits, metrics: Metrics) -> None:
        self._limits, self._metrics = limits, metrics
        self._workers = [_Worker(WorkerProcess(config)) for _ in range(config.workers)]
        self._waiting: deque[_Item] = deque()
        self._space = asyncio.Condition()
        self._heavy = asyncio.Semaphore(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = itertools.count(1)
        self._mean = 0.05

    @property
    def ready(self) -> int:
        """The number of workers that have loaded their model."""
        return sum(worker.ready for worker in self._workers)

    @property
    def waiting(self) -> int:
        """The number of pictures that wait for a worker."""
        return len(self._waiting)

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that run."""
        return [pid for worker in self._workers if (pid := worker.process.pid) is not None]

    def start(self) -> None:
        """Start the worker processes; requests wait until the first is ready."""
        self._tasks = [asyncio.create_task(self._serve(worker)) for worker in self._workers]

    async def stop(self) -> None:
        """End the worker processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.process.stop() for worker in self._workers))

    def check_space(self) -> None:
        """Raise Busy if the queue is full."""
        idle = sum(worker.idle for worker in self._workers)
        if len(self._waiting) - idle >= self._limits.queue:
            seconds = len(self._waiting) * self._mean / max(1, self.ready)
            raise Busy(min(60, max(1, math.ceil(seconds))))

    async def predict(self, message: PredictPicture, wait: bool = False) -> Answer:
        """Return the answer to a picture.

        Args:
            message: the picture.
            wait: True to wait for a place in the queue instead of raising Busy.

        Raises:
            Busy: the queue is full.
        """
        if wait:
            async with self._space:
                await self._space.wait_for(lambda: len(self._waiting) < self._limits.queue)
        else:
            self.check_space()
        answer = await self._queued(message)
        if answer.too_heavy:
            async with self._heavy:
                answer = await self._queued(dataclasses.replace(message, alone=True))
        return answer

    def open_session(self) -> LiveHandle:
        """Return a handle for a new live video, on the worker with the fewest."""
        worker = min(self._workers, key=lambda one: one.sessions)
        worker.sessions += 1
        return LiveHandle(self, worker, next(self._numbers))

    async def frame(self, worker: _Worker, message: ProcessFrame) -> Answer:
        """Return the answer of a worker to a frame."""
        return await self._put(worker.own, message, [worker])

    def close_session(self, worker: _Worker, number: int) -> None:
        """Let a worker forget a live video."""
        worker.sessions -= 1
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        worker.own.append(_Item(EndSession(number), future))
        worker.wake.set()

    async def _queued(self, message: PredictPicture) -> Answer:
        return await self._put(self._waiting, message, self._workers)

    async def _put(self, queue: deque[_Item], message: Message, workers: list[_Worker]) -> Answer:
        item = _Item(message, asyncio.get_running_loop().create_future())
        queue.append(item)
        for worker in workers:
            if worker.idle:
                worker.wake.set()
        try:
            return await item.future
        finally:
            if item in queue:  # the client went away
                queue.remove(item)

    async def _serve(self, worker: _Worker) -> None:
        failures = 0
        started_before = False
        while True:
            if not worker.process.alive:
                worker.ready = False
                if started_before:
                    self._metrics.restarts.inc()
                    log.warning("worker_restarted")
                started_before = True
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                try:
                    await worker.process.start()
                except WorkerDied:
                    failures += 1
                    continue
                failures, worker.ready = 0, True
            item = await self._next(worker)
            if item is not None:
                await self._process(worker, item)

    async def _next(self, worker: _Worker) -> _Item | None:
        """Return the next message for a worker; None after a while without one."""
        if not worker.own and not self._waiting:
            worker.idle = True
            worker.wake.clear()
            try:
                await asyncio.wait_for(worker.wake.wait(), _WATCH)
            except TimeoutError:
                return None
            finally:
                worker.idle = False
        if not worker.process.alive:
            return None
        if worker.own and not (worker.own_last and self._waiting):
            worker.own_last = True
            return worker.own.popleft()
        worker.own_last = False
        if not self._waiting:
            return None
        item = self._waiting.popleft()
        async with self._space:
            self._space.notify()
        return item

    async def _process(self, worker: _Worker, item: _Item) -> None:
        if item.future.done():  # the client went away
            return
        start = time.perf_counter()
        self._metrics.stage("queue", start - item.since)
        try:
            answer = await worker.process.call(item.message, self._limits.timeout)
        except WorkerTooSlow:
            worker.ready = False
            answer = self._too_slow()
        except WorkerDied:
            worker.ready = False
            item.deaths += 1
            if item.deaths < _TRIES:
                queue = self._waiting if isinstance(item.message, PredictPicture) else worker.own
                queue.appendleft(item)
                self._wake_all()
                return
            detail = "the worker processes that decoded this picture crashed: it may be damaged"
            answer = Answer(422, problem(422, "crashed", detail), "crashed")
        self._mean += 0.1 * (time.perf_counter() - start - self._mean)
        for stage, seconds in answer.seconds.items():
            self._metrics.stage(stage, seconds)
        if not item.future.done():
            item.future.set_result(answer)

    def _too_slow(self) -> Answer:
        detail = f"the prediction took longer than {self._limits.timeout:g} s; try again later"
        return Answer(503, problem(503, "timeout", detail), "timeout")

    def _wake_all(self) -> None:
        for worker in self._workers:
            worker.wake.set()


class LiveHandle:
    """A live video on one of the workers."""

    def __init__(self, pool: Pool, worker: _Worker, number: int) -> None:
        self._pool, self._worker, self._number = pool, worker, number

    async def frame(self, data: bytes, number: int, at: float, dropped: int) -> Answer:
        """Return the answer to a frame; see `ProcessFrame`."""
        message = ProcessFrame(self._number, data, number, at, dropped)
        return await self._pool.frame(self._worker, message)

    def close(self) -> None:
        """Forget the faces of the video."""
        self._pool.close_session(self._worker, self._number)
