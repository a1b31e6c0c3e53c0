"""Mouths to look at: what was learnt, and what went wrong."""

from __future__ import annotations

from moue.evaluation.report.components import figure, name, picture, section
from moue.evaluation.report.formatting import count, percent
from moue.evaluation.report.markup import Html, tag
from moue.evaluation.report.report_data import ReportData

MISTAKES = 24
EXAMPLES = 8


def examples(data: ReportData) -> Html:
    """Return a row of mouths for each label."""
    rows = [
        tag(
            "div",
            tag("p", name(label)),
            tag("div", *[picture(crop, f"a mouth labelled {label}") for crop in crops[:EXAMPLES]]),
            class_="strip",
        )
        for label, crops in data.examples.items()
        if crops
    ]
    lead = "Some of the training mouths, by label."
    return section("examples", "Examples of each label", lead, *rows)


def mistakes(data: ReportData) -> Html:
    """Return the most confident mistakes as pictures."""
    found = data.evaluation
    wrong = found.accuracy.count - found.accuracy.right
    shown = [one for one in found.mistakes if one.name in data.crops][:MISTAKES]
    tiles = [
        figure(
            picture(data.crops[one.name], f"{one.label}, taken for {one.predicted}"),
            tag("span", name(one.label), tag("span", "→", class_="to"), name(one.predicted),
                class_="verdict"),
            tag("span", percent(one.probability, 0), " sure", class_="sure"),
            tag("span", one.name, class_="file", title=one.name),
        )
        for one in shown
    ]  # fmt: skip
    if not wrong:
        lead = "There are none on this set." if found.accuracy.count else ""
    else:
        which = "All" if len(shown) == wrong else f"The {count(len(shown))} surest of"
        lead = (
            f"{which} {count(wrong, 'mistake')}, surest first: what the mouth is → what it was "
            "taken for. A label that turns out wrong is a find too: correct it and train again."
        )
    return section("mistakes", "Its worst mistakes", lead, tag("div", *tiles, class_="tiles"))
