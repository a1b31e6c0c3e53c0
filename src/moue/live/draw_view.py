"""Drawing of tracked faces on a frame, and of the tutorial's cascade beside it."""

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
"""Draws a view; the second value is how many seconds it took to know what is in it."""

CASCADE = "#d0473f"
GAP = 4


def draw_view(view: View, seconds: float) -> Image:
    """Return a copy of the frame with every person's mouth, number, label and probability."""
    # Those who came last are drawn first, so that numbers that are known stay on top.
    return draw_boxes(view.image, [_mark(person) for person in reversed(view.faces)])


def side_by_side(look: Callable[[Image], CascadeResult]) -> Painter:
    """Return a painter that shows the cascade's boxes left, ours right, and both frame rates."""
    theirs, ours = Rate(), Rate()

    def paint(view: View, seconds: float) -> Image:
        seen = look(view.image)
        boxes, faces = len(seen.boxes), len(view.faces)
        left = draw_boxes(view.image, [Mark(box, "", CASCADE) for box in seen.boxes])
        right = draw_view(view, seconds)
        return _side_by_side(
            (
                left,
                "Haar cascade",
                theirs.of(seen.seconds),
                _count(boxes, "box", "boxes"),
            ),
            (right, "moue", ours.of(seconds), _count(faces, "face", "faces")),
        )

    return paint


class Rate:
    """Frames per second that a work would keep up: the mean over its last frames."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=50)
        self._warm = False

    def of(self, seconds: float) -> float | None:
        """Take in how long one frame took; return the rate, None while nothing was done.

        The first frame does not count: models are loaded in it.
        """
        if seconds > 0 and self._warm:
            self._seconds.append(seconds)
        self._warm |= seconds > 0
        return len(self._seconds) / sum(self._seconds) if self._seconds else None


def _mark(person: TrackedFace) -> Mark:
    shown = person.smoothed
    colour = UNSURE if shown.label is None else colours(shown.probabilities)[shown.label]
    return Mark(shown.face.mouth_box, f"#{person.number} {shown.describe()}", colour)


def _side_by_side(*panels: tuple[Image, str, float | None, str]) -> Image:
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
