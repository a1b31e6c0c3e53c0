"""When a host may be asked: not too often, not too much at once, and not while it wants rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moue.web.failure import Failure

_MANY = 4096


@dataclass(slots=True)
class _Host:
    """Attributes: requests under way; earliest time of the next; end of the rest it asked for."""

    active: int = 0
    due: float = 0.0
    rest: float = 0.0


class Pace:
    """Turns at hosts, for many threads."""

    def __init__(self, rate: float, at_once: int, patience: float) -> None:
        """Set the pace.

        Args:
            rate: requests a second to one host; 0 for no limit.
            at_once: requests to one host at the same time.
            patience: seconds that a rest is waited for; a longer one fails at once.
        """
        self._gap = 1 / rate if rate else 0.0
        self._at_once = at_once
        self._patience = patience
        self._hosts: dict[str, _Host] = {}
        self._gaps: dict[str, float] = {}
        self._change = threading.Condition()
        self._stopped = False

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for a turn at a host and hold it while the context is open.

        Raises:
            Failure: `rate_limited`: it wants a longer rest than there is patience for.
        """
        with self._change:
            gate = self._wait(host)
            gate.active += 1
            gate.due = max(gate.due, time.monotonic()) + self._gaps.get(host, self._gap)
        try:
            yield
        finally:
            with self._change:
                gate.active -= 1
                self._change.notify_all()

    def rest(self, host: str, seconds: float) -> None:
        """Leave a host alone for so many seconds."""
        with self._change:
            gate = self._hosts.setdefault(host, _Host())
            gate.rest = max(gate.rest, time.monotonic() + seconds)

    def slow(self, host: str, seconds: float) -> None:
        """Keep at least so many seconds between two requests to a host (Crawl-delay)."""
        with self._change:
            self._gaps[host] = max(self._gap, min(seconds, self._patience))

    def stop(self) -> None:
        """Let nobody wait any longer."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def _wait(self, host: str) -> _Host:
        if len(self._hosts) > _MANY:
            self._forget_the_idle()
        gate = self._hosts.setdefault(host, _Host())
        while True:
            now = time.monotonic()
            if self._stopped:
                raise Failure("unreachable", "stopped")
            if gate.rest - now > self._patience:
                raise Failure("rate_limited", f"{host}: wants {gate.rest - now:.0f} s of rest")
            ready = max(gate.due, gate.rest)
            if gate.active < self._at_once and ready <= now:
                return gate
            self._change.wait(ready - now if gate.active < self._at_once else None)

    def _forget_the_idle(self) -> None:
        now = time.monotonic()
        for host, gate in list(self._hosts.items()):
            if not gate.active and max(gate.due, gate.rest) <= now:
                del self._hosts[host]
                self._gaps.pop(host, None)
