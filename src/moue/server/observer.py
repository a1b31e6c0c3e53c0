"""Count, time and log each request; end requests whose client does not read the answer."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moue.server.log import Log
from moue.server.metrics import Metrics
from moue.server.protocol import ABORT

_CLIENT_GONE = 499
"""Status in the log of a request whose client went away."""


class Observer:
    """ASGI middleware around all others.

    Each request gets an identifier, in the log and in the header `X-Request-Id`. Neither the log
    nor the metrics contain query, body, file names, addresses or keys.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, log: Log, routes: frozenset[str], timeout: float
    ) -> None:
        """Create the middleware.

        Args:
            app: application.
            metrics: metrics of the server.
            log: log of the server.
            routes: paths of the endpoints; other paths are logged as `other`.
            timeout: maximum time to send a part of an answer, in seconds.
        """
        self.app, self.metrics, self.log = app, metrics, log
        self.routes, self.timeout = routes, timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log its result."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        route = scope["path"] if scope["path"] in self.routes else "other"
        facts: dict[str, Any] = {"status": None, "bytes": _length(scope)}
        scope["moue.facts"] = facts
        identifier = f"{random.getrandbits(64):016x}"

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                facts["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = identifier
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
            elif message["type"] == "websocket.close":
                facts["status"] = message.get("code", 1000)
            try:
                async with asyncio.timeout(self.timeout):
                    await send(message)
            except TimeoutError:
                facts["reason"] = "slow_reader"
                raise

        try:
            await self.app(scope, receive, observed)
        except TimeoutError:
            if facts.get("reason") != "slow_reader":
                raise
            abort = scope.get("state", {}).get(ABORT)
            if abort is not None:
                abort()
        finally:
            self._record(scope, route, identifier, facts, time.perf_counter() - start)

    def _record(
        self, scope: Scope, route: str, identifier: str, facts: dict[str, Any], seconds: float
    ) -> None:
        if facts.get("reason") == "client_gone":
            facts["status"] = _CLIENT_GONE
        status = facts["status"] or _CLIENT_GONE
        self.metrics.requests.labels(route, str(status)).inc()
        if scope["type"] == "http":
            self.metrics.durations.labels(route).observe(seconds)
        if status == 503:
            self.metrics.refusals.labels(facts.get("reason") or "busy").inc()
        method = scope.get("method", "WEBSOCKET")
        fields = {name: value for name, value in facts.items() if value not in (None, "")}
        self.log.write(
            "request", id=identifier, method=method if method in _METHODS else "other",
            route=route, ms=round(1000 * seconds, 1), **fields | {"status": status},
        )  # fmt: skip


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "WEBSOCKET"})


def _length(scope: Scope) -> int | None:
    """Return the size of a body, in bytes, as its header says; None if it says nothing."""
    given = Headers(scope=scope).get("content-length")
    return int(given) if given is not None and given.isascii() and given.isdigit() else None
