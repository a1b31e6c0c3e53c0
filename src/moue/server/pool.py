"""Distribute pictures and frames over the worker processes; replace processes that end.

Pictures wait in one bounded queue. The frames of a live video go to the worker that knows its
faces. A worker takes frames and pictures in turn, so neither can block the other. Nothing waits
for ever: a message that no worker takes in time is answered with status 503, and all are as soon
as no worker process can start.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import time
from collections import deque
from dataclasses import dataclass, field

import msgspec

from moue.server import refusals
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
from moue.server.refusals import Busy
from moue.server.worker_process import WorkerDied, WorkerProcess, WorkerTooSlow

_BACKOFF = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds to wait before a worker process starts again, by the number of failed starts."""
_TRIES = 2
"""Number of worker processes that may end while they process the same picture."""

log = logging.getLogger("moue.serve")


@dataclass(slots=True, eq=False)
class _Item:
    """A message that waits for a worker."""

    message: Message
    future: asyncio.Future[Answer]
    since: float = field(default_factory=time.perf_counter)
    deaths: int = 0

    def answer(self, answer: Answer) -> None:
        if not self.future.done():
            self.future.set_result(answer)


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker process, the messages for it alone, and what it does.

    `failure` is the reason why its last start failed.
    """

    process: WorkerProcess
    wake: asyncio.Event
    own: deque[_Item] = field(default_factory=deque)
    idle: bool = False
    ready: bool = False
    failure: str = ""
    sessions: int = 0
    own_last: bool = False


class Pool:
    """The worker processes and the queue. All methods run in the event loop."""

    def __init__(self, config: WorkerConfig, limits: Limits, metrics: Metrics) -> None:
        self._limits, self._metrics = limits, metrics
        self._workers = [_worker(config) for _ in range(config.workers)]
        self._waiting: deque[_Item] = deque()
        self._space = asyncio.Event()
        self._heavy = asyncio.Semaphore(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = itertools.count(1)
        self._mean = 0.05

    @property
    def ready(self) -> int:
        """The number of workers that have loaded their model."""
        return sum(worker.ready and worker.process.alive for worker in self._workers)

    @property
    def failure(self) -> str:
        """The reason why no worker process can start; empty while one may become ready."""
        reasons = [worker.failure for worker in self._workers]
        return reasons[0] if all(reasons) else ""

    @property
    def waiting(self) -> int:
        """The number of pictures that wait for a worker."""
        return len(self._waiting)

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
        if len(self._waiting) < self._limits.queue:
            return
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
        while wait and len(self._waiting) >= self._limits.queue:
            self._space.clear()
            await self._space.wait()
        self.check_space()
        answer = await self._queued(message)
        if answer.too_heavy:
            async with self._heavy:
                answer = await self._queued(msgspec.structs.replace(message, alone=True))
        return answer

    def open_session(self) -> LiveHandle:
        """Return a handle for a new live video, on the ready worker with the fewest."""
        worker = min(self._workers, key=lambda one: (not one.ready, one.sessions))
        worker.sessions += 1
        return LiveHandle(self, worker, next(self._numbers))

    async def frame(self, worker: _Worker, message: ProcessFrame) -> Answer:
        """Return the answer of a worker to a frame."""
        if worker.failure:
            return refusals.cannot_start(worker.failure)
        return await self._put(worker.own, message, [worker])

    def close_session(self, worker: _Worker, number: int) -> None:
        """Let a worker forget a live video."""
        worker.sessions -= 1
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        worker.own.append(_Item(EndSession(number), future))
        worker.wake.set()

    async def _queued(self, message: PredictPicture) -> Answer:
        if failure := self.failure:
            return refusals.cannot_start(failure)
        return await self._put(self._waiting, message, self._workers)

    async def _put(self, queue: deque[_Item], message: Message, workers: list[_Worker]) -> Answer:
        loop = asyncio.get_running_loop()
        item = _Item(message, loop.create_future())
        queue.append(item)
        for worker in workers:
            if worker.idle:
                worker.wake.set()
        timer = loop.call_later(self._limits.timeout, self._expire, queue, item)
        try:
            return await item.future
        finally:
            timer.cancel()
            self._remove(queue, item)  # the client may have gone away

    def _expire(self, queue: deque[_Item], item: _Item) -> None:
        """Answer a message that still waits after the longest time."""
        if item in queue:
            item.answer(refusals.waited(self._limits.timeout))

    def _remove(self, queue: deque[_Item], item: _Item) -> None:
        if item in queue:
            queue.remove(item)
            self._space.set()

    async def _serve(self, worker: _Worker) -> None:
        await self._start(worker)
        while True:
            if not worker.process.alive:
                worker.ready = False
                self._metrics.restarts.inc()
                log.warning("worker_restarted")
                await self._start(worker)
            item = await self._next(worker)
            if item is not None:
                await self._process(worker, item)

    async def _start(self, worker: _Worker) -> None:
        """Start a process; try again until it is ready."""
        failures = 0
        while True:
            await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
            try:
                await worker.process.start()
            except WorkerDied as error:
                failures += 1
                worker.failure = error.reason
                log.error("worker_not_started", extra={"fields": {"reason": error.reason}})
                self._answer_waiting(worker)
            else:
                worker.failure, worker.ready = "", True
                return

    def _answer_waiting(self, worker: _Worker) -> None:
        """Answer what no worker can process now."""
        queues = [worker.own, self._waiting] if self.failure else [worker.own]
        for queue in queues:
            while queue:
                queue.popleft().answer(refusals.cannot_start(worker.failure))
        self._space.set()

    async def _next(self, worker: _Worker) -> _Item | None:
        """Wait for the next message for a worker; return None if its process has ended."""
        while worker.process.alive and not worker.own and not self._waiting:
            worker.idle = True
            worker.wake.clear()
            try:
                await worker.wake.wait()
            finally:
                worker.idle = False
        if not worker.process.alive:
            return None
        if worker.own and not (worker.own_last and self._waiting):
            worker.own_last = True
            return worker.own.popleft()
        worker.own_last = False
        self._space.set()
        return self._waiting.popleft()

    async def _process(self, worker: _Worker, item: _Item) -> None:
        if item.future.done():  # the client went away
            return
        start = time.perf_counter()
        self._metrics.stage("queue", start - item.since)
        try:
            answer = await worker.process.call(item.message, self._limits.timeout)
        except WorkerTooSlow:
            answer = refusals.too_slow(self._limits.timeout)
        except WorkerDied as error:
            log.error("worker_died", extra={"fields": {"reason": error.reason}})
            if (last := self._died(worker, item)) is None:
                return
            answer = last
        self._mean += 0.1 * (time.perf_counter() - start - self._mean)
        for stage, seconds in answer.seconds.items():
            self._metrics.stage(stage, seconds)
        if answer.traceback:
            log.error("unexpected_error", extra={"fields": {"traceback": answer.traceback}})
        item.answer(answer)

    def _died(self, worker: _Worker, item: _Item) -> Answer | None:
        """Return the answer to a message whose worker has ended; None to let another try."""
        item.deaths += 1
        if item.deaths >= _TRIES:
            return refusals.crashed()
        if time.perf_counter() - item.since > self._limits.timeout:
            return refusals.waited(self._limits.timeout)
        queue = self._waiting if isinstance(item.message, PredictPicture) else worker.own
        queue.appendleft(item)
        for one in self._workers:
            one.wake.set()
        return None


def _worker(config: WorkerConfig) -> _Worker:
    wake = asyncio.Event()
    return _Worker(WorkerProcess(config, wake.set), wake)


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
