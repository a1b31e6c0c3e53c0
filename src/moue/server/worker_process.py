"""Start a worker process, send it messages and kill it, without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess

import msgspec

from moue.errors import reason_of
from moue.server.channel import Channel, ChannelClosed
from moue.server.messages import Answer, Message, Started, WorkerConfig, pack
from moue.server.worker import run

START_TIMEOUT = 120.0
"""Seconds in which a worker must load its model."""
GRACE = 2.0
"""Seconds to wait for the end of a process before it is killed."""
_SEND_BUFFER = 1 << 22
"""Size of the send buffer of a connection, in bytes: most pictures fit; the system may limit it."""
_started = msgspec.msgpack.Decoder(Started)
_answers = msgspec.msgpack.Decoder(Answer)


class WorkerDied(Exception):  # noqa: N818  an event
    """The worker process could not start.

    Attributes:
        reason: reason, as a text for users.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Running:
    """A process and the connection to it."""

    process: SpawnProcess
    channel: Channel


class WorkerProcess:
    """One worker process at a time. All methods run in the event loop."""

    def __init__(
        self, config: WorkerConfig, answered: Callable[[Answer], None], ended: Callable[[], None]
    ) -> None:
        """Create the worker without a process.

        Args:
            config: model and settings.
            answered: function called with each answer; answers have the order of the messages.
            ended: function called when a process that was started has ended.
        """
        self._config, self._answered, self._ended = config, answered, ended
        self._running: _Running | None = None
        self._first: asyncio.Future[bytes] | None = None

    @property
    def alive(self) -> bool:
        """True if the process runs."""
        return self._running is not None and self._running.channel.open

    async def start(self) -> None:
        """Start a process, instead of one that has ended, and wait until its model is loaded.

        Raises:
            WorkerDied: the process ended, was not ready in time, or could not load the model.
        """
        await self.end()
        self._first = asyncio.get_running_loop().create_future()
        try:
            await self._launch()
        except (OSError, ValueError) as error:
            raise WorkerDied(f"the system cannot start a process: {reason_of(error)}") from error
        try:
            async with asyncio.timeout(START_TIMEOUT):
                failed = _started.decode(await self._first).error
        except TimeoutError:
            failed = f"the model was not loaded within {START_TIMEOUT:g} s"
        except ChannelClosed:
            code = await self.end(GRACE)
            failed = f"the process ended with {describe(code)} before the model was loaded"
        self._first = None
        if failed:
            await self.end()
            raise WorkerDied(failed)

    def send(self, message: Message) -> None:
        """Send a message; its answer comes later."""
        if self._running is not None:
            self._running.channel.send(*pack(message))

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        if self._running is not None:
            self._running.process.kill()

    async def end(self, grace: float = 0.0) -> int | None:
        """Close the connection, so that the process ends, and kill a process that does not.

        Args:
            grace: seconds to wait before the process is killed.

        Returns:
            The exit code; None if no process runs.
        """
        if self._running is None:
            return None
        (process, channel), self._running = (self._running.process, self._running.channel), None
        channel.close()
        if grace:
            await asyncio.to_thread(process.join, grace)
        process.kill()
        await asyncio.to_thread(process.join)
        code = process.exitcode
        process.close()
        return code

    def _receive(self, message: bytes) -> None:
        if self._first is None:
            self._answered(_answers.decode(message))
        elif not self._first.done():
            self._first.set_result(message)

    def _close(self) -> None:
        if self._first is None:
            self._ended()
        elif not self._first.done():
            self._first.set_exception(ChannelClosed())

    async def _launch(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        loop = asyncio.get_running_loop()
        process = get_context("spawn").Process(target=run, args=(theirs, self._config), daemon=True)
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        channel = Channel(self._receive, self._close)
        await loop.create_connection(lambda: channel, sock=ours)
        self._running = _Running(process, channel)


def describe(code: int | None) -> str:
    """Return the exit code of a process, or the name of the signal that ended it."""
    if code is not None and code < 0:
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"
    return f"exit code {code}"


def default_workers() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
