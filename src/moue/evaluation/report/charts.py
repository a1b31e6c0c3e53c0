"""The geometry of the charts in a report. Coordinates are SVG user units; y points down."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from moue.evaluation.metrics import Interval
from moue.evaluation.report.formatting import decimal, percent, short
from moue.evaluation.slices import round_step
from moue.training.run_log import Epoch

_TOP, _BOTTOM = 34, 234
_NAME_GAP = 15
"""Minimum distance between the names of two lines, in SVG user units."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis that maps values in [low, high] to coordinates from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the coordinate of a value; a value outside [low, high] is clipped.

        If `low` equals `high`, the result is the middle of the axis.
        """
        if self.high == self.low:
            return (self.start + self.end) / 2
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return approximately `about` round values between `low` and `high`, for axis ticks."""
    if high <= low:
        return [low]
    step = round_step((high - low) / about)
    # 1e-9: a rounding error of the division must not drop a tick at an end of the axis.
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Rounded, since 3 * 0.1 is 0.30000000000000004.
    return [round(index * step, 10) for index in range(first, last + 1)]


def scale_start(intervals: Iterable[Interval | None]) -> float:
    """Return the start of a scale that ends at 1 and includes all intervals: a multiple of 0.1."""
    lows = [interval[0] for interval in intervals if interval is not None]
    # At most 0.9, so that the scale has a length even if all intervals are at 1.
    return min(0.9, math.floor(10 * min(lows, default=0.0)) / 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a training chart.

    Attributes:
        split: `train` or `val`, the name of the line.
        segments: lists of pairs (epoch, value); the line is interrupted where a value is not
            finite.
        name_y: y coordinate of the name, beside the end of the line.
    """

    split: str
    segments: list[list[tuple[int, float]]]
    name_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingChart:
    """A chart of the loss or the accuracy by epoch.

    Attributes:
        title: title of the chart.
        y: y axis.
        tick, exact: functions that format a value at the axis and in a text.
        lines: lines for training and validation.
        kept: validation value of the best epoch; None if it is missing or not finite.
        highest: highest value if it exceeds the axis; None otherwise.
    """

    title: str
    y: Axis
    tick: Callable[[float], str]
    exact: Callable[[float], str]
    lines: list[Line]
    kept: float | None
    highest: float | None = None


def training_charts(epochs: Sequence[Epoch], best: int | None) -> list[TrainingChart]:
    """Return the charts of the loss and the accuracy of a training.

    Args:
        epochs: finished epochs.
        best: number of the best epoch; None if unknown.
    """
    numbers = [epoch.number for epoch in epochs]
    losses = [e.train_loss for e in epochs], [e.val_loss for e in epochs]
    rates = [e.train_accuracy for e in epochs], [e.val_accuracy for e in epochs]
    top, highest = _loss_range(_finite([*losses[0], *losses[1]]))
    loss = Axis(0, top, _BOTTOM, _TOP)
    low = scale_start((rate, rate) for rate in _finite([*rates[0], *rates[1]]))
    accuracy = Axis(low, 1, _BOTTOM, _TOP)
    kept = [dict(zip(numbers, val, strict=True)).get(best or 0) for _, val in (losses, rates)]
    return [
        TrainingChart(
            title="Loss", y=loss, tick=short, exact=decimal, lines=_lines(numbers, losses, loss),
            kept=_finite_or_none(kept[0]), highest=highest,
        ),
        TrainingChart(
            title="Accuracy", y=accuracy, tick=lambda value: percent(value, 0), exact=percent,
            lines=_lines(numbers, rates, accuracy), kept=_finite_or_none(kept[1]),
        ),
    ]  # fmt: skip


def _lines(numbers: Sequence[int], values: tuple[list[float], list[float]], y: Axis) -> list[Line]:
    ends = [y.at(known[-1]) + 4 if (known := _finite(row)) else _BOTTOM for row in values]
    overlap = _NAME_GAP - abs(ends[1] - ends[0])
    if overlap > 0:
        # y points down: the smaller coordinate is the upper name, which moves further up.
        upper = ends.index(min(ends))
        ends[upper] -= overlap / 2
        ends[1 - upper] += overlap / 2
    return [
        Line(split=split, segments=_segments(numbers, row), name_y=end)
        for split, row, end in zip(("train", "val"), values, ends, strict=True)
        if _finite(row)
    ]


def _segments(numbers: Sequence[int], values: Sequence[float]) -> list[list[tuple[int, float]]]:
    segments: list[list[tuple[int, float]]] = [[]]
    for number, value in zip(numbers, values, strict=True):
        if math.isfinite(value):
            segments[-1].append((number, value))
        else:
            segments.append([])
    return [segment for segment in segments if segment]


def _loss_range(losses: Sequence[float]) -> tuple[float, float | None]:
    """Return the maximum of the loss axis, and the highest loss if it exceeds this maximum."""
    if not losses:
        return 1.0, None
    highest = max(losses)
    # A single huge loss must not flatten the rest of the curve.
    usual = sorted(losses)[int(0.9 * (len(losses) - 1))]
    # 1e-3: an axis needs a length even if all losses are 0.
    top = max(highest if highest <= 2.5 * usual else 1.2 * usual, 1e-3)
    return top, highest if highest > top else None


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _finite_or_none(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
