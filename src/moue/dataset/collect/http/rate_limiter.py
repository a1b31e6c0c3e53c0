"""When a host may be asked: not too often, not too much at once, and not for ever.

A host that fails again and again, or that keeps moue waiting, is given up for the rest of the
command: otherwise a long list of URLs at a slow or busy host would take hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moue.dataset.collect.http.fetch_error import FetchError

_MANY = 4096
_AILING = frozenset({"no_host", "unreachable", "timeout", "server_error", "rate_limited"})
"""Reasons that speak against the host as a whole, and not only against one URL."""
_PROMPT = 2.0
"""Seconds of a request that gives nothing, such as a 404, that are not held against a host."""


@dataclass(slots=True)
class _Host:
    """What is known of one host.

    Attributes:
        active: requests under way.
        due: earliest time of the next request.
        rest: end of the rest that the host asked for.
        waited: seconds that it asked for in all, in rests and between requests.
        failed: failures in a row that speak against the host.
        lost: seconds of requests that gave nothing, since the last one that gave something.
        given_up: why it is not asked any more.
        resting: that it asked for a longer rest than there is patience for.
        refused: requests that were not made for one of these reasons.
    """

    active: int = 0
    due: float = 0.0
    rest: float = 0.0
    waited: float = 0.0
    failed: int = 0
    lost: float = 0.0
    given_up: str | None = None
    resting: str | None = None
    refused: int = 0


class RateLimiter:
    """Turns at hosts, for many threads."""

    def __init__(
        self,
        rate: float,
        at_once: int,
        patience: float,
        most_failures: int = 20,
        most_seconds: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the pace.

        Args:
            rate: requests a second to one host; 0 for no limit.
            at_once: requests to one host at the same time.
            patience: seconds that one rest is waited for; a longer one fails at once.
            most_failures: failures in a row after which a host is given up.
            most_seconds: that one host may take for rests, and for requests without a result.
        """
        self._gap = 1 / rate if rate else 0.0
        self._at_once, self._patience = at_once, patience
        self._most_failures, self._most_seconds = most_failures, most_seconds
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._gaps: dict[str, float] = {}
        self._change = threading.Condition()
        self._stopped = False
        self._many = _MANY

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for a turn at a host and hold it while the context is open.

        What the context raises counts for or against the host.

        Raises:
            Failure: `gave_up`, or `rate_limited` where the host asks for a longer rest than
                there is patience for.
        """
        with self._change:
            gate = self._wait(host)
            gate.active += 1
            gap = self._gaps.get(host, self._gap)
            gate.due = max(gate.due, self._clock()) + gap
            gate.waited += max(0.0, gap - self._gap)
            start = self._clock()
        try:
            yield
        except FetchError as failure:
            with self._change:
                gate.lost += max(0.0, self._clock() - start - _PROMPT)
                gate.failed = gate.failed + 1 if failure.reason in _AILING else 0
            raise
        else:
            with self._change:
                gate.failed, gate.lost = 0, 0.0
        finally:
            with self._change:
                gate.active -= 1
                self._judge(gate)
                self._change.notify_all()

    def rest(self, host: str, seconds: float) -> None:
        """Leave a host alone for so many seconds."""
        with self._change:
            gate = self._hosts.setdefault(host, _Host())
            now = self._clock()
            if seconds <= self._patience:
                gate.waited += max(0.0, now + seconds - max(gate.rest, now))
            gate.rest = max(gate.rest, now + seconds)
            self._judge(gate)

    def slow(self, host: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests to a host (Crawl-delay)."""
        with self._change:
            self._gaps[host] = max(self._gap, min(seconds, self._patience))

    def stop(self) -> None:
        """Let nobody wait any longer."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def given_up(self) -> list[str]:
        """Return a sentence for each host that was given up with URLs not fetched."""
        with self._change:
            return [
                f"{host}: gave up, since it {gate.given_up or gate.resting}; "
                f"{gate.refused:,} URLs not fetched; run the same command again to retry"
                for host, gate in self._hosts.items()
                if gate.refused
            ]

    def _wait(self, host: str) -> _Host:
        if len(self._hosts) > self._many:
            self._forget_the_idle()
            self._many = max(_MANY, 2 * len(self._hosts))
        gate = self._hosts.setdefault(host, _Host())
        while True:
            now = self._clock()
            if self._stopped:
                raise FetchError("unreachable", "stopped")
            if gate.given_up:
                gate.refused += 1
                raise FetchError("gave_up", f"{host}: it {gate.given_up}")
            if gate.rest - now > self._patience:
                gate.resting = f"asks to be left alone for {gate.rest - now:,.0f} s"
                gate.refused += 1
                raise FetchError("rate_limited", f"{host}: wants {gate.rest - now:.0f} s of rest")
            ready = max(gate.due, gate.rest)
            if gate.active < self._at_once and ready <= now:
                return gate
            self._change.wait(ready - now if gate.active < self._at_once else None)

    def _judge(self, gate: _Host) -> None:
        if gate.given_up:
            return
        if self._most_failures and gate.failed >= self._most_failures:
            gate.given_up = f"failed {gate.failed:,} times in a row"
        elif self._most_seconds and gate.waited > self._most_seconds:
            gate.given_up = f"asked moue to wait for {gate.waited:,.0f} s in all"
        elif self._most_seconds and gate.lost > self._most_seconds:
            gate.given_up = f"took {gate.lost:,.0f} s without giving anything"

    def _forget_the_idle(self) -> None:
        now = self._clock()
        for host, gate in list(self._hosts.items()):
            idle = not gate.active and max(gate.due, gate.rest) <= now
            if idle and not (gate.refused or gate.given_up or gate.failed or gate.waited):
                del self._hosts[host]
                self._gaps.pop(host, None)
