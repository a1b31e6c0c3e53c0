"""Render the report of one evaluation as a self-contained HTML page.

The folder `templates/` contains the text and the style, one file per section.
"""

from __future__ import annotations

from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined

from moue.evaluation.metrics import wilson
from moue.evaluation.report import charts, formatting, tables
from moue.evaluation.report.report_data import ReportData
from moue.evaluation.slices import NEUTRAL
from moue.i18n.catalog import messages, translations
from moue.i18n.language import current
from moue.i18n.translate import translate, word
from moue.media.draw import OTHER, colours
from moue.text import printable
from moue.workspace.label_set import missing, untested_words

SECTIONS = {
    "examples": "Examples",
    "labels": "Labels",
    "confusion": "Confusion",
    "training": "Training",
    "calibration": "Calibration",
    "slices": "Slices",
    "robustness": "Robustness",
    "comparison": "Comparison",
    "mistakes": "Mistakes",
    "data": "Data",
    "reproduce": "Reproduce",
}
"""Titles of the sections in the navigation, by the name of their template."""


def render(data: ReportData, language: str | None = None) -> str:
    """Return the HTML of the report; equal data and language give equal HTML.

    Args:
        data: data of the report.
        language: `en` or `zh`; defaults to the language of the running command.
    """
    found, language = data.evaluation, language or current()
    counted = (label for row in data.counts.values() for label in row)
    tested = missing(found.labels, found.untested)
    return (
        _environment(language)
        .get_template("page.html")
        .render(
            data=data,
            found=found,
            sections=_sections(data),
            colours=colours(dict.fromkeys((*found.labels, *counted))),
            untested=untested_words(data.split_name, found.untested, tested),
        )
    )


def _sections(data: ReportData) -> list[tuple[str, str]]:
    """Return the key and the title of each section that is not empty."""
    evaluated = bool(data.evaluation.accuracy.count)
    has_data = data.funnel or data.counts or data.dropped or data.leakage is not None
    wanted = {
        "examples": any(data.examples.values()),
        "labels": True,
        "confusion": evaluated,
        "training": data.epochs,
        "calibration": evaluated,
        "slices": data.evaluation.slices,
        "robustness": data.robustness and evaluated,
        "comparison": data.comparison is not None and evaluated,
        "mistakes": evaluated,
        "data": has_data,
        "reproduce": data.commands or data.settings or data.environment,
    }
    return [(key, title) for key, title in SECTIONS.items() if wanted[key]]


@cache
def _environment(language: str) -> Environment:
    catalog = translations(language)
    environment = Environment(
        loader=PackageLoader("moue.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=formatting.shown if language == "en" else formatting.shown_in_chinese,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined]
    for function in (
        formatting.percent, formatting.percents, formatting.decimal, formatting.decimals,
        formatting.short, formatting.signed, formatting.counted, formatting.capitalised,
        formatting.along, formatting.data_uri, printable, tables.neutral_count,
        tables.attribute_title,
    ):  # fmt: skip
        environment.filters[function.__name__] = function
    environment.filters["duration"] = partial(formatting.duration, gettext=catalog.gettext)
    environment.filters["tr"] = partial(_translated, language=language)
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
        "html_language": "zh-CN" if language == "zh" else "en",
        "separator": "、" if language == "zh" else ", ",
        "colon": "：" if language == "zh" else ": ",
        "semicolon": "；" if language == "zh" else "; ",
        "gap": "" if language == "zh" else " ",
    }
    return environment


def _translated(text: str, language: str) -> str:
    """Return an English name or message of the data in a language; unknown texts stay as is."""
    return word(text, language) if text in messages(language) else translate(text, language)
