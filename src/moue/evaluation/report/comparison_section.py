"""The model beside another one, on the same pictures."""

from __future__ import annotations

from collections.abc import Sequence

from moue.evaluation.comparison import Comparison, Difference, Disagreement
from moue.evaluation.report.components import figure, name, picture, section, sentence, table
from moue.evaluation.report.formatting import DASH, count, decimal, percent
from moue.evaluation.report.markup import Html, tag
from moue.evaluation.report.report_data import ReportData

PICTURES = 6
"""At most so many of the pictures that only one model got right are shown, for each."""


def comparison(data: ReportData) -> Html:
    """Return the scores of both, where they differ, and how much of that may be luck."""
    found = data.comparison
    if found is None:
        return Html("")
    first, second = found.models
    lead = (
        f"{first} beside {second} on the same pictures. Only the pictures that one of them got "
        "right tell them apart."
    )
    aside = tag("div", *_in_words(found), class_="aside")
    pair = tag("div", _scores(found), aside, class_="pair")
    parts = [pair, *_apart(data, first, found.only_first), *_apart(data, second, found.only_second)]
    return section("comparison", "Comparison: better, or only luckier?", lead, *parts)


def _scores(found: Comparison) -> Html:
    accuracy, f1 = found.accuracy, found.macro_f1
    rows = [
        [
            "accuracy",
            *[percent(share.value) for share in accuracy],
            *_difference(found.accuracy_difference, 100, 1, " points"),
        ],
        ["macro-F1", *map(decimal, f1), *_difference(found.macro_f1_difference, 1, 3)],
    ]
    head = ("", *found.models, "difference", "95 % interval")
    return tag("div", table(head, rows, "versus"), _counts(found))


def _counts(found: Comparison) -> Html:
    first, second = found.models
    rows = [
        ["both right", count(found.both_right)],
        [f"only {first} right", count(len(found.only_first))],
        [f"only {second} right", count(len(found.only_second))],
        ["both wrong", count(found.both_wrong)],
    ]
    return table(("", ""), rows, "facts")


def _difference(found: Difference, times: float, digits: int, unit: str = "") -> list[str]:
    if found.value is None or found.interval is None:
        return [DASH, DASH]
    low, high = found.interval
    return [
        _signed(times * found.value, digits) + unit,
        f"{_signed(times * low, digits)} to {_signed(times * high, digits)}",
    ]


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "\u2212")


def _in_words(found: Comparison) -> list[Html]:
    apart = len(found.only_first) + len(found.only_second)
    if not apart:
        return [sentence("Both were right on the same pictures: nothing tells them apart.")]
    p = "p < 0.001" if found.p_value < 0.001 else f"p = {found.p_value:.2g}"
    verdict = (
        "Hardly luck: two models that are equally good differ so much in fewer than one such "
        "test of twenty."
        if found.p_value < 0.05
        else "This may be luck: two models that are equally good would often differ as much."
    )
    how = f"McNemar's exact test on the {count(apart, 'picture')} that only one got right: {p}."
    return [sentence(tag("strong", verdict)), sentence(how)]


def _apart(data: ReportData, model: str, pictures: Sequence[Disagreement]) -> list[Html]:
    """Return some of the pictures that only `model` got right."""
    shown = [one for one in pictures if one.name in data.crops][:PICTURES]
    if not shown:
        return []
    tiles = [
        figure(
            picture(data.crops[one.name], f"{one.label}, taken for {_wrong(one)} by the other"),
            tag("span", name(one.label), class_="verdict"),
            tag("span", "other: ", name(_wrong(one)), class_="sure"),
            tag("span", one.name, class_="file", title=one.name),
        )
        for one in shown
    ]
    rest = f", {len(shown)} of {count(len(pictures))}" if len(pictures) > len(shown) else ""
    return [tag("h3", f"Only {model} was right{rest}"), tag("div", *tiles, class_="tiles")]


def _wrong(one: Disagreement) -> str:
    return one.second if one.first == one.label else one.first
