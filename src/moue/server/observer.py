"""Record each request of the application; end requests whose client does not read the answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moue.server.protocol import ABORT
from moue.server.recorder import Recorder, new_identifier


class Observer:
    """ASGI middleware around all others."""

    def __init__(self, app: ASGIApp, recorder: Recorder, timeout: float) -> None:
        """Create the middleware.

        Args:
            app: application.
            recorder: metrics and log of the requests.
            timeout: maximum time to send a part of an answer, in seconds.
        """
        self.app, self.recorder, self.timeout = app, recorder, timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and record its result."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        facts: dict[str, Any] = {"status": None, "bytes": _length(scope)}
        scope["moue.facts"] = facts
        identifier = new_identifier()

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
            method, route = scope.get("method", "WEBSOCKET"), self.recorder.route(scope["path"])
            self.recorder.request(method, route, time.perf_counter() - start, identifier, facts)


def _length(scope: Scope) -> int | None:
    """Return the size of a body, in bytes, as its header says; None if it says nothing."""
    given = Headers(scope=scope).get("content-length")
    return int(given) if given is not None and given.isascii() and given.isdigit() else None
