"""Robustness: accuracy by corruption and severity, one small chart for each corruption."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from moue.evaluation.report.axes import Axis, chart, rows, stroke, words
from moue.evaluation.report.components import floor_of, scale, section, spread, table
from moue.evaluation.report.formatting import count, percent
from moue.evaluation.report.markup import Html, number, tag
from moue.evaluation.report.report_data import ReportData
from moue.evaluation.robustness import Curve, Point
from moue.media.image import encode_jpeg, resize_to_fit
from moue.workspace.types import Image

_WIDTH, _HEIGHT = 304, 226
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 288, 12, 150
_TICKS, _PICTURES, _SIDE = 170, 182, 34


def robustness(data: ReportData) -> Html:
    """Return a chart for each corruption, all on the same scale."""
    lowest = floor_of(p.accuracy.interval for curve in data.robustness for p in curve.points)
    y = Axis(max(start for start in (0.0, 0.5, 0.8) if start <= lowest), 1, _BOTTOM, _TOP)
    pictures = data.corrupted or [() for _ in data.robustness]
    charts = [
        tag("figure", _caption(curve), _draw(curve, y, mouths))
        for curve, mouths in zip(data.robustness, pictures, strict=True)
    ]
    lead = (
        f"The same {count(data.evaluation.accuracy.count, 'mouth')}, made worse step by step. The "
        "ring and the dotted line are the picture as it is, the band is the 95 % interval, the "
        "number the lowest accuracy."
    )
    grid = tag("div", *charts, _means(data), class_="multiples")
    return section("robustness", "Robustness", lead, grid)


def _means(data: ReportData) -> Html:
    """Return all corruptions in a row, the worst first."""
    means = [(c.mean_accuracy, c.name) for c in data.robustness if c.mean_accuracy is not None]
    floor = floor_of((mean, mean) for mean, _ in means)
    overall = data.evaluation.accuracy.value
    lines = [
        [name, spread(mean, None, overall, floor), percent(mean)] for mean, name in sorted(means)
    ]
    grid = table(("mean of all severities", scale(floor), "accuracy"), lines, "means")
    return tag("div", grid, class_="summary")


def _caption(curve: Curve) -> Html:
    title = curve.name[:1].upper() + curve.name[1:]
    return tag("figcaption", title, tag("small", f" {curve.unit}"))


def _draw(curve: Curve, y: Axis, mouths: Sequence[Image]) -> Html:
    x = Axis(0, len(curve.points) - 1, _LEFT + _SIDE / 2, _RIGHT - _SIDE / 2)
    marks = (y.low, (y.low + 1) / 2, 1)
    pieces = rows(y, _LEFT, _RIGHT, [(value, percent(value, 0)) for value in marks])
    whole = curve.points[curve.neutral].accuracy.value
    if whole is not None:
        pieces.append(stroke(_LEFT, y.at(whole), _RIGHT, y.at(whole), "diagonal"))
    known = [
        (x.at(index), value, interval, index == curve.neutral)
        for index, point in enumerate(curve.points)
        if (value := point.accuracy.value) is not None
        and (interval := point.accuracy.interval) is not None
    ]
    border = [(at, interval[1]) for at, _, interval, _ in known]
    border += [(at, interval[0]) for at, _, interval, _ in reversed(known)]
    around = " ".join(f"{number(at)},{number(y.at(value))}" for at, value in border)
    pieces.append(tag("polygon", points=around, class_="band"))
    line = "L".join(f"{number(at)} {number(y.at(value))}" for at, value, _, _ in known)
    pieces.append(tag("path", d=f"M{line}", class_="val"))
    for at, value, _, neutral in known:
        kind = "ring" if neutral else "val dot"
        pieces.append(tag("circle", cx=at, cy=y.at(value), r=4.5, class_=kind))
    if known:
        pieces += _lowest(min(known, key=lambda one: one[1]), y)
    for index, point in enumerate(curve.points):
        pieces.append(words(_strength(point), x.at(index), _TICKS, "tick small", "middle"))
    pieces += [_picture(mouth, x.at(index)) for index, mouth in enumerate(mouths)]
    return chart(_WIDTH, _HEIGHT if mouths else _PICTURES, _described(curve), *pieces)


def _lowest(one: tuple[float, float, tuple[float, float], bool], y: Axis) -> list[Html]:
    at, value, _, neutral = one
    # Above the dot where the axis is near below it.
    place = y.at(value) + (17 if y.at(value) < _BOTTOM - 22 else -9)
    return [] if neutral else [words(percent(value, 0), at, place, "mark small", "middle")]


def _picture(mouth: Image, at: float) -> Html:
    data = base64.b64encode(encode_jpeg(resize_to_fit(mouth, 2 * _SIDE), 80)).decode("ascii")
    return tag(
        "image", href=f"data:image/jpeg;base64,{data}",
        x=at - _SIDE / 2 + 1, y=_PICTURES, width=_SIDE - 2, height=_SIDE - 2,
    )  # fmt: skip


def _strength(point: Point) -> str:
    return "as is" if point.severity is None else f"{point.severity:g}".replace("-", "\u2212")


def _described(curve: Curve) -> str:
    told = ", ".join(f"{_strength(p)}: {percent(p.accuracy.value)}" for p in curve.points)
    return f"Accuracy by {curve.name} ({curve.unit}): {told}"
