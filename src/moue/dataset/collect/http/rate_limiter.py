"""Rate limiter per host: request interval, concurrency, back-off, and a limit on failures.

Requests to a host that fails repeatedly or requests too much waiting stop for the rest of the
command. Otherwise a long list of URLs at a slow or overloaded host would take hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_settings import WebSettings

_SWEEP_SIZE = 4096
"""Number of stored hosts above which idle hosts are deleted."""
_HOST_FAILURES = frozenset({"no_host", "unreachable", "timeout", "server_error", "rate_limited"})
"""Reasons that concern the host rather than a single URL."""
_FREE_SECONDS = 2.0
"""Time of each failed request, in seconds, that is not counted as wasted."""


@dataclass(slots=True)
class _Host:
    """State of one host.

    Attributes:
        active: Number of running requests.
        next_request: Earliest time of the next request.
        backoff_until: End of the back-off that the host requested, in seconds of `clock`.
        waited: Total back-off and crawl delay so far, in seconds.
        failures: Number of consecutive failures of the host.
        wasted: Time of failed requests since the last success, in seconds.
        gave_up: Predicate of the message that explains why requests to the host stopped; None while
            requests are allowed.
        long_backoff: Predicate of the message about a back-off above the limit; None if no back-off
            exceeded the limit.
        skipped: Number of requests that were skipped.
    """

    active: int = 0
    next_request: float = 0.0
    backoff_until: float = 0.0
    waited: float = 0.0
    failures: int = 0
    wasted: float = 0.0
    gave_up: str | None = None
    long_backoff: str | None = None
    skipped: int = 0


class RateLimiter:
    """Thread-safe rate limiter with separate limits for each host."""

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.monotonic) -> None:
        """Create a rate limiter.

        Args:
            settings: Rate, concurrency and back-off limits.
            clock: Function that returns the current time in seconds.
        """
        self._settings, self._clock = settings, clock
        self._interval = 1 / settings.rate if settings.rate else 0.0
        self._hosts: dict[str, _Host] = {}
        self._intervals: dict[str, float] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._sweep_size = _SWEEP_SIZE

    @contextmanager
    def slot(self, host: str) -> Iterator[None]:
        """Wait until a request to a host is allowed; the request runs within the context.

        A `FetchError` that is raised within the context counts as a failed request.

        Raises:
            FetchError: The reason is `gave_up` if requests to the host have stopped, or
                `rate_limited` if the host requests a back-off above the limit.
        """
        with self._changed:
            state = self._wait(host)
            state.active += 1
            interval = self._intervals.get(host, self._interval)
            state.next_request = max(state.next_request, self._clock()) + interval
            state.waited += max(0.0, interval - self._interval)
            start = self._clock()
        try:
            yield
        except FetchError as error:
            with self._changed:
                state.wasted += max(0.0, self._clock() - start - _FREE_SECONDS)
                state.failures = state.failures + 1 if error.reason in _HOST_FAILURES else 0
            raise
        else:
            with self._changed:
                state.failures, state.wasted = 0, 0.0
        finally:
            with self._changed:
                state.active -= 1
                self._give_up_if_hopeless(state)
                self._changed.notify_all()

    def back_off(self, host: str, seconds: float) -> None:
        """Delay all requests to a host by the seconds of a Retry-After header."""
        with self._changed:
            state = self._hosts.setdefault(host, _Host())
            now = self._clock()
            if seconds <= self._settings.max_backoff:
                state.waited += max(0.0, now + seconds - max(state.backoff_until, now))
            state.backoff_until = max(state.backoff_until, now + seconds)
            self._give_up_if_hopeless(state)

    def set_crawl_delay(self, host: str, seconds: float) -> None:
        """Set the minimum interval in seconds between two requests to a host (Crawl-delay)."""
        with self._changed:
            self._intervals[host] = max(self._interval, min(seconds, self._settings.max_backoff))

    def stop(self) -> None:
        """Make all current and later `slot` calls raise `FetchError`."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def skipped_hosts(self) -> list[str]:
        """Return a note for each host with skipped requests."""
        with self._changed:
            return [
                f"{host}: {state.skipped:,} URLs were not fetched, because the host "
                f"{state.gave_up or state.long_backoff}; run the same command again to retry"
                for host, state in self._hosts.items()
                if state.skipped
            ]

    def _wait(self, host: str) -> _Host:
        """Wait until the next request to `host` is allowed. The caller holds the lock."""
        if len(self._hosts) > self._sweep_size:
            self._forget_idle_hosts()
            # Doubling keeps the work linear if no host can be deleted.
            self._sweep_size = max(_SWEEP_SIZE, 2 * len(self._hosts))
        state = self._hosts.setdefault(host, _Host())
        while True:
            now = self._clock()
            if self._stopped:
                raise FetchError("unreachable", "the HTTP client was stopped")
            if state.gave_up:
                state.skipped += 1
                raise FetchError("gave_up", f"{host}: the host {state.gave_up}")
            backoff = state.backoff_until - now
            if backoff > self._settings.max_backoff:
                state.long_backoff = f"requested a back-off of {backoff:,.0f} s"
                state.skipped += 1
                raise FetchError("rate_limited", f"{host}: the host {state.long_backoff}")
            due = max(state.next_request, state.backoff_until)
            free = state.active < self._settings.max_per_host
            if free and due <= now:
                return state
            self._changed.wait(due - now if free else None)

    def _give_up_if_hopeless(self, state: _Host) -> None:
        if state.gave_up:
            return
        failures, seconds = self._settings.max_host_failures, self._settings.max_host_seconds
        if failures and state.failures >= failures:
            state.gave_up = f"failed {state.failures:,} consecutive times"
        elif seconds and state.waited > seconds:
            state.gave_up = f"requested {state.waited:,.0f} s of waiting in total"
        elif seconds and state.wasted > seconds:
            state.gave_up = f"took {state.wasted:,.0f} s for failed requests"

    def _forget_idle_hosts(self) -> None:
        now = self._clock()
        for host, state in list(self._hosts.items()):
            idle = not state.active and max(state.next_request, state.backoff_until) <= now
            if idle and not (state.skipped or state.gave_up or state.failures or state.waited):
                del self._hosts[host]
                self._intervals.pop(host, None)
