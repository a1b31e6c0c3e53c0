"""Showing progress on stderr and results on stdout."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Iterator
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
from rich.table import Column
from rich.text import Text

from moue.cli import output
from moue.cli.next_steps import near
from moue.progress import Advance, Progress, Summary
from moue.text import printable, to_json

_ROWS = 20
"""The most rows of a table that are shown to people."""


class ConsoleProgress(Progress):
    """Bars on a terminal, one line for each finished piece of work elsewhere."""

    def __init__(self, beside_results: bool = False, console: Console | None = None) -> None:
        """Prepare to show.

        Args:
            beside_results: results are printed meanwhile, by `result`.
            console: to show on; by default stderr.
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
            # Results go to stdout, wherever that leads; rich would send them here instead.
            redirect_stdout=False,
            redirect_stderr=False,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep the bars on the screen while the context is open."""
        if not self._live:
            yield
            return
        with self._bars:
            yield

    @contextmanager
    def task(self, what: str, total: int | None, unit: str = "") -> Iterator[Advance]:
        """Show one piece of work; one within another, such as a video's frames, while it lasts."""
        within = any(not task.finished for task in self._bars.tasks)
        bar = self._bars.add_task(escape(printable(what)), total=total, words="", unit=unit)
        start, count, last = time.monotonic(), 0, ""

        def advance(words: str) -> None:
            nonlocal count, last
            count, last = count + 1, words
            self._bars.update(bar, advance=1, words=escape(printable(words)))

        try:
            yield advance
        finally:
            if within:
                self._bars.remove_task(bar)
        if not within:
            self._bars.update(bar, total=count, words=escape(printable(last)))
        if not self._live and count and not self._console.is_terminal:
            seconds = time.monotonic() - start
            parts = (f"{count:,} in {seconds:.1f} s", rate_words(count, seconds, unit), last)
            self.say(f"{what}: {', '.join(filter(None, parts))}")

    def result(self, text: str) -> None:
        """Print one line of the results on stdout; above the bars where both are one terminal."""
        if self._one_terminal:
            self.say(text)
        else:
            output.line(text)

    def data(self, value: Any) -> None:
        """Print one line of JSON on stdout, as `result` prints text."""
        if self._one_terminal:
            # On a terminal of another code page, JSON's own escapes stand for what it lacks.
            utf8 = self._console.encoding.lower().replace("-", "") == "utf8"
            self.say(to_json(value) if utf8 else json.dumps(value))
        else:
            output.data(value)

    def say(self, text: str) -> None:
        """Print one line above the bars."""
        self._console.print(escape(printable(text)), soft_wrap=True)


def _column(width: int) -> Column:
    return Column(min_width=width, no_wrap=True)


RECENT = 30.0
"""Seconds over which rich averages its speed."""
SETTLED = 1.0
"""Seconds before a rate says something: what was ready at the start comes all at once."""


def rate_words(count: float, seconds: float, unit: str = "") -> str:
    """Return a rate as `1,234/s`, `4.2/s` or, for slow things, `2.5 s/epoch`; or nothing yet.

    Args:
        unit: what one thing is called; it is then always seconds for each.
    """
    if seconds < SETTLED or not count:
        return ""
    rate = count / seconds
    if unit or rate < 1:
        return (
            f"{seconds / count:.2g} s/{unit or 'item'}"
            if rate > 0.1
            else (f"{seconds / count:,.0f} s/{unit or 'item'}")
        )
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        count, seconds = _pace(task)
        return Text(rate_words(count, seconds, task.fields.get("unit", "")), style="dim")


class _Left(ProgressColumn):
    """The time left; of finished work, the time that it took."""

    def render(self, task: Task) -> Text:
        if task.finished:
            return Text(_clock(task.finished_time or 0.0), style="dim")
        count, seconds = _pace(task)
        if task.total is None or seconds < SETTLED or not count:
            return Text("-:--:--", style="dim")
        return Text(_clock((task.total - task.completed) * seconds / count))


def _pace(task: Task) -> tuple[float, float]:
    """Return how much was done in how many seconds: of the last half minute, once it is over."""
    elapsed = (task.finished_time if task.finished else task.elapsed) or 0.0
    if elapsed < RECENT or not task.speed or task.finished:
        return task.completed, elapsed
    return task.speed * RECENT, RECENT


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def print_summary(summary: Summary, as_json: bool, with_files: bool = True) -> None:
    """Print what a stage did, for people or as one JSON object.

    Args:
        with_files: also the files worth opening, which JSON always has.
    """
    if as_json:
        output.data(_plain(summary))
        return
    counts = ", ".join(f"{name} {_number(value)}" for name, value in summary.counts.items())
    work = f"{summary.done:,} done" if summary.done else "nothing new"
    output.line(f"{summary.stage:<9} {work:<12} {counts}")
    for rows in summary.tables.values():
        for line in _table(rows):
            output.line(f"{'':<9} {line}")
    for note in summary.notes:
        output.line(f"{'':<9} {note}")
    for file in summary.files[:6] if with_files else ():
        output.line(f"{'':<9} {near(file)}")
    if with_files and len(summary.files) > 6:
        output.line(f"{'':<9} and {len(summary.files) - 6} more beside it")
    sys.stdout.flush()


def _plain(summary: Summary) -> dict[str, Any]:
    data = dataclasses.asdict(summary) | {"files": [str(file) for file in summary.files]}
    return {k: v for k, v in data.items() if v or k not in ("result", "tables", "left_out")}


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a table: its heading, its first rows, and how many more there are."""
    if not rows:
        return
    shown = [list(rows[0]), *([_cell(v) for v in row.values()] for row in rows[:_ROWS])]
    numeric = [isinstance(value, int) for value in rows[0].values()]
    widths = [max(cell_len(line[i]) for line in shown) for i in range(len(numeric))]
    for line in shown:
        cells = zip(line, widths, numeric, strict=True)
        yield "  ".join(_padded(text, width, right) for text, width, right in cells).rstrip()
    if len(rows) > _ROWS:
        yield f"and {len(rows) - _ROWS:,} rows more; --json lists all"


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else printable(value)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
