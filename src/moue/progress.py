"""Interfaces by which stages report progress and results to the CLI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
Advance = Callable[[str], None]
"""Function to call after each item, with a short text about the item or an empty text."""


class Progress:
    """Interface that shows the progress of long tasks; this base class shows nothing."""

    def task(self, what: str, total: int | None, unit: str = "") -> AbstractContextManager[Advance]:
        """Show a task while the context is open.

        Args:
            what: name of the task.
            total: number of items; None if unknown.
            unit: name of one item, such as `epoch`, for a rate in seconds per item; empty for a
                rate in items per second.

        Returns:
            A context manager that yields the function to call after each item.
        """
        return nullcontext(lambda _: None)

    def say(self, text: str) -> None:
        """Show one line of text."""

    def report(self, kind: str, **values: Any) -> None:
        """Report data about the task to the program that started the command, if one did.

        Args:
            kind: name of the event, such as `epoch`.
            values: plain data for JSON.
        """

    def track(
        self,
        items: Iterable[Item],
        what: str,
        total: int | None,
        describe: Callable[[], str] = str,
    ) -> Iterator[Item]:
        """Yield the items, and show the number of processed items, the rate and the remaining time.

        Args:
            items: items of the task.
            what: name of the task.
            total: number of items; None if unknown.
            describe: function that returns a short text to show beside the bar.
        """
        if total == 0:
            return
        with self.task(what, total) as advance:
            for item in items:
                yield item
                advance(describe())


@dataclass(kw_only=True)
class Summary:
    """The results of one call of a stage.

    Attributes:
        stage: name of the command of the stage.
        done: number of items that this call processed; 0 if there were no new items.
        counts: numbers that describe the workspace after the call, by name.
        notes: sentences for the user.
        files: reports and pictures that the user can open.
        left_out: number of skipped files and folders, by reason.
        result: further results as plain data for `--json`; empty if `counts` is complete.
        tables: rows to print, by name of the table. A row contains cells by column name; all rows
            of a table have the same columns.
    """

    stage: str
    done: int = 0
    counts: Mapping[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
