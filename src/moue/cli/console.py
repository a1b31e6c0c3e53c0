"""Print progress on stderr, and summaries, tables and results on stdout."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
)
from rich.progress import Progress as Bars
from rich.table import Column, Table
from rich.text import Text

from moue.cli import output, progress_file
from moue.cli.next_steps import near
from moue.i18n import language
from moue.i18n.translate import translate, word
from moue.progress import Advance, Progress, Summary
from moue.text import printable, to_json

_ROWS = 20
"""Maximum number of rows of a table in the text output."""


class ConsoleProgress(Progress):
    """Progress on stderr: bars on a terminal, or one line per finished task in a file or pipe."""

    def __init__(self, beside_results: bool = False, console: Console | None = None) -> None:
        """Create the progress bars without showing them.

        Args:
            beside_results: True if the command prints results with `result` while the bars are
                shown.
            console: Console of the bars; None for a console on stderr.
        """
        self._console = console or Console(stderr=True, highlight=False)
        self._live = self._console.is_terminal
        self._one_terminal = self._live and beside_results and sys.stdout.isatty()
        self._bars = Bars(
            SpinnerColumn(finished_text="[green]✓[/]", table_column=_column(1)),
            TextColumn("{task.description}", table_column=_column(13)),
            BarColumn(bar_width=8, table_column=_column(8)),
            MofNCompleteColumn(table_column=_column(9)),
            _Rate(table_column=_column(9)),
            _Left(table_column=_column(7)),
            TextColumn("[dim]{task.fields[words]}", table_column=Column(no_wrap=True)),
            console=self._console,
            # rich would redirect results from stdout to this console.
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the progress bars while the context is open."""
        if not self._live:
            yield
            return
        with self._bars:
            yield

    @contextmanager
    def task(self, what: str, total: int | None, unit: str = "") -> Iterator[Advance]:
        """Show the bar of a task. The bar of a task within another task is removed at its end."""
        within = any(not task.finished for task in self._bars.tasks)
        shown = translate(what)
        bar = self._bars.add_task(escape(printable(shown)), total=total, words="", unit=unit)
        recorded = progress_file.RecordedTask(what, total, unit)
        start, count, last = time.monotonic(), 0, ""

        def advance(words: str) -> None:
            nonlocal count, last
            count, last = count + 1, words
            self._bars.update(bar, advance=1, words=escape(printable(translate(words))))
            recorded.advance(words)

        try:
            yield advance
        finally:
            recorded.end()
            if within:
                self._bars.remove_task(bar)
        if not within:
            self._bars.update(bar, total=count, words=escape(printable(last)))
        if not self._live and count and not self._console.is_terminal:
            seconds = time.monotonic() - start
            spent = translate(f"{count:,} in {seconds:.1f} s")
            parts = (spent, rate_words(count, seconds, unit), translate(last))
            self.say(f"{shown}: {', '.join(filter(None, parts))}")

    def result(self, text: str) -> None:
        """Print a line on stdout, above the bars if stdout and stderr are one terminal."""
        if self._one_terminal:
            self.say(text)
        else:
            output.line(text)

    def data(self, value: Any) -> None:
        """Print a value as one line of JSON on stdout, in the same way as `result`."""
        if self._one_terminal:
            # A terminal that is not UTF-8 lacks characters, so JSON escapes them.
            utf8 = self._console.encoding.lower().replace("-", "") == "utf8"
            self.say(to_json(value) if utf8 else json.dumps(value))
        else:
            output.data(value)

    def say(self, text: str) -> None:
        """Print one line on the console of the bars, above them."""
        progress_file.record("say", text=text)
        self._console.print(escape(printable(translate(text))), soft_wrap=True)

    def report(self, kind: str, **values: Any) -> None:
        """Append data to the progress file, if there is one."""
        progress_file.record(kind, **values)


def _column(width: int) -> Column:
    return Column(min_width=width, no_wrap=True)


RECENT = 30.0
"""Duration over which the displayed rate is averaged, in seconds."""
SETTLED = 1.0
"""Seconds before a rate is shown, since the first items often arrive together."""


def rate_words(count: float, seconds: float, unit: str = "") -> str:
    """Return a rate such as `1,234/s`, `4.2/s` or `2.5 s/epoch`; empty in the first second.

    Args:
        count: Number of processed items.
        seconds: Duration of the processing of these items, in seconds.
        unit: Name of one item, for a rate in seconds per item; empty for a rate in items per
            second.
    """
    if seconds < SETTLED or not count:
        return ""
    rate = count / seconds
    if unit or rate < 1:
        each = f"{seconds / count:.2g}" if rate > 0.1 else f"{seconds / count:,.0f}"
        return f"{each} s/{unit or 'item'}"
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        count, seconds = _pace(task)
        return Text(rate_words(count, seconds, task.fields.get("unit", "")), style="dim")


class _Left(ProgressColumn):
    """Column with the remaining time of a running task, or the duration of a finished task."""

    def render(self, task: Task) -> Text:
        if task.finished:
            return Text(_clock(task.finished_time or 0.0), style="dim")
        count, seconds = _pace(task)
        if task.total is None or seconds < SETTLED or not count:
            return Text("-:--:--", style="dim")
        return Text(_clock((task.total - task.completed) * seconds / count))


def _pace(task: Task) -> tuple[float, float]:
    """Return the number of processed items and the duration in seconds of their processing.

    Both cover the last `RECENT` seconds, or the whole task if it is shorter or finished.
    """
    elapsed = (task.finished_time if task.finished else task.elapsed) or 0.0
    if elapsed < RECENT or not task.speed or task.finished:
        return task.completed, elapsed
    return task.speed * RECENT, RECENT


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def print_summary(summary: Summary, as_json: bool, with_files: bool = True) -> None:
    """Print the summary of a stage as text or as one JSON object.

    Args:
        summary: Summary of a stage.
        as_json: True to print JSON instead of text.
        with_files: True to include the output files in the text. The JSON always includes them.
    """
    progress_file.record("summary", summary=_plain(summary))
    if as_json:
        output.data(_plain(summary))
        return
    comma = ", " if language.current() == "en" else "，"
    counts = comma.join(f"{word(name)} {_number(value)}" for name, value in summary.counts.items())
    done = translate("{n} done").format(n=f"{summary.done:,}")
    work = done if summary.done else translate("nothing new")
    output.line(f"{summary.stage:<9} {padded(work, 12)} {counts}")
    for rows in summary.tables.values():
        for line in table(rows):
            output.line(f"{'':<9} {line}")
    for note in summary.notes:
        output.line(f"{'':<9} {translate(note)}")
    for file in summary.files[:6] if with_files else ():
        output.line(f"{'':<9} {near(file)}")
    if with_files and len(summary.files) > 6:
        more = translate(f"and {len(summary.files) - 6} more files in the same folder")
        output.line(f"{'':<9} {more}")
    sys.stdout.flush()


def _plain(summary: Summary) -> dict[str, Any]:
    data = dataclasses.asdict(summary) | {"files": [str(file) for file in summary.files]}
    return {k: v for k, v in data.items() if v or k not in ("result", "tables", "left_out")}


def table(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a text table: the heading, up to 20 rows, and the number of other rows.

    Args:
        rows: Cells by column name; all rows have the same columns.
    """
    rows = list(rows)
    if not rows:
        return
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in rows[0].items():
        justify: Any = "right" if isinstance(value, int) else "left"
        grid.add_column(Text(word(name)), justify=justify, no_wrap=True)
    for row in rows[:_ROWS]:
        grid.add_row(*(Text(_cell(value)) for value in row.values()))
    # The width is unlimited: files and pipes have none, and terminals wrap long lines.
    console = Console(file=io.StringIO(), width=10_000, color_system=None)
    with console.capture() as captured:
        console.print(grid)
    yield from map(str.rstrip, captured.get().splitlines())
    if len(rows) > _ROWS:
        yield translate(f"and {len(rows) - _ROWS:,} more rows; --json prints all")


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else printable(value)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def padded(text: str, width: int) -> str:
    """Return a text with spaces at its end, so that it is at least `width` columns wide."""
    return text + " " * (width - cell_len(text))
