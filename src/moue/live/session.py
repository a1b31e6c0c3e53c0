"""The loop: frames in, views out, and a clean end whatever ends it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from moue.errors import MoueError
from moue.live.outputs import Output
from moue.live.watch import View, Watcher
from moue.media.video import Frame

SessionResult = Callable[[View, float], None]


def run_session(
    frames: Iterable[Frame], watcher: Watcher, outputs: Iterable[Output], looked: SessionResult,
    until: float | None = None,
) -> list[Exception]:  # fmt: skip
    """Look at all frames and hand each view to all outputs.

    Args:
        looked: is told each view, and the seconds that it took, before the outputs.
        until: seconds of the video after which to end.

    Returns:
        What ended it too early, such as a camera that was unplugged; empty when nothing did. What
        has been seen until then is worth keeping, so the outputs are to be finished first.
    """
    outputs = list(outputs)
    try:
        for frame in frames:
            if until is not None and frame.time > until:
                break
            start = time.perf_counter()
            view = watcher.process(frame)
            looked(view, time.perf_counter() - start)
            for output in outputs:
                output(view)
    except (MoueError, OSError) as error:
        return [error]
    return []


@contextmanager
def interrupted(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and a polite kill end the loop after the frame in hand; a second one at once.

    Yields:
        Whether that has happened.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    happened = False

    def handle(number: int, where: FrameType | None) -> None:
        nonlocal happened
        if happened:
            raise KeyboardInterrupt
        happened = True
        stop()

    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda: happened
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
