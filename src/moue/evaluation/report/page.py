"""Render the report of one evaluation as a self-contained HTML page.

The folder `templates/` contains the text and the style, one file per section.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from moue.evaluation.metrics import wilson
from moue.evaluation.report import charts, formatting, tables
from moue.evaluation.report.report_data import ReportData
from moue.evaluation.slices import NEUTRAL
from moue.media.draw import OTHER, colours
from moue.workspace.label_set import missing, untested_words


def render(data: ReportData) -> str:
    """Return the HTML of the report; equal data gives equal HTML."""
    found = data.evaluation
    counted = (label for row in data.counts.values() for label in row)
    tested = missing(found.labels, found.untested)
    return (
        _environment()
        .get_template("page.html")
        .render(
            data=data,
            found=found,
            sections=_sections(data),
            colours=colours(dict.fromkeys((*found.labels, *counted))),
            set_name="validation" if data.split_name == "val" else data.split_name,
            untested=untested_words(data.split_name, found.untested, tested),
        )
    )


def _sections(data: ReportData) -> list[tuple[str, str]]:
    """Return the key and the title of each section that is not empty."""
    evaluated = bool(data.evaluation.accuracy.count)
    has_data = data.funnel or data.counts or data.dropped or data.leakage is not None
    sections = [
        ("examples", "Examples", any(data.examples.values())),
        ("labels", "Labels", True),
        ("confusion", "Confusion", evaluated),
        ("training", "Training", data.epochs),
        ("calibration", "Calibration", evaluated),
        ("slices", "Slices", data.evaluation.slices),
        ("robustness", "Robustness", data.robustness and evaluated),
        ("comparison", "Comparison", data.comparison is not None and evaluated),
        ("mistakes", "Mistakes", evaluated),
        ("data", "Data", has_data),
        ("reproduce", "Reproduce", data.commands or data.settings or data.environment),
    ]
    return [(key, name) for key, name, wanted in sections if wanted]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("moue.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=formatting.shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for function in (
        formatting.percent, formatting.percents, formatting.decimal, formatting.decimals,
        formatting.short, formatting.signed, formatting.counted, formatting.duration,
        formatting.along, formatting.data_uri, tables.neutral_count, tables.attribute_title,
    ):  # fmt: skip
        environment.filters[function.__name__] = function
    environment.globals |= {
        "Axis": charts.Axis,
        "ticks": charts.ticks,
        "scale_start": charts.scale_start,
        "training_charts": charts.training_charts,
        "confusions": tables.confusions,
        "slice_tables": tables.slice_tables,
        "false_alarm_tables": tables.false_alarm_tables,
        "wilson": wilson,
        "NEUTRAL": NEUTRAL,
        "OTHER": OTHER,
    }
    return environment
