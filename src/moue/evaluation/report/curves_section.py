"""Training curves: loss and accuracy by epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from moue.evaluation.report.axes import Axis, chart, rows, stroke, ticks, words
from moue.evaluation.report.components import section
from moue.evaluation.report.formatting import count, decimal, percent
from moue.evaluation.report.markup import Html, number, tag
from moue.evaluation.report.report_data import ReportData

_WIDTH, _HEIGHT = 470, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 422, 34, 234


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curves:
    """One quantity by epoch. A training that broke may hold values that are not finite.

    Attributes:
        exact: how a value is written; `say`, how a tick is.
    """

    what: str
    train: Sequence[float]
    val: Sequence[float]
    x: Axis
    y: Axis
    say: Callable[[float], str]
    exact: Callable[[float], str]

    def at(self, epoch: float, value: float) -> tuple[float, float]:
        """Return where a value is drawn; at the border where it lies outside."""
        return self.x.at(epoch), self.y.at(min(max(value, self.y.low), self.y.high))


def training(data: ReportData) -> Html:
    """Return both charts."""
    epochs = [epoch.number for epoch in data.epochs]
    x = Axis(epochs[0], epochs[-1], _LEFT, _RIGHT)
    train, val = [e.train_loss for e in data.epochs], [e.val_loss for e in data.epochs]
    losses = _finite([*train, *val])
    top = _top(losses)
    y = Axis(0, top, _BOTTOM, _TOP)
    loss = _Curves(what="Loss", train=train, val=val, x=x, y=y, say=_tidy, exact=decimal)
    train, val = [e.train_accuracy for e in data.epochs], [e.val_accuracy for e in data.epochs]
    low = math.floor(10 * min(_finite([*train, *val]), default=0.0)) / 10
    y = Axis(min(low, 0.9), 1, _BOTTOM, _TOP)
    accuracy = _Curves(
        what="Accuracy", train=train, val=val, x=x, y=y,
        say=lambda value: percent(value, 0), exact=percent,
    )  # fmt: skip
    charts = [_draw(curves, epochs, data.best) for curves in (loss, accuracy)]
    parts = [tag("div", *charts, class_="charts")]
    if max(losses, default=0) > top:
        note = f"Losses above {_tidy(top)} are cut off; the highest was {_tidy(max(losses))}."
        parts.append(tag("p", note, class_="more"))
    lead = (
        f"{count(len(epochs), 'epoch')}, {_time(sum(e.seconds for e in data.epochs))} in the "
        "training pass. Dashed: the training mouths, as augmented; "
        "solid: the validation mouths."
    )
    return section("training", "Training curves", lead, *parts)


def _draw(curves: _Curves, epochs: Sequence[int], best: int | None) -> Html:
    x, y = curves.x, curves.y
    pieces = rows(y, _LEFT, _RIGHT, [(v, curves.say(v)) for v in ticks(y.low, y.high)])
    pieces += [
        words(f"{value:g}", x.at(value), _BOTTOM + 20, "tick", "middle")
        for value in ticks(x.low, x.high, 5)
        if value == int(value)
    ]
    pieces.append(words("epoch", _LEFT - 8, _BOTTOM + 20, "tick", "end"))
    if best is not None and best in epochs:
        pieces += _kept(curves, best, curves.val[epochs.index(best)])
    for kind, values in (("train", curves.train), ("val", curves.val)):
        pieces += _line(curves, epochs, values, kind)
    pieces += _names(curves, x.at(epochs[-1]) + 10)
    drawing = chart(_WIDTH, _HEIGHT, _described(curves), *pieces)
    return tag("figure", tag("figcaption", curves.what), drawing)


def _line(curves: _Curves, epochs: Sequence[int], values: Sequence[float], kind: str) -> list[Html]:
    """Return a line through the values that are finite, broken where one is not."""
    runs: list[list[tuple[float, float]]] = [[]]
    for epoch, value in zip(epochs, values, strict=True):
        if math.isfinite(value):
            runs[-1].append(curves.at(epoch, value))
        else:
            runs.append([])
    return [
        tag("circle", cx=run[0][0], cy=run[0][1], r=4.5, class_=f"{kind} dot")
        if len(run) == 1
        else tag("path", d="M" + "L".join(f"{number(a)} {number(b)}" for a, b in run), class_=kind)
        for run in runs
        if run
    ]


def _kept(curves: _Curves, best: int, value: float) -> list[Html]:
    """Return the mark of the epoch whose weights were kept."""
    at = curves.x.at(best)
    text = f"epoch {best} kept"
    pieces = [stroke(at, _TOP - 8, at, _BOTTOM, "kept")]
    if math.isfinite(value):
        text += f", val {curves.exact(value)}"
        pieces.append(tag("circle", cx=at, cy=curves.at(best, value)[1], r=4.5, class_="val dot"))
    side = "end" if at > (_LEFT + _RIGHT) / 2 else "start"
    return [*pieces, words(text, at, _TOP - 14, "mark", side)]


def _names(curves: _Curves, left: float) -> list[Html]:
    """Return both names beside the ends of their lines, kept apart."""
    ends = sorted(
        (curves.at(0, known[-1])[1], kind)
        for kind, values in (("train", curves.train), ("val", curves.val))
        if (known := _finite(values))
    )
    if len(ends) == 2 and ends[1][0] - ends[0][0] < 15:
        middle = (ends[0][0] + ends[1][0]) / 2
        ends = [(middle - 7.5, ends[0][1]), (middle + 7.5, ends[1][1])]
    return [words(kind, left, place + 4, f"name {kind}") for place, kind in ends]


def _described(curves: _Curves) -> str:
    ends = [
        f"{kind} from {curves.exact(known[0])} to {curves.exact(known[-1])}"
        for kind, values in (("training", curves.train), ("validation", curves.val))
        if (known := _finite(values))
    ]
    return f"{curves.what} over {count(len(curves.val), 'epoch')}: {', '.join(ends)}"


def _finite(values: Sequence[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _top(values: Sequence[float]) -> float:
    """Return the top of the loss axis: all of it, unless a few values dwarf the rest."""
    if not values:
        return 1.0
    usual = sorted(values)[int(0.9 * (len(values) - 1))]
    highest = max(values)
    return max(highest if highest <= 2.5 * usual else 1.2 * usual, 1e-3)


def _tidy(value: float) -> str:
    return f"{value:.3g}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s" if rest else f"{seconds:.2f} s"
