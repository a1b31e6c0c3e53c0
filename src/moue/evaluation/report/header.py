"""The top of the page: the result in words and in three numbers, and how far to trust it."""

from __future__ import annotations

from moue.evaluation.evaluate import Evaluation
from moue.evaluation.metrics import Interval
from moue.evaluation.report.components import code, glyph, listed, name, spread
from moue.evaluation.report.formatting import count, decimal, decimals, percent, percents
from moue.evaluation.report.markup import Html, tag
from moue.evaluation.report.report_data import ReportData
from moue.workspace.label_set import missing, untested_words

SMALL = 100
"""Fewer pictures than this call for a word of caution."""
RARE = 10
"""A label with fewer pictures than this is named in it."""


def opening(data: ReportData, sections: list[tuple[str, str]]) -> Html:
    """Return the head of the page.

    Args:
        sections: keys and short names of what follows.
    """
    mouths = [glyph(label) for label in data.evaluation.labels]
    links = [tag("a", short, href=f"#{key}") for key, short in sections]
    return tag(
        "header",
        tag("p", tag("span", *mouths, class_="mouths"), f"moue {data.version}", class_="brand"),
        tag("p", f"Run {data.run}, evaluated {data.created}", class_="run"),
        tag("h1", headline(data)),
        _numbers(data.evaluation),
        *[tag("p", text, class_="caution") for text in cautions(data)],
        tag("nav", *links, aria_label="Sections"),
    )


def headline(data: ReportData) -> str:
    """Return the result as one sentence."""
    share = data.evaluation.accuracy
    if not share.count:
        return "There were no mouths to judge by."
    right, of = f"Right on {count(share.right)} of", count(share.count, "mouth")
    torn = data.leakage is not None and data.leakage.divided_groups
    if data.split_name == "test" and data.unseen and not torn:
        return f"{right} {of} it had never seen."
    if data.split_name == "test":
        return f"{right} {count(share.count)} of your test mouths."
    return f"{right} {of} of the {_set(data)} set."


def cautions(data: ReportData) -> list[Html]:
    """Return what must be said beside the number, if anything."""
    texts = []
    share = data.evaluation.accuracy
    if data.split_name != "test":
        texts.append(
            tag("span",
                tag("strong", "This number is flattered. "),
                f"There is no test set, and the {_set(data)} set chose which epoch was kept. "
                "Expect less on new pictures. ",
                code("moue split --ratio 7:1.5:1.5 --resplit"), " sets a test set aside.")
        )  # fmt: skip
    texts += _untested(data)
    if share.count and share.interval and share.count < SMALL:
        low, high = share.interval
        texts.append(
            tag("span",
                tag("strong", f"Only {count(share.count, 'mouth')}. "),
                f"The interval is wide: on many more mouths like these the accuracy could be as "
                f"low as {percent(low, 0)} or as high as {percent(high, 0)}.")
        )  # fmt: skip
    rare = [one for one in data.evaluation.per_label if 0 < one.support < RARE]
    if share.count and rare:
        names = listed([
            tag("span", name(one.label), f" {count(one.support)}") for one in rare
        ])  # fmt: skip
        texts.append(tag("span", "Some labels have few test mouths: ", names, "."))
    return texts


def _untested(data: ReportData) -> list[Html]:
    found = data.evaluation
    tested = missing(found.labels, found.untested)
    words = untested_words(data.split_name, found.untested, tested)
    return [
        tag("span", tag("strong", "Not every label was tested. "), f"{text[0].upper()}{text[1:]}.")
        for text in words
    ]


def _numbers(found: Evaluation) -> Html:
    share = found.accuracy
    most = max(found.per_label, key=lambda one: one.support)
    always = most.support / share.count if share.count else None
    return tag(
        "dl",
        _number("accuracy", percent(share.value), share.value, share.interval, always,
                f"95 % interval {percents(share.interval)}",
                f"thin line: always saying “{most.label}”, {percent(always)}"),
        _number("macro-F1", decimal(found.macro_f1), found.macro_f1, found.macro_f1_interval,
                None,
                _f1_interval(found),
                _over(found)),
        _number("calibration error", decimal(found.calibration_error), None, None, None,
                "how far its probabilities are off",
                f"{decimal(found.calibration_error_before)} before temperature scaling"),
        class_="numbers",
    )  # fmt: skip


def _over(found: Evaluation) -> str:
    count_all, tested = len(found.labels), len(found.labels) - len(found.untested)
    if tested == count_all:
        return "the mean over labels, each counting alike"
    return f"the mean over {tested} of {count_all} labels: the others were not tested"


def _f1_interval(found: Evaluation) -> str:
    if found.accuracy.count and found.accuracy.right == found.accuracy.count:
        return "no interval: no mistake to resample"
    return f"95 % interval {decimals(found.macro_f1_interval)}"


def _set(data: ReportData) -> str:
    return {"val": "validation"}.get(data.split_name, data.split_name)


def _number(
    what: str,
    text: str,
    value: float | None,
    interval: Interval | None,
    mark: float | None,
    *notes: str,
) -> Html:
    lines = [tag("span", note) for note in notes]
    shown = [tag("span", text, class_="big"), spread(value, interval, mark)]
    return tag("div", tag("dt", what), tag("dd", *shown, *lines))
