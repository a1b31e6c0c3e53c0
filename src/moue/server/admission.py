"""Decide whether a picture may wait for a worker process, by the expected waiting time.

A short burst may fill the queue up to the longest waiting time. During a sustained overload, the
queue would stay full, and every client would wait that long for nothing. So when the queue has not
been empty for a while, only a short waiting time is allowed, and other requests are refused early.
A few pictures may always wait: on a slow machine, a few clients that send one picture after the
other are not an overload.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from moue.server.refusals import Busy

_SHARE = 0.1
"""Weight of the newest duration in the mean duration, and part of the longest waiting time that is
allowed during a sustained overload."""
_FEW = 8
"""Number of pictures for each worker process that may wait during a sustained overload."""
_FIRST_MEAN = 0.05
_LONGEST_RETRY = 60


class Admission:
    """Limits the expected waiting time of pictures."""

    def __init__(self, max_wait: float, clock: Callable[[], float] = time.perf_counter) -> None:
        """Create the limit.

        Args:
            max_wait: longest expected waiting time of a picture in a burst, in seconds.
            clock: function that returns the time, in seconds.
        """
        self._max_wait, self._clock = max_wait, clock
        self._mean = _FIRST_MEAN
        self._empty_at = clock()

    def predicted(self, seconds: float) -> None:
        """Record the duration of a prediction, in seconds."""
        self._mean += _SHARE * (seconds - self._mean)

    def empty(self) -> None:
        """Record that the queue is empty now."""
        self._empty_at = self._clock()

    def check(self, waiting: int, workers: int) -> None:
        """Raise Busy if a new picture would wait too long.

        Args:
            waiting: number of pictures in the queue.
            workers: number of worker processes that are ready.
        """
        if not waiting:
            return
        workers = max(1, workers)
        expected = waiting * self._mean / workers
        lasts = self._clock() - self._empty_at > self._max_wait
        overload = lasts and waiting >= _FEW * workers
        if expected > (_SHARE if overload else 1) * self._max_wait:
            raise Busy(min(_LONGEST_RETRY, max(1, math.ceil(expected))))
