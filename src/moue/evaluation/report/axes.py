"""Scales, axes and text of the drawn charts. Coordinates are SVG user units, y down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from moue.evaluation.report.markup import Html, tag


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to places along one side of a chart."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value is drawn; in the middle where the axis holds one value only."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round values from `low` to `high`, nearly `about` of them."""
    if high <= low:
        return [low]
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def words(
    text: str, x: float, y: float, kind: str | None = None, anchor: str | None = None
) -> Html:
    """Return a text; `anchor` is `start`, `middle` or `end`."""
    return tag("text", text, x=x, y=y, class_=kind, text_anchor=anchor)


def stroke(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    """Return a straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def rows(y: Axis, left: float, right: float, labels: Sequence[tuple[float, str]]) -> list[Html]:
    """Return a hairline across the chart for each tick, named at its left."""
    pieces = []
    for value, text in labels:
        pieces.append(stroke(left, y.at(value), right, y.at(value), "grid"))
        pieces.append(words(text, left - 8, y.at(value) + 4, "tick", "end"))
    return pieces


def chart(width: float, height: float, label: str, *content: str, kind: str = "chart") -> Html:
    """Return a drawing that fills its place and tells those who cannot see it what it shows."""
    box = f"0 0 {width:g} {height:g}"
    return tag("svg", *content, class_=kind, viewBox=box, role="img", aria_label=label)
