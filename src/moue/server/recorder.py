"""Count, time and log the requests of the server.

Neither the log nor the metrics contain query, body, file names, addresses or keys.
"""

from __future__ import annotations

import asyncio
import random
from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Histogram

from moue.server.log import Log
from moue.server.metrics import Metrics

_CLIENT_GONE = 499
"""Status in the log of a request whose client went away."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "WEBSOCKET"})
_SUMMARY = 1.0
"""Seconds between two lines about refused requests."""


def new_identifier() -> str:
    """Return an identifier for a request, for the log and the header `X-Request-Id`."""
    return f"{random.getrandbits(64):016x}"


class Recorder:
    """Writes each request to the metrics and to the log."""

    def __init__(self, metrics: Metrics, log: Log, routes: frozenset[str]) -> None:
        """Create the recorder.

        Args:
            metrics: metrics of the server.
            log: log of the server.
            routes: paths of the endpoints; other paths are recorded as `other`.
        """
        self._metrics, self._log, self._routes = metrics, log, routes
        self._answered = lru_cache(256)(self._answered_child)
        self._duration = lru_cache(64)(self._duration_child)
        self._refused = 0

    def route(self, path: str) -> str:
        """Return the route of a path."""
        return path if path in self._routes else "other"

    def request(
        self, method: str, route: str, seconds: float, identifier: str, facts: dict[str, Any]
    ) -> None:
        """Record a request that has ended.

        Args:
            method: HTTP method, or `WEBSOCKET`.
            route: route of its path.
            seconds: duration, in seconds.
            identifier: identifier of the request.
            facts: further fields of the log: `status`, `reason`, `bytes`, `faces`.
        """
        gone = facts.get("reason") == "client_gone"
        status = _CLIENT_GONE if gone else facts["status"] or _CLIENT_GONE
        self._answered(route, status).inc()
        if method != "WEBSOCKET":
            self._duration(route).observe(seconds)
        if status == 503:
            self._metrics.refusals.labels(facts.get("reason") or "busy").inc()
        fields = {name: value for name, value in facts.items() if value not in (None, "")}
        self._log.write(
            "request", id=identifier, method=method if method in _METHODS else "other",
            route=route, ms=round(1000 * seconds, 1), **fields | {"status": status},
        )  # fmt: skip

    def refused(self, route: str) -> None:
        """Record a request that was refused before its body; the log has one line per second."""
        self._answered(route, 503).inc()
        self._metrics.refusals.labels("busy").inc()
        if not self._refused:
            asyncio.get_running_loop().call_later(_SUMMARY, self._summarize)
        self._refused += 1

    def _summarize(self) -> None:
        self._log.write("requests_refused", "warning", reason="busy", count=self._refused)
        self._refused = 0

    def _answered_child(self, route: str, status: int) -> Counter:
        return self._metrics.requests.labels(route, str(status))

    def _duration_child(self, route: str) -> Histogram:
        return self._metrics.durations.labels(route)
