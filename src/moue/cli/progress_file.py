"""Append the progress of a command to a file, for the program that started the command.

If the environment variable MOUE_PROGRESS_FILE names a file, each command appends lines of JSON to
it, in addition to its usual output. Each line has the keys `event` and `at`, the time in UTC:

| event | further keys |
|---|---|
| progress | task, done, total, unit, rate, seconds_left, text |
| say | text: one line for the user |
| summary | summary: results of a stage, as `--json` prints them |
| end | code: exit code; message: error message, or empty |
| others | data that a stage reports with `Progress.report` |
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from moue.text import to_json

VARIABLE = "MOUE_PROGRESS_FILE"
_INTERVAL = 0.2
"""Minimum time between two lines of one task, in seconds."""
_RECENT = 30.0
"""Duration over which the rate is averaged, in seconds."""


def record(event: str, **values: Any) -> None:
    """Append one line to the progress file; do nothing if there is none."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    now = datetime.now(UTC).isoformat(timespec="seconds")
    line = (to_json({"event": event, "at": now, **values}) + "\n").encode()
    with suppress(OSError):  # the command itself must not fail because of its display
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)


def accept_interrupts() -> None:
    """Make a command with a progress file end at SIGINT, even if it was started to ignore it.

    A shell that runs a program in the background makes it, and all programs that it starts,
    ignore SIGINT.
    """
    if os.environ.get(VARIABLE) and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class RecordedTask:
    """The progress of one task, written at most every fifth of a second."""

    def __init__(self, task: str, total: int | None, unit: str) -> None:
        self._values = {"task": task, "total": total, "unit": unit}
        self._done, self._text = 0, ""
        self._points = deque([(time.monotonic(), 0)])
        self._record()

    def advance(self, text: str) -> None:
        """Count one item."""
        self._done, self._text = self._done + 1, text
        if time.monotonic() - self._points[-1][0] >= _INTERVAL:
            self._record()

    def end(self) -> None:
        """Write the final number of items."""
        self._record()

    def _record(self) -> None:
        now = time.monotonic()
        self._points.append((now, self._done))
        while len(self._points) > 2 and now - self._points[1][0] > _RECENT:
            self._points.popleft()
        began, before = self._points[0]
        rate = (self._done - before) / (now - began) if now > began else 0.0
        total = self._values["total"]
        left = None if total is None or not rate else max(0, int(total) - self._done) / rate
        record(
            "progress", **self._values, done=self._done, rate=round(rate, 4),
            seconds_left=None if left is None else round(left, 1), text=self._text,
        )  # fmt: skip
