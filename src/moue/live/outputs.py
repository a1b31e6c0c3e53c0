"""Where views go. Each output is a context that is finished when it closes, and a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from moue.errors import MoueError
from moue.files import write_bytes
from moue.live.browser_window import page
from moue.live.capture import Capture
from moue.live.events import Event, EventRules, Events
from moue.live.timeline import Timeline
from moue.live.timeline_chart import chart
from moue.live.tk_window import NoWindow, window
from moue.live.watch import View
from moue.media.image import encode_jpeg, encode_png
from moue.media.video import write_video
from moue.workspace.types import Image

Output = Callable[[View], None]
LONGEST = 1.0
"""Seconds that one frame may stand for: after a gap nobody knows what was shown."""

FOR_VIEWER = 20.0
"""Seconds that a file waits for somebody to open the page that shows it."""


@contextmanager
def isolate_errors(
    output: AbstractContextManager[Output], errors: list[Exception]
) -> Iterator[Output]:
    """Let an output that cannot be finished not spoil the others; `errors` takes what it raised."""
    with ExitStack() as stack:
        yield stack.enter_context(output)
        try:
            stack.close()
        except (MoueError, OSError) as error:
            errors.append(error)


@contextmanager
def event_output(tell: Callable[[Event], None], rules: EventRules) -> Iterator[Output]:
    """Tell every expression once, when it is over; at the end, those that last."""
    events, last, people = Events(rules), 0.0, set[int]()

    def output(view: View) -> None:
        nonlocal last
        last = view.time
        for number, seen in view.lost:
            people.discard(number)
            for event in events.end([number], seen):
                tell(event)
        for person in view.faces:
            people.add(person.number)
            for event in events.update(person.number, person.smoothed.label, view.time):
                tell(event)

    yield output
    for event in events.end(sorted(people), last):
        tell(event)


@contextmanager
def timeline_output(path: Path, labels: tuple[str, ...], title: str) -> Iterator[Output]:
    """Write the timeline picture when all has been seen."""
    timeline, last = Timeline(labels), None

    def output(view: View) -> None:
        nonlocal last
        seconds = 0.0 if last is None else min(view.time - last, LONGEST)
        last = view.time
        timeline.reach(view.time)
        for person in view.faces:
            timeline.add(person.number, person.smoothed.label, view.time, seconds,
                         person.smoothed.face, view.image)  # fmt: skip

    yield output
    encode = encode_jpeg if path.suffix.lower() in (".jpg", ".jpeg") else encode_png
    write_bytes(path, encode(chart(timeline, title)))


@contextmanager
def video_output(path: Path, paint: Callable[[View], Image]) -> Iterator[Output]:
    """Write an annotated video. Frames of another size than the first are fitted to it."""
    with write_video(path) as add:
        size: tuple[int, ...] | None = None

        def output(view: View) -> None:
            nonlocal size
            image = paint(view)
            size = size or image.shape[:2]
            add(_fitted(image, size), view.time)

        yield output


@contextmanager
def window_output(
    title: str,
    paint: Callable[[View], Image],
    capture: Capture,
    waits: bool,
    say: Callable[[str], None],
) -> Iterator[Output]:
    """Show each view in a window, or in the browser where none can be opened.

    Args:
        capture: is stopped when a person has seen enough.
        waits: the source can wait until the page is opened in the browser.
        say: is told the address of the page.
    """
    with ExitStack() as stack:
        try:
            show = stack.enter_context(window(title))
        except NoWindow as none:
            wait = FOR_VIEWER if waits else 0.0
            show = stack.enter_context(page(say, str(none), wait, lambda: capture.stopped))

        def output(view: View) -> None:
            if not show(paint(view)):
                capture.stop()

        yield output


def memoize_last(paint: Callable[[View], Any]) -> Callable[[View], Any]:
    """Return a painter that paints each view once, for all who want it."""
    last: tuple[View | None, Any] = (None, None)

    def painted(view: View) -> Any:
        nonlocal last
        if last[0] is not view:
            last = view, paint(view)
        return last[1]

    return painted


def _fitted(image: Image, size: tuple[int, ...]) -> Image:
    """Return the picture inside a black one of (height, width)."""
    if image.shape[:2] == size:
        return image
    scale = min(size[0] / image.shape[0], size[1] / image.shape[1])
    height, width = (max(1, round(n * scale)) for n in image.shape[:2])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((*size, 3), np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas[top : top + height, left : left + width] = small
    return canvas
