"""Draw tracked faces on a frame, optionally beside the detections of the tutorial's cascade."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
import PIL.Image
from PIL import ImageDraw

from moue.live.cascade import CascadeResult
from moue.live.watch import TrackedFace, View
from moue.media.draw import UNSURE, Mark, colours, draw_boxes, font
from moue.workspace.types import Image

Painter = Callable[[View, float], Image]
"""Function that draws a view; the second argument is the duration of the prediction in seconds."""

CASCADE = "#d0473f"
GAP = 4


def draw_view(view: View, seconds: float) -> Image:
    """Return a copy of the frame with the mouth box, number, label and probability of each face.

    Args:
        view: frame and its faces.
        seconds: not used; part of the type `Painter`.
    """
    # New faces are drawn first, so that the older ones stay on top.
    return draw_boxes(view.image, [_mark(face) for face in reversed(view.faces)])


def side_by_side(search: Callable[[Image], CascadeResult]) -> Painter:
    """Return a painter that draws the results of the cascade and of moue side by side.

    Args:
        search: cascade, a function that returns the detections of a frame.
    """
    cascade_rate, moue_rate = Rate(), Rate()

    def paint(view: View, seconds: float) -> Image:
        found = search(view.image)
        left = draw_boxes(view.image, [Mark(box, "", CASCADE) for box in found.boxes])
        boxes = _count(len(found.boxes), "box", "boxes")
        faces = _count(len(view.faces), "face", "faces")
        return _panels(
            (left, "Haar cascade", cascade_rate.update(found.seconds), boxes),
            (draw_view(view, seconds), "moue", moue_rate.update(seconds), faces),
        )

    return paint


class Rate:
    """The mean frame rate over the last 50 frames."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=50)
        self._warm = False

    def update(self, seconds: float) -> float | None:
        """Add the duration of one frame; return the frame rate, or None before the second frame.

        The first frame is not counted, since its duration includes the loading of the models.
        """
        if seconds > 0 and self._warm:
            self._seconds.append(seconds)
        self._warm |= seconds > 0
        return len(self._seconds) / sum(self._seconds) if self._seconds else None


def _mark(face: TrackedFace) -> Mark:
    shown = face.smoothed
    colour = UNSURE if shown.label is None else colours(shown.probabilities)[shown.label]
    return Mark(shown.face.mouth_box, f"#{face.number} {shown.describe()}", colour)


def _panels(*panels: tuple[Image, str, float | None, str]) -> Image:
    height, width = panels[0][0].shape[:2]
    size = max(13, round(min(width / 24, height / 14)))
    head = 2 * size
    canvas = PIL.Image.new("RGB", (len(panels) * (width + GAP) - GAP, height + head), "#1d2024")
    draw = ImageDraw.Draw(canvas)
    for number, (image, name, rate, words) in enumerate(panels):
        left = number * (width + GAP)
        canvas.paste(PIL.Image.fromarray(image), (left, head))
        draw.text((left + size // 2, head // 2), name, fill="white", font=font(size), anchor="lm")
        speed = "" if rate is None else f"{rate:,.0f} frames/s"
        draw.text((left + width - size // 2, head // 2), f"{words}, {speed}".rstrip(", "),
                  fill="#c9ced6", font=font(size), anchor="rm")  # fmt: skip
    return np.asarray(canvas)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
