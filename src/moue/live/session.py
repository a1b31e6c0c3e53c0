"""The loop of `moue live`: predict each frame, and complete the outputs on errors and Ctrl-C."""

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


def run_session(
    frames: Iterable[Frame],
    watcher: Watcher,
    outputs: Iterable[Output],
    measure: Callable[[View, float], None],
    until: float | None = None,
) -> list[Exception]:
    """Predict the labels of each frame and pass the view to all outputs.

    Args:
        frames: frames of the source.
        watcher: tracker and classifier.
        outputs: functions called with each view.
        measure: function called before the outputs, with the view and the duration of the
            prediction in seconds.
        until: time in the video at which to end, in seconds; None for the whole video.

    Returns:
        A list with the error that ended the video early, such as an unplugged camera; empty
        without an error. The error is not raised, so that the caller can complete the outputs
        first.
    """
    outputs = list(outputs)
    try:
        for frame in frames:
            if until is not None and frame.time > until:
                break
            start = time.perf_counter()
            view = watcher.process(frame)
            measure(view, time.perf_counter() - start)
            for output in outputs:
                output(view)
    except (MoueError, OSError) as error:
        return [error]
    return []


@contextmanager
def interrupted(stop: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Call `stop` on Ctrl-C and SIGTERM; a second signal raises KeyboardInterrupt.

    Yields:
        A function that returns True after a signal.
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
