"""The data: collected, dropped and split pictures, leakage, and how to reproduce the run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from moue.dataset.leakage import Leakage
from moue.evaluation.report.components import (
    bar,
    code,
    colour,
    figure,
    name,
    picture,
    section,
    sentence,
    table,
)
from moue.evaluation.report.formatting import count
from moue.evaluation.report.markup import Html, join, tag
from moue.evaluation.report.report_data import Dropped, ReportData

THUMBNAILS = 8
_TIES = {
    "hash": "how the whole picture looks",
    "mirrored": "how its mirror image looks",
    "face": "one photograph of a face, cropped, turned or relit",
    "file name": "file names and looks together",
    "video": "their video",
    "subject": "their subject",
    "web page": "their web page",
}
PAIRS = 5


def origins(data: ReportData) -> Html:
    """Return the road from raw files to the three sets."""
    parts: list[Html] = []
    if data.funnel:
        parts += [tag("h3", "From files to mouths"), _funnel(data)]
    if data.counts:
        parts += [tag("h3", "The sets"), _counts(data.counts, data.evaluation.labels)]
    if data.leakage is not None:
        parts += [tag("h3", "Kept apart"), *_leakage(data.leakage)]
    if data.dropped:
        parts += [tag("h3", "Dropped pictures"), _dropped_lead(data)]
        parts += [_dropped(one) for one in data.dropped]
    return section("data", "Data", "", *parts)


def _funnel(data: ReportData) -> Html:
    most = max((left for _, left in data.funnel), default=0) or 1
    rows = []
    before: int | None = None
    for step, left in data.funnel:
        change = "" if before is None or before == left else f"{left - before:+,d}"
        change = change.replace("-", "\u2212")
        rows.append([step, bar(left / most, count(left)), count(left), tag("small", change)])
        before = left
    return table(("", "", "left", ""), rows, "funnel")


def _counts(counts: Mapping[str, Mapping[str, int]], order: tuple[str, ...]) -> Html:
    labels = [*order, *sorted({label for row in counts.values() for label in row} - set(order))]
    most = max((sum(row.values()) for row in counts.values()), default=0) or 1
    rows = [
        [
            split,
            *[count(row.get(label, 0)) for label in labels],
            tag("strong", count(sum(row.values()))),
            _stack(row, labels, most),
        ]
        for split, row in counts.items()
    ]
    return table(("set", *[name(label) for label in labels], "all", ""), rows, "counts")


def _stack(row: Mapping[str, int], labels: list[str], most: int) -> Html:
    pieces = [
        tag("i", style=f"width:{100 * row[label] / most:.2f}%;background:{colour(label)}")
        for label in labels
        if row.get(label)
    ]
    said = ", ".join(f"{row.get(label, 0)} {label}" for label in labels)
    return tag("span", *pieces, class_="stack", role="img", aria_label=said)


def _leakage(found: Leakage) -> list[Html]:
    rows = [
        ["groups of alike pictures in more than one set", count(found.divided_groups)],
        ["files with the same bytes in two sets", count(found.shared_files)],
        [
            f"groups that a plain shuffle would have torn apart, of {count(found.groups)}",
            f"{found.shuffle_divided:.1f}",
        ],
    ]
    text = (
        "Pictures that look alike, or are of one video or person, form a group, and a group "
        "stays in one set. Otherwise the test would ask for what was learnt by heart."
    )
    if found.divided_groups:
        text += " Here the given split divides some of them, which flatters the result."
    rows += [
        [f"groups held together by {_TIES.get(kind, kind)}", count(number)]
        for kind, number in found.links.items()
        if number
    ]
    if found.shared_stem_count:
        some = "; ".join(", ".join(names) for names in found.shared_stems[:PAIRS])
        rows.append(
            [
                f"equal names in several sets, though the pictures look different: {some}",
                count(found.shared_stem_count),
            ]
        )
    parts = [sentence(text), table(("", ""), rows, "facts")]
    if found.divided_members:
        parts.append(sentence("In more than one set, though they belong together:"))
        parts.append(
            table(
                ("", ""),
                [[one, split] for one, split in chain(*found.divided_members[:PAIRS])],
                "facts",
            )
        )
    if found.undetected:
        seen = "; ".join(found.undetected)
        parts.append(sentence(f"What these numbers cannot show: {seen}."))
    if found.nearest_pairs:
        pairs = [
            [join([one, tag("small", f" {first}")]), join([two, tag("small", f" {second}")]),
             f"{bits} of 64"]
            for one, two, first, second, bits in found.nearest_pairs[:PAIRS]
        ]  # fmt: skip
        head = ("nearest across sets", "", "bits that differ")
        parts.append(table(head, pairs, "pairs"))
    return parts


def _dropped_lead(data: ReportData) -> Html:
    total = count(sum(one.count for one in data.dropped), "picture")
    return sentence(
        f"{total}, each for one reason. Nothing is deleted: the line beside a reason brings its "
        "pictures back."
    )


def _dropped(one: Dropped) -> Html:
    shown = [
        figure(picture(image, f"set aside: {one.meaning}"),
               tag("span", caption, class_="file", title=caption))
        for image, caption in one.pictures[:THUMBNAILS]
    ]  # fmt: skip
    head = tag(
        "p",
        tag("strong", count(one.count), class_="count"),
        tag("span", one.reason.replace("_", " "), class_="reason"),
        tag("span", one.meaning, class_="meaning"),
        code(f"moue restore --reason {one.reason}"),
    )
    return tag("div", head, tag("div", *shown, class_="thumbnails"), class_="dropped")


def again(data: ReportData) -> Html:
    """Return the commands, settings and versions that make this run again."""
    parts: list[Html] = []
    if data.commands:
        parts.append(tag("pre", tag("code", "\n".join(data.commands))))
    known = {key: value for key, value in data.environment.items() if key != "counts"}
    tables = [
        tag("div", tag("h3", title), table(("", ""), _flat(values), "facts"))
        for title, values in (("Settings", data.settings), ("Made with", known))
        if values
    ]
    lead = "The same pictures, settings and seed give the same model."
    return section(
        "again", "Reproduce this run", lead, *parts, tag("div", *tables, class_="slices")
    )


def _flat(values: Mapping[str, Any], before: str = "") -> list[list[str]]:
    rows: list[list[str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{before}{key}.")
        else:
            said = "–" if value is None else str(value)
            rows.append([f"{before}{key}", said])
    return rows
