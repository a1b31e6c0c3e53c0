"""Calibration: whether accuracy matches probability."""

from __future__ import annotations

import math

from moue.evaluation.evaluate import Evaluation
from moue.evaluation.metrics import wilson
from moue.evaluation.report.axes import Axis, chart, rows, stroke, words
from moue.evaluation.report.components import section, sentence
from moue.evaluation.report.formatting import count, decimal, percent
from moue.evaluation.report.markup import Html, tag
from moue.evaluation.report.report_data import ReportData
from moue.model.calibration import CalibrationBin

_WIDTH, _HEIGHT = 560, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 540, 12, 302
_FOOT, _TALLEST = 400, 62


def reliability(data: ReportData) -> Html:
    """Return the reliability diagram beside its numbers."""
    found = data.evaluation
    lead = (
        "Where a model says 80 % it should be right four times in five: its dots should lie on "
        "the diagonal. Below it, it is too sure of itself."
    )
    pair = tag("div", tag("figure", _diagram(found)), _numbers(found), class_="pair")
    return section("calibration", "Calibration: are its probabilities right?", lead, pair)


def _numbers(found: Evaluation) -> Html:
    lines = [
        ("calibration error (ECE)", decimal(found.calibration_error)),
        ("before temperature scaling", decimal(found.calibration_error_before)),
        ("temperature", decimal(found.temperature, 2)),
    ]
    terms = [tag("div", tag("dt", term), tag("dd", value)) for term, value in lines]
    effect = "softens" if found.temperature > 1 else "sharpens"
    text = (
        f"The temperature, fitted on the validation set, {effect} the probabilities; the labels "
        "stay the same. "
        if found.temperature != 1
        else "The probabilities are as the network gave them. "
    )
    how = "Bars are 95 % intervals; a dot with few answers says little."
    return tag("div", tag("dl", *terms, class_="facts"), sentence(text, how), class_="aside")


def _diagram(found: Evaluation) -> Html:
    x, y = Axis(0, 1, _LEFT, _RIGHT), Axis(0, 1, _BOTTOM, _TOP)
    marks = (0, 0.25, 0.5, 0.75, 1)
    pieces = rows(y, _LEFT, _RIGHT, [(value, percent(value, 0)) for value in marks])
    pieces.append(stroke(x.at(0), y.at(0), x.at(1), y.at(1), "diagonal"))
    pieces.append(words("how often it is right", _LEFT + 6, _TOP + 15, "tick"))
    pieces += [
        words(percent(value, 0), x.at(value), _FOOT + 20, "tick", "middle") for value in marks
    ]
    pieces.append(words("how sure it is; answers at each level", _LEFT + 6, _BOTTOM + 22, "tick"))
    most = max((one.count for one in found.calibration), default=0)
    for one in found.calibration:
        pieces += [*_dot(one, x, y), *_column(one, x, most)]
    pieces.append(stroke(_LEFT, _FOOT, _RIGHT, _FOOT, "grid"))
    label = (
        f"Reliability diagram of {count(found.accuracy.count, 'answer')}, calibration error "
        f"{decimal(found.calibration_error)}"
    )
    return chart(_WIDTH, _HEIGHT, label, *pieces, kind="chart wide")


def _dot(one: CalibrationBin, x: Axis, y: Axis) -> list[Html]:
    interval = wilson(round((one.accuracy or 0.0) * one.count), one.count)
    if one.confidence is None or one.accuracy is None or interval is None:
        return []
    place = x.at(one.confidence)
    return [
        stroke(place, y.at(interval[0]), place, y.at(interval[1]), "whisker"),
        tag("circle", cx=place, cy=y.at(one.accuracy), r=5, class_="val dot"),
    ]


def _column(one: CalibrationBin, x: Axis, most: int) -> list[Html]:
    """Return how many answers there are, as a column with its number."""
    if not one.count:
        return []
    left, right = x.at(one.low) + 1, x.at(one.high) - 1
    # A root, so that one answer among a thousand can still be seen.
    height = max(2.0, _TALLEST * math.sqrt(one.count / most) * 0.8)
    return [
        tag("rect", x=left, y=_FOOT - height, width=right - left, height=height, class_="column"),
        words(str(one.count), (left + right) / 2, _FOOT - height - 5, "tick small", "middle"),
    ]
