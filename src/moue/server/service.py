"""The state of a running server, shared by its handlers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias, TypeVar

from starlette.requests import Request
from starlette.types import Receive

from moue.http_api.body import read_chunks
from moue.http_api.endpoint import Call as HttpCall
from moue.http_api.errors import ApiError
from moue.server import refusals
from moue.server.access import Access
from moue.server.limits import Limits
from moue.server.messages import Answer, PredictPicture, WorkerConfig
from moue.server.metrics import Metrics
from moue.server.pool import Pool
from moue.server.refusals import Busy, not_started

Query = TypeVar("Query")

START_AGAIN = 10
"""Seconds after which a client may try again if no worker process can start."""
RETRY_AFTER = 1
"""Seconds after which a refused client may try again, where the queue gives no estimate."""


class Refused(ApiError):  # noqa: N818  the answer 503
    """The server has no room for a request now.

    Attributes:
        retry_after: seconds after which the client may try again.
    """

    def __init__(self, code: str, text: str, retry_after: int = RETRY_AFTER) -> None:
        super().__init__(503, code, text)
        self.retry_after = retry_after


class Service:
    """The worker processes, the limits and the metrics of a server.

    Attributes:
        config: model and settings of the worker processes.
        limits: limits of the server.
        access: who may use the server.
        metrics: metrics of the server.
        pool: worker processes.
        live: number of open live videos.
    """

    def __init__(self, config: WorkerConfig, limits: Limits, access: Access) -> None:
        self.config, self.limits, self.access = config, limits, access
        self.metrics = Metrics()
        self.pool = Pool(config, limits, self.metrics)
        self.live = 0
        self._held = 0
        self._batches = asyncio.Semaphore(2 * config.workers)
        self.metrics.queue.set_function(lambda: self.pool.waiting)
        self.metrics.workers.set_function(lambda: self.pool.ready)
        self.metrics.live.set_function(lambda: self.live)

    def check_busy(self) -> None:
        """Raise Busy if another picture would wait too long."""
        self.pool.check_space()

    def hold(self, size: int) -> bool:
        """Count the bytes of an upload; return whether the server has memory for them."""
        self._held += size
        return self._held <= self.limits.memory

    def release(self, size: int) -> None:
        """Count the bytes of an upload that has ended."""
        self._held -= size

    def check_space(self) -> None:
        """Raise Refused if no worker can start or the queue is full, before a body is read."""
        self.check_workers()
        try:
            self.check_busy()
        except Busy as error:
            raise _full(error) from error

    def check_workers(self) -> None:
        """Raise Refused if no worker process can start; requests wait while one starts."""
        if failure := self.pool.failure:
            raise Refused("not_ready", not_started(failure), START_AGAIN)

    @asynccontextmanager
    async def upload(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """Read a body, and count its bytes until the context ends.

        Args:
            request: request with the body.
            limit: maximum size, in bytes.

        Raises:
            ApiError: the body is too large or too slow, or the server holds too many bytes.
        """
        held, parts = 0, list[bytes]()
        try:
            try:
                async with asyncio.timeout(self.limits.body_timeout):
                    async for chunk in read_chunks(request, limit):
                        held += len(chunk)
                        if not self.hold(len(chunk)):
                            raise Refused("memory", refusals.FULL_MEMORY)
                        parts.append(chunk)
            except TimeoutError as error:
                seconds = f"{self.limits.body_timeout:g}"
                raise ApiError(408, "slow_upload", refusals.SLOW_UPLOAD, seconds=seconds) from error
            body = b"".join(parts)
            parts.clear()
            yield body
        finally:
            self.release(held)

    async def predict(self, message: PredictPicture, request: Request) -> Answer | None:
        """Return the answer to a picture; None if the client goes away before.

        Raises:
            Refused: the queue is full.
        """
        gone = asyncio.create_task(disconnected(request.receive))
        try:
            async with asyncio.timeout(None) as until_gone:
                gone.add_done_callback(lambda _task: _end(until_gone))
                return await self.pool.predict(message)
        except TimeoutError:
            return None
        except Busy as error:
            raise _full(error) from error
        finally:
            gone.cancel()

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """Count a request with many pictures; raise Refused if there are too many of them."""
        if self._batches.locked():
            raise Refused("busy", "too many batch requests at the same time; try again later")
        async with self._batches:
            yield


Call: TypeAlias = HttpCall[Service, Query, None]
"""A request to the server. Handlers read the body themselves."""


async def disconnected(receive: Receive) -> None:
    """Wait until the client of a request goes away; its body was read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _end(scope: asyncio.Timeout) -> None:
    """Cancel what runs in a scope, if it still runs."""
    with suppress(RuntimeError):  # it has ended
        scope.reschedule(asyncio.get_running_loop().time())


def _full(error: Busy) -> Refused:
    return Refused("busy", refusals.BUSY, error.retry_after)
