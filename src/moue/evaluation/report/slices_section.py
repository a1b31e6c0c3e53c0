"""Slices: accuracy by attribute of the pictures."""

from __future__ import annotations

from collections.abc import Mapping

from moue.evaluation.report.components import (
    floor_of,
    name,
    scale,
    section,
    sentence,
    spread,
    table,
)
from moue.evaluation.report.formatting import DASH, count, decimal, percent
from moue.evaluation.report.markup import Html, tag
from moue.evaluation.report.report_data import ReportData
from moue.evaluation.slices import NEUTRAL, Slice

VALUES = 12
"""At most so many values of a tag are shown, those with the most mouths."""
_NAMES = {"mouth_px": "mouth, px", "face_percent": "face, % of picture"}


def slices(data: ReportData) -> Html:
    """Return how the model did by tag and value, and what it takes mouths at rest for."""
    every = data.evaluation.slices
    tags = {key: values for key, values in every.items() if len(values) > 1}
    lead = (
        "Accuracy by what is known of the pictures. The dot is the value, the bar its 95 % "
        "interval, the thin line the accuracy of all; where bars overlap, do not read a difference."
    )
    overall = data.evaluation.accuracy.value
    shares = [one.accuracy.interval for values in tags.values() for one in values.values()]
    floor = floor_of(shares)
    parts = []
    if tags:
        grids = [_accuracies(key, values, overall, floor) for key, values in tags.items()]
        parts.append(tag("div", *grids, class_="slices"))
    alike = [f"{_title(key)} ({next(iter(every[key]))})" for key in every if key not in tags]
    if alike:
        parts.append(tag("p", f"The same in all of them: {', '.join(alike)}.", class_="more"))
    parts += _at_rest(tags)
    return section("slices", "Slices: where it does better and worse", lead, *parts)


def _accuracies(key: str, values: Mapping[str, Slice], overall: float | None, floor: float) -> Html:
    shown = _shown(values)
    rows = [
        [
            value,
            spread(one.accuracy.value, one.accuracy.interval, overall, floor),
            percent(one.accuracy.value),
            decimal(one.macro_f1),
            count(one.accuracy.count),
        ]
        for value, one in shown.items()
    ]
    head = (_title(key), scale(floor), "accuracy", "F1", "mouths")
    grid = table(head, rows, "slice")
    rest = [one for value, one in values.items() if value not in shown]
    if not rest:
        return tag("div", grid)
    mouths = count(sum(one.accuracy.count for one in rest), "mouth")
    more = f"and {count(len(rest), 'value')} more with {mouths} in all"
    return tag("div", grid, tag("p", more, class_="more"))


def _at_rest(tags: Mapping[str, Mapping[str, Slice]]) -> list[Html]:
    """Return who is called what while the mouth is at rest, if any mouth is."""
    groups = {
        key: with_none
        for key, values in tags.items()
        if len(with_none := {v: one for v, one in values.items() if _at_rest_in(one)}) > 1
    }
    if not groups:
        return []
    title = tag("h3", "False alarms on closed mouths, by group")
    why = ("A mouth at rest should be called ", name(NEUTRAL), " whoever it belongs to.")
    grids = [
        _taken(key, values)
        for key, values in groups.items()
        if any(map(_taken_in, values.values()))
    ]
    if not grids:
        return [title, sentence(*why, " Every one was.")]
    lead = sentence(*why, " Closed mouths for which another label was predicted:")
    return [title, lead, tag("div", *grids, class_="slices")]


def _taken(key: str, values: Mapping[str, Slice]) -> Html:
    shown = _shown(values)
    labels = [label for label in next(iter(shown.values())).none_predicted if label != NEUTRAL]
    rows = [
        [
            value,
            count(_at_rest_in(one)),
            *[
                percent(one.none_predicted[label].value, 0)
                if one.none_predicted[label].right
                else DASH
                for label in labels
            ],
        ]
        for value, one in shown.items()
    ]
    return tag("div", table((_title(key), "at rest", *map(name, labels)), rows, "slice rest"))


def _at_rest_in(one: Slice) -> int:
    return one.none_predicted[NEUTRAL].count if NEUTRAL in one.none_predicted else 0


def _taken_in(one: Slice) -> int:
    return _at_rest_in(one) - one.none_predicted[NEUTRAL].right


def _shown(values: Mapping[str, Slice]) -> dict[str, Slice]:
    """The values with the most mouths, in the order in which they came."""
    most = sorted(values, key=lambda value: (-values[value].accuracy.count, value))[:VALUES]
    return {value: one for value, one in values.items() if value in most}


def _title(key: str) -> str:
    return _NAMES.get(key, key)
