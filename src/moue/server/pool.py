"""Distribute pictures and frames over the worker processes.

Pictures wait in two queues, one for single pictures and one for those of requests with many. The
frames of a live video go to the worker that knows its faces. A worker takes from these in turn, so
none can block the others. A message that no worker takes in time is answered with status 503. If no
worker process can start, all messages are.

All of this runs in callbacks of the event loop, so a picture needs no task and no future.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine

import msgspec

from moue.server import refusals
from moue.server.admission import Admission
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
from moue.server.pool_worker import MOST_SENT, Item, PoolWorker

_LONGEST_SWEEP = 0.5
"""Maximum time between two searches for messages that wait or work too long, in seconds."""


class Pool:
    """The worker processes and the queues. All methods run in the event loop."""

    def __init__(self, config: WorkerConfig, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._workers = [PoolWorker(config, limits, metrics, self) for _ in range(config.workers)]
        self._single: deque[Item] = deque()
        self._batches: deque[Item] = deque()
        self._admission = Admission(limits.max_wait)
        self._heavy = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def ready(self) -> int:
        """The number of workers that have loaded their model."""
        return sum(worker.available for worker in self._workers)

    @property
    def failure(self) -> str:
        """The reason why no worker process can start; empty while one may become ready."""
        reasons = [worker.failure for worker in self._workers]
        return reasons[0] if all(reasons) else ""

    @property
    def waiting(self) -> int:
        """The number of pictures that wait for a worker."""
        return len(self._single) + len(self._batches)

    def start(self) -> None:
        """Start the worker processes; requests wait until the first is ready."""
        for worker in self._workers:
            self._spawn(worker.run())

    async def stop(self) -> None:
        """End the worker processes."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers))
        if self._sweep is not None:
            self._sweep.cancel()

    def check_space(self) -> None:
        """Raise Busy if another picture would wait too long."""
        if self._single:
            self._admission.check(len(self._single), self.ready)

    def submit(self, message: PredictPicture, done: Callable[[Answer], None]) -> Item:
        """Put a picture into the queue.

        Args:
            message: the picture.
            done: function called with the answer, perhaps at once.

        Raises:
            Busy: the picture would wait too long.
        """
        self.check_space()
        if not self._single:
            self._admission.empty()
        return self._put(self._single, message, done)

    def cancel(self, item: Item) -> None:
        """Discard a picture, because nobody waits for its answer."""
        item.finished = True
        for queue in (self._single, self._batches):
            if item in queue:
                queue.remove(item)

    async def predict(self, message: PredictPicture, batch: bool = False) -> Answer:
        """Return the answer to a picture.

        Args:
            message: the picture.
            batch: True for a picture of a request with many, which waits in a queue of its own.

        Raises:
            Busy: the picture would wait too long.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        done = _setter(future)
        put = self._put(self._batches, message, done) if batch else self.submit(message, done)
        try:
            return await future
        finally:
            self.cancel(put)

    def open_session(self) -> LiveHandle:
        """Return a handle for a new live video, on the ready worker with the fewest."""
        worker = min(self._workers, key=lambda one: (not one.ready, one.sessions))
        worker.sessions += 1
        return LiveHandle(self, worker, next(self._numbers))

    async def frame(self, worker: PoolWorker, message: ProcessFrame) -> Answer:
        """Return the answer of a worker to a frame."""
        if worker.failure:
            return refusals.cannot_start(worker.failure)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        item = self._put(worker.own, message, _setter(future))
        try:
            return await future
        finally:
            item.finished = True
            if item in worker.own:
                worker.own.remove(item)

    def close_session(self, worker: PoolWorker, number: int) -> None:
        """Let a worker forget a live video."""
        worker.sessions -= 1
        self._put(worker.own, EndSession(number), lambda _answer: None)

    def take(self, worker: PoolWorker) -> Item | None:
        """Return the next message for a worker, from its queues in turn; None if all are empty."""
        queues = (self._single, worker.own, self._batches)
        for step in range(1, len(queues) + 1):
            turn = (worker.turn + step) % len(queues)
            if queues[turn]:
                worker.turn = turn
                item = queues[turn].popleft()
                if not self._single:
                    self._admission.empty()
                return item
        return None

    def give_back(self, worker: PoolWorker, items: list[Item]) -> None:
        """Put the messages of an ended worker, oldest first, at the front of the queues."""
        for item in reversed(items):
            queue = self._single if isinstance(item.message, PredictPicture) else worker.own
            queue.appendleft(item)
        self._distribute()

    def not_started(self, worker: PoolWorker) -> None:
        """Answer the messages that no worker can process, after a worker could not start."""
        shared = [self._single, self._batches] if self.failure else []
        for queue in (worker.own, *shared):
            while queue:
                queue.popleft().finish(refusals.cannot_start(worker.failure))

    def predicted(self, seconds: float) -> None:
        """Record the duration of a prediction, in seconds."""
        self._admission.predicted(seconds)

    def too_heavy(self, item: Item) -> None:
        """Process a picture again, alone, if it needs more memory than the share of one worker."""
        if isinstance(item.message, PredictPicture):
            self._spawn(self._alone(item, item.message))

    def _put(self, queue: deque[Item], message: Message, done: Callable[[Answer], None]) -> Item:
        item = Item(message, done)
        if isinstance(message, PredictPicture) and (failure := self.failure):
            item.finish(refusals.cannot_start(failure))
            return item
        queue.append(item)
        self._distribute()
        if self._sweep is None:
            self._plan_sweep()
        return item

    async def _alone(self, item: Item, message: PredictPicture) -> None:
        async with self._heavy:
            if not item.finished:
                future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
                message = msgspec.structs.replace(message, alone=True)
                self._put(self._single, message, _setter(future))
                item.finish(await future)

    def _distribute(self) -> None:
        """Send messages to the workers, first to those that have none."""
        for most in range(1, MOST_SENT + 1):
            for worker in self._workers:
                worker.fill(most)

    def _plan_sweep(self) -> None:
        delay = min(_LONGEST_SWEEP, self._limits.timeout / 4)
        self._sweep = asyncio.get_running_loop().call_later(delay, self._find_late)

    def _find_late(self) -> None:
        """Refuse messages that waited too long, end slow workers, and schedule the next check."""
        now, longest = time.perf_counter(), self._limits.timeout
        queues = [self._single, self._batches, *(worker.own for worker in self._workers)]
        for queue in queues:
            while queue and now - queue[0].since > longest:
                queue.popleft().finish(refusals.waited(longest))
        for worker in self._workers:
            worker.check(now)
        self._sweep = None
        if any(queues) or any(worker.working for worker in self._workers):
            self._plan_sweep()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class LiveHandle:
    """A live video on one of the workers."""

    def __init__(self, pool: Pool, worker: PoolWorker, number: int) -> None:
        self._pool, self._worker, self._number = pool, worker, number

    async def frame(self, data: bytes, number: int, at: float, dropped: int) -> Answer:
        """Return the answer to a frame; see `ProcessFrame`."""
        message = ProcessFrame(self._number, data, number, at, dropped)
        return await self._pool.frame(self._worker, message)

    def close(self) -> None:
        """Forget the faces of the video."""
        self._pool.close_session(self._worker, self._number)


def _setter(future: asyncio.Future[Answer]) -> Callable[[Answer], None]:
    """Return a function that sets the result of a future, unless it is cancelled."""

    def done(answer: Answer) -> None:
        if not future.done():
            future.set_result(answer)

    return done
