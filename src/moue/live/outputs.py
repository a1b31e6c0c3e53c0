"""The outputs of `moue live`: events, a timeline, a video, a window.

Each output is a context manager. It yields a function that is called with every view, and completes
its file on exit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from moue.errors import MoueError
from moue.files import write_bytes
from moue.live.browser_window import open_page
from moue.live.capture import Capture
from moue.live.events import Event, Events, EventSettings
from moue.live.timeline import Timeline
from moue.live.timeline_chart import chart
from moue.live.tk_window import NoWindow, open_window
from moue.live.watch import View
from moue.media.image import encode_jpeg, encode_png, scale_to_fit
from moue.media.video import write_video
from moue.workspace.types import Image

Output = Callable[[View], None]
MAX_FRAME_SECONDS = 1.0
"""Maximum duration of a frame in the timeline, in seconds; in a longer gap, no label is counted."""
PAGE_TIMEOUT = 20.0
"""Maximum time that a video file waits for the page to be opened in the browser, in seconds."""


@contextmanager
def isolate_errors(
    output: AbstractContextManager[Output], errors: list[Exception]
) -> Iterator[Output]:
    """Append an error on exit of an output to `errors`; so the other outputs are completed."""
    with ExitStack() as stack:
        yield stack.enter_context(output)
        try:
            stack.close()
        except (MoueError, OSError) as error:
            errors.append(error)


@contextmanager
def event_output(report: Callable[[Event], None], settings: EventSettings) -> Iterator[Output]:
    """Report each event once, after its end. On exit, the events in progress are reported.

    Args:
        report: function called with each event.
        settings: settings of event detection.
    """
    events, last, tracks = Events(settings), 0.0, set[int]()

    def output(view: View) -> None:
        nonlocal last
        last = view.time
        for number, seen in view.lost:
            tracks.discard(number)
            for event in events.end([number], seen):
                report(event)
        for face in view.faces:
            tracks.add(face.number)
            for event in events.update(face.number, face.smoothed.label, view.time):
                report(event)

    yield output
    for event in events.end(sorted(tracks), last):
        report(event)


@contextmanager
def timeline_output(path: Path, labels: tuple[str, ...], title: str) -> Iterator[Output]:
    """Write the timeline of a video as a PNG or JPEG picture on exit.

    Args:
        path: path of the picture; the suffix sets the format.
        labels: labels of the model.
        title: title of the picture.
    """
    timeline, last = Timeline(labels), None

    def output(view: View) -> None:
        nonlocal last
        seconds = 0.0 if last is None else min(view.time - last, MAX_FRAME_SECONDS)
        last = view.time
        timeline.extend(view.time)
        for face in view.faces:
            timeline.add(face.number, face.smoothed.label, view.time, seconds,
                         face.smoothed.face, view.image)  # fmt: skip

    yield output
    encode = encode_jpeg if path.suffix.lower() in (".jpg", ".jpeg") else encode_png
    write_bytes(path, encode(chart(timeline, title)))


@contextmanager
def video_output(path: Path, paint: Callable[[View], Image]) -> Iterator[Output]:
    """Write an annotated video. All frames are scaled to the size of the first frame.

    Args:
        path: path of the video.
        paint: function that draws a view.
    """
    with write_video(path) as add:
        size: tuple[int, ...] | None = None

        def output(view: View) -> None:
            nonlocal size
            image = paint(view)
            size = size or image.shape[:2]
            add(_letterbox(image, size), view.time)

        yield output


@contextmanager
def window_output(
    title: str,
    paint: Callable[[View], Image],
    capture: Capture,
    waits: bool,
    say: Callable[[str], None],
) -> Iterator[Output]:
    """Show each view in a window, or in the browser if no window can be opened.

    Args:
        title: title of the window.
        paint: function that draws a view.
        capture: capture of the source, stopped when the user ends the video.
        waits: True to wait for the page to be opened in the browser, which a camera cannot do.
        say: function called with messages, such as the address of the page.
    """
    with ExitStack() as stack:
        try:
            show = stack.enter_context(open_window(title))
        except NoWindow as reason:
            wait = PAGE_TIMEOUT if waits else 0.0
            show = stack.enter_context(open_page(say, str(reason), wait, lambda: capture.stopped))

        def output(view: View) -> None:
            if not show(paint(view)):
                capture.stop()

        yield output


def memoize_last(paint: Callable[[View], Any]) -> Callable[[View], Any]:
    """Return a painter with a cache for the last view, so that several outputs can share it."""
    last: tuple[View | None, Any] = (None, None)

    def painted(view: View) -> Any:
        nonlocal last
        if last[0] is not view:
            last = view, paint(view)
        return last[1]

    return painted


def _letterbox(image: Image, size: tuple[int, ...]) -> Image:
    """Scale an image to fit into a black image of the size (height, width)."""
    small = scale_to_fit(image, size[1], size[0])
    height, width = small.shape[:2]
    canvas = np.zeros((*size, 3), np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas[top : top + height, left : left + width] = small
    return canvas
