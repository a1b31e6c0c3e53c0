"""The rows of the tables in a report: confused labels and slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moue.evaluation.evaluate import Evaluation
from moue.evaluation.slices import NEUTRAL, Slice

MAX_VALUES = 12
"""Maximum number of values of an attribute in a table; those with the most mouths are shown."""
_TITLES = {"mouth_px": "mouth, px", "face_percent": "face, % of picture", "colour": "colours"}


@dataclass(frozen=True, slots=True)
class Confusion:
    """The number of mouths with one label that were predicted as another label.

    Attributes:
        label: true label.
        predicted: predicted label.
        count: number of mouths with these two labels.
        total: number of mouths with the true label.
    """

    label: str
    predicted: str
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class SliceTable:
    """The slices of one attribute.

    Attributes:
        title: title of the attribute.
        shown: slices in the table, by value.
        rest: slices that are not in the table.
    """

    title: str
    shown: dict[str, Slice]
    rest: list[Slice]


def confusions(found: Evaluation) -> list[Confusion]:
    """Return all pairs of confused labels, the most frequent pair first."""
    pairs = [
        Confusion(label, predicted, count, sum(row))
        for label, row in zip(found.labels, found.confusion, strict=True)
        for predicted, count in zip(found.labels, row, strict=True)
        if count and predicted != label
    ]
    return sorted(pairs, key=lambda pair: -pair.count)


def slice_tables(slices: Mapping[str, Mapping[str, Slice]]) -> list[SliceTable]:
    """Return a table for each attribute with several values."""
    return [_table(key, values) for key, values in slices.items() if len(values) > 1]


def false_alarm_tables(slices: Mapping[str, Mapping[str, Slice]]) -> list[SliceTable]:
    """Return a table for each attribute with several slices that have mouths labelled `none`."""
    with_none = {
        key: {value: one for value, one in values.items() if neutral_count(one)}
        for key, values in slices.items()
    }
    return slice_tables(with_none)


def neutral_count(one: Slice) -> int:
    """Return the number of mouths labelled `none` in a slice."""
    return one.none_predicted[NEUTRAL].count if NEUTRAL in one.none_predicted else 0


def attribute_title(attribute: str) -> str:
    """Return the title of an attribute in the report."""
    return _TITLES.get(attribute, attribute)


def _table(attribute: str, values: Mapping[str, Slice]) -> SliceTable:
    most = sorted(values, key=lambda value: (-values[value].accuracy.count, value))[:MAX_VALUES]
    shown = {value: one for value, one in values.items() if value in most}
    rest = [one for value, one in values.items() if value not in shown]
    return SliceTable(attribute_title(attribute), shown, rest)
