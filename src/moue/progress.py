"""How stages report progress and results; the CLI decides how to show them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
Advance = Callable[[str], None]
"""Called after each item, with a short text about it or an empty one."""


class Progress(ABC):
    """Shows the progress of a long task."""

    @abstractmethod
    def task(self, what: str, total: int | None, unit: str = "") -> AbstractContextManager[Advance]:
        """Show a task while the context is open.

        Args:
            what: the name of the task.
            total: the number of items; None if unknown.
            unit: what is counted, such as `epoch`, if one item takes seconds.
        """

    @abstractmethod
    def say(self, text: str) -> None:
        """Show one line."""

    def track(self, items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
        """Yield the items; show their number so far, the rate and the remaining time."""
        if total == 0:
            return
        with self.task(what, total) as advance:
            for item in items:
                yield item
                advance("")


class NullProgress(Progress):
    """Shows nothing."""

    def task(self, what: str, total: int | None, unit: str = "") -> AbstractContextManager[Advance]:
        """Show nothing."""
        return nullcontext(lambda _: None)

    def say(self, text: str) -> None:
        """Show nothing."""


@dataclass(kw_only=True)
class Summary:
    """The results of a stage.

    Attributes:
        stage: the name of its command.
        done: number of items that this call processed; 0 without new ones.
        counts: the state after the call, as text and for `--json`.
        notes: sentences for the user.
        files: pages and pictures for the user to open.
        left_out: number of files and folders that were left out, by reason.
        result: the full results as plain data for `--json`; empty if the counts are all.
        tables: rows to print, by the name of the table; all rows of a table have the same keys.
    """

    stage: str
    done: int = 0
    counts: Mapping[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
