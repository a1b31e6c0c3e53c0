"""The report of one run: one HTML file that needs nothing beside it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from moue.evaluation.report.calibration_section import reliability
from moue.evaluation.report.comparison_section import comparison
from moue.evaluation.report.components import glyphs, label_colours
from moue.evaluation.report.confusion_section import by_label, confusion
from moue.evaluation.report.curves_section import training
from moue.evaluation.report.data_section import again, origins
from moue.evaluation.report.gallery_section import examples, mistakes
from moue.evaluation.report.header import headline, opening
from moue.evaluation.report.markup import Html, join, tag
from moue.evaluation.report.report_data import ReportData
from moue.evaluation.report.robustness_section import robustness
from moue.evaluation.report.slices_section import slices
from moue.files import write_text

# Nothing may be fetched or run: not even what a hostile file name might smuggle in.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(target: Path, data: ReportData) -> None:
    """Write the page of one run to `target`, whole or not at all."""
    write_text(target, render(data))


def render(data: ReportData) -> str:
    """Return the page as text; the same data gives the same text."""
    parts = list(_parts(data))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{data.run}: {headline(data)}"),
        tag("style", Html(_style() + label_colours(_labels(data)))),
    )
    body = tag(
        "body",
        glyphs(),
        tag(
            "main",
            opening(data, [(key, short) for key, short, _ in parts]),
            *[part for _, _, part in parts],
            _footer(data),
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _labels(data: ReportData) -> list[str]:
    counted = (label for row in data.counts.values() for label in row)
    return list(dict.fromkeys((*data.evaluation.labels, *counted)))


def _style() -> str:
    return files("moue.evaluation.report").joinpath("style.css").read_text("utf-8")


def _parts(data: ReportData) -> list[tuple[str, str, Html]]:
    """Return the sections there is something to show in: key, short name, content."""
    judged = bool(data.evaluation.accuracy.count)
    told = data.funnel or data.counts or data.dropped or data.leakage is not None
    repeated = data.commands or data.settings or data.environment
    parts = [
        ("examples", "Examples", any(data.examples.values()), examples),
        ("labels", "Labels", True, by_label),
        ("confusion", "Confusion", judged, confusion),
        ("training", "Training", bool(data.epochs), training),
        ("calibration", "Calibration", judged, reliability),
        ("slices", "Slices", bool(data.evaluation.slices), slices),
        ("robustness", "Robustness", bool(data.robustness) and judged, robustness),
        ("comparison", "Comparison", data.comparison is not None and judged, comparison),
        ("mistakes", "Mistakes", judged, mistakes),
        ("data", "Data", bool(told), origins),
        ("again", "Reproduce", bool(repeated), again),
    ]
    return [(key, short, build(data)) for key, short, wanted, build in parts if wanted]


def _footer(data: ReportData) -> Html:
    text = "Labels name mouth shapes, never feelings."
    return tag("footer", tag("p", join([f"Made by moue {data.version}.", text], " ")))
