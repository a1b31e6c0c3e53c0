"""Start a worker process, send it messages and kill it, from a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from moue.server.messages import Answer, Message, WorkerConfig
from moue.server.worker import READY, run

START_TIMEOUT = 120.0
"""Seconds in which a worker must load its model."""
_JOIN = 2.0
"""Seconds to wait for the end of a process."""

Result = TypeVar("Result")


class WorkerDied(Exception):  # noqa: N818  an event
    """The worker process ended while it worked, or before it was asked."""


class WorkerTooSlow(Exception):  # noqa: N818  an event
    """The worker did not answer in time, and was killed."""


class WorkerProcess:
    """One worker process at a time; all coroutines run its blocking calls in one thread."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._thread = ThreadPoolExecutor(1, "worker")
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None

    @property
    def pid(self) -> int | None:
        """The process id; None if no process runs."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """True if the process runs."""
        return self._process is not None and self._process.is_alive()

    async def start(self) -> None:
        """Start a process, instead of one that has ended, and wait until its model is loaded.

        Raises:
            WorkerDied: the process ended, or was not ready in time.
        """
        await self._in_thread(self._start)

    async def call(self, message: Message, timeout: float) -> Answer:
        """Send a message and return the answer.

        Args:
            message: message for the worker.
            timeout: maximum time, in seconds.

        Raises:
            WorkerDied: the process ended.
            WorkerTooSlow: there was no answer in time; the process was killed.
        """
        return await self._in_thread(self._call, message, timeout)

    async def stop(self) -> None:
        """End the process; it is killed if it still works after a while."""
        process = self._process
        ended = asyncio.ensure_future(self._in_thread(self._end))
        done, _ = await asyncio.wait([ended], timeout=_JOIN)
        if not done and process is not None:
            process.kill()
        await ended
        self._thread.shutdown()

    async def _in_thread(self, function: Callable[..., Result], *values: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *values)

    def _start(self) -> None:
        self._end()
        context = get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=run, args=(other, self._config), daemon=True)
        self._process.start()
        other.close()
        try:
            ready = self._connection.poll(START_TIMEOUT) and self._connection.recv() == READY
        except (EOFError, OSError):
            ready = False
        if not ready:
            self._kill()
            raise WorkerDied

    def _call(self, message: Message, timeout: float) -> Answer:
        if self._connection is None:
            raise WorkerDied
        try:
            self._connection.send(message)
            if not self._connection.poll(timeout):
                self._kill()
                raise WorkerTooSlow
            answer: Answer = self._connection.recv()
        except (EOFError, OSError) as error:
            self._kill()
            raise WorkerDied from error
        return answer

    def _end(self) -> None:
        """Close the connection, so that the process ends; kill a process that does not."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.join(_JOIN)
            self._kill()

    def _kill(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            process.close()


def default_workers() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
