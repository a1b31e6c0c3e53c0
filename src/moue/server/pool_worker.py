"""One of the workers of the pool: the messages that its process has, and its restarts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from moue.server import refusals
from moue.server.limits import Limits
from moue.server.messages import Answer, EndSession, Message, PredictPicture, WorkerConfig
from moue.server.metrics import Metrics
from moue.server.worker_process import GRACE, WorkerDied, WorkerProcess, describe

_BACKOFF = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds to wait before a worker process starts again, by the number of failed starts."""
_TRIES = 2
"""Number of worker processes that may end while they process the same picture."""
MOST_SENT = 2
"""Maximum number of messages that a process has: one in work, and the next one."""
_LIGHT = 1 << 19
"""Size of a picture file, in bytes, above which no message waits behind it in the process."""

log = logging.getLogger("moue.serve")


@dataclass(slots=True, eq=False)
class Item:
    """A message for a worker.

    Attributes:
        message: the message.
        done: function called with the answer.
        since: arrival time of the message, by `time.perf_counter`.
        deaths: number of processes that ended while they processed it.
        finished: True if it is answered, or if nobody waits for the answer.
    """

    message: Message
    done: Callable[[Answer], None]
    since: float = field(default_factory=time.perf_counter)
    deaths: int = 0
    finished: bool = False

    def finish(self, answer: Answer) -> None:
        """Pass the answer on, unless nobody waits for it."""
        if not self.finished:
            self.finished = True
            self.done(answer)


class Queues(Protocol):
    """The methods of the pool that a worker calls."""

    def take(self, worker: PoolWorker) -> Item | None:
        """Return the next message for a worker; None if there is none."""

    def give_back(self, worker: PoolWorker, items: list[Item]) -> None:
        """Put the messages of an ended worker, oldest first, at the front of the queues."""

    def not_started(self, worker: PoolWorker) -> None:
        """Answer the messages that no worker can process, after a worker could not start."""

    def too_heavy(self, item: Item) -> None:
        """Process a picture again, alone, if it needs more memory than the share of one worker."""

    def predicted(self, seconds: float) -> None:
        """Record the duration of a prediction, in seconds."""


class PoolWorker:
    """A worker process with its messages; a process that ends is replaced.

    Attributes:
        own: messages that only this worker can process.
        ready: True if the process has loaded its model.
        failure: reason why the last start failed; empty after a successful one.
        sessions: number of live videos.
        turn: number of the queue from which the last message came.
    """

    def __init__(
        self, config: WorkerConfig, limits: Limits, metrics: Metrics, queues: Queues
    ) -> None:
        self._limits, self._metrics, self._queues = limits, metrics, queues
        self._gone = asyncio.Event()
        self._process = WorkerProcess(config, self._answered, self._gone.set)
        self._sent: deque[Item] = deque()
        self._since = 0.0
        self._too_slow = False
        self.own: deque[Item] = deque()
        self.ready = False
        self.failure = ""
        self.sessions = 0
        self.turn = 0

    @property
    def working(self) -> bool:
        """True if the process has a message to answer."""
        return bool(self._sent)

    @property
    def available(self) -> bool:
        """True if the process can take messages."""
        return self.ready and self._process.alive

    async def run(self) -> None:
        """Start the process, and replace it each time it ends."""
        await self._start()
        while True:
            await self._gone.wait()
            await self._bury()
            self._metrics.restarts.inc()
            log.warning("worker_restarted")
            await self._start()

    async def stop(self) -> None:
        """End the process; it is killed if it still works after a while."""
        await self._process.end(GRACE)

    def fill(self, most: int) -> None:
        """Send messages until the process has `most`, one of which it processes."""
        while self.available and self._has_space(most):
            item = self._queues.take(self)
            if item is None:
                return
            if item.finished:  # the client went away
                continue
            if not self._sent:
                self._since = time.perf_counter()
            self._sent.append(item)
            self._process.send(item.message)

    def check(self, now: float) -> None:
        """Kill the process if its message takes too long; it is replaced then."""
        if self._sent and not self._too_slow and now - self._since > self._limits.timeout:
            self._too_slow = True
            self._process.kill()

    def _has_space(self, most: int) -> bool:
        if len(self._sent) != 1:
            return len(self._sent) < most
        message = self._sent[0].message
        return most > 1 and (isinstance(message, EndSession) or len(message.data) <= _LIGHT)

    def _answered(self, answer: Answer) -> None:
        if self._too_slow or not self._sent:  # the process is being killed
            return
        item, start = self._sent.popleft(), self._since
        self._since = time.perf_counter()
        self.fill(MOST_SENT)
        self._metrics.stage("queue", max(0.0, start - item.since))
        if isinstance(item.message, PredictPicture):
            self._queues.predicted(self._since - start)
        for stage, seconds in answer.seconds.items():
            self._metrics.stage(stage, seconds)
        if answer.traceback:
            log.error("unexpected_error", extra={"fields": {"traceback": answer.traceback}})
        if answer.too_heavy:
            self._queues.too_heavy(item)
        else:
            item.finish(answer)

    async def _start(self) -> None:
        """Start a process; try again until it is ready."""
        failures = 0
        while True:
            await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
            self._gone.clear()
            try:
                await self._process.start()
            except WorkerDied as error:
                failures += 1
                self.failure = error.reason
                log.error("worker_not_started", extra={"fields": {"reason": error.reason}})
                self._queues.not_started(self)
            else:
                self.failure, self.ready = "", True
                if not self._process.alive:
                    self._gone.set()
                self.fill(MOST_SENT)
                return

    async def _bury(self) -> None:
        """Remove an ended process, and answer its messages or give them back."""
        self.ready = False
        items = list(self._sent)
        self._sent.clear()
        slow, self._too_slow = self._too_slow, False
        if slow:
            items.pop(0).finish(refusals.too_slow(self._limits.timeout))
        kept = [one for n, one in enumerate(items) if not self._ended(one, not slow and n == 0)]
        self._queues.give_back(self, kept)
        code = await self._process.end(GRACE)
        if items and not slow:
            reason = f"the process ended with {describe(code)}"
            log.error("worker_died", extra={"fields": {"reason": reason}})

    def _ended(self, item: Item, in_work: bool) -> bool:
        """Answer a message of an ended process if it gets no second attempt; return whether it did.

        Args:
            item: message of the process.
            in_work: True if the process worked on it when it ended.
        """
        item.deaths += in_work
        if item.deaths >= _TRIES:
            item.finish(refusals.crashed())
        elif time.perf_counter() - item.since > self._limits.timeout:
            item.finish(refusals.waited(self._limits.timeout))
        return item.finished
