"""Scores by label, and the confusion matrix."""

from __future__ import annotations

from moue.evaluation.evaluate import Evaluation, LabelScore
from moue.evaluation.metrics import Proportion
from moue.evaluation.report.components import (
    floor_of,
    name,
    scale,
    section,
    sentence,
    spread,
    table,
)
from moue.evaluation.report.formatting import DASH, count, decimal, percent, percents
from moue.evaluation.report.markup import Html, tag
from moue.evaluation.report.report_data import ReportData


def by_label(data: ReportData) -> Html:
    """Return precision, recall and F1 of each label."""
    lead = (
        "Precision: of the mouths with this predicted label, how many have it. Recall: of those "
        "that have it, how many were found. The dot is the value, the bar its 95 % interval."
    )
    given = _given(data.evaluation)
    scores = [(one, given[one.label]) for one in data.evaluation.per_label]
    floor = floor_of(share.interval for one, wide in scores for share in (one.recall, wide))
    head = ("label", "mouths", "precision", scale(floor), "recall", scale(floor), "", "F1")
    rows = [_label_row(one, wide, floor) for one, wide in scores]
    return section("labels", "Label by label", lead, table(head, rows, "labels"))


def _given(found: Evaluation) -> dict[str, Proportion]:
    """Return each label's precision as a share of the mouths that were given it."""
    columns = zip(*found.confusion, strict=True)
    return {
        label: Proportion(right=column[index], count=sum(column))
        for index, (label, column) in enumerate(zip(found.labels, columns, strict=True))
    }


def _label_row(one: LabelScore, given: Proportion, floor: float) -> list[str]:
    return [
        name(one.label),
        count(one.support) if one.support else DASH,
        percent(one.precision),
        spread(one.precision, given.interval, floor=floor),
        percent(one.recall.value),
        spread(one.recall.value, one.recall.interval, floor=floor),
        tag("small", percents(one.recall.interval) if one.support else ""),
        decimal(one.f1),
    ]


def confusion(data: ReportData) -> Html:
    """Return the matrix of true and given labels, and what it says in words."""
    found = data.evaluation
    heads = [tag("th", name(label), scope="col") for label in found.labels]
    rows = [
        tag("tr", tag("th", name(label), scope="row"), *_cells(row, index))
        for index, (label, row) in enumerate(zip(found.labels, found.confusion, strict=True))
    ]
    grid = tag(
        "table",
        tag("thead",
            tag("tr", tag("td"), tag("th", "predicted", colspan=len(heads), class_="over")),
            tag("tr", tag("th", "actual", class_="is"), *heads)),
        tag("tbody", *rows),
        class_="confusion",
    )  # fmt: skip
    lead = "Rows are actual labels, columns predicted labels."
    aside = tag("div", *_in_words(found), class_="aside")
    return section("confusion", "Confusion matrix", lead, tag("div", grid, aside, class_="pair"))


def _cells(row: tuple[int, ...], own: int) -> list[Html]:
    total = sum(row)
    cells = []
    for index, value in enumerate(row):
        share = value / total if total else 0.0
        # A root, so that a few mistakes among many answers can still be seen.
        heat = f"--heat:{0.62 * share**0.5:.3f}"
        shown = [count(value), tag("small", percent(share, 0) if total else DASH)]
        kind = "right" if index == own else "wrong"
        cells.append(tag("td", tag("span", *shown), class_=kind, style=heat))
    return cells


def _in_words(found: Evaluation) -> list[Html]:
    pairs = [
        (value, truth, given)
        for i, truth in enumerate(found.labels)
        for j, given in enumerate(found.labels)
        if i != j and (value := found.confusion[i][j])
    ]
    if not pairs:
        return [
            sentence("No mouth was confused with another label." if found.accuracy.count else "")
        ]
    lines = [sentence(tag("strong", "Most often confused"))]
    for value, truth, given in sorted(pairs, key=lambda pair: -pair[0])[:3]:
        of = count(sum(found.confusion[found.labels.index(truth)]))
        lines.append(
            sentence(name(truth), " predicted as ", name(given), f": {count(value)} of {of}")
        )
    return lines
