"""How stages tell what they are doing; how it is shown is not their concern."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")
Advance = Callable[[str], None]
"""Called after each item, with a few words on it or an empty text."""


class Progress(ABC):
    """Shows how far a long work is."""

    @abstractmethod
    def task(self, what: str, total: int | None, unit: str = "") -> AbstractContextManager[Advance]:
        """Show a piece of work while the context is open.

        Args:
            unit: what is counted, such as `epoch`, where one takes seconds.
        """

    @abstractmethod
    def say(self, text: str) -> None:
        """Show one line."""

    def track(self, items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
        """Yield the items, and show how many have passed, the rate and the time left."""
        if total == 0:
            return
        with self.task(what, total) as advance:
            for item in items:
                yield item
                advance("")


class NullProgress(Progress):
    """Shows nothing."""

    def task(self, what: str, total: int | None, unit: str = "") -> AbstractContextManager[Advance]:
        """Take no notice."""
        return nullcontext(lambda _: None)

    def say(self, text: str) -> None:
        """Drop the line."""


@dataclass(kw_only=True)
class Summary:
    """What a stage did.

    Attributes:
        stage: its command.
        done: how many items it worked on this time; 0 when there was nothing new.
        counts: the present state, for people and for `--json`.
        notes: sentences worth reading.
        files: pages and pictures worth opening.
        left_out: how many files and folders were not looked at, by reason.
        result: all that was found, as plain data for `--json`; empty where that is no more.
        tables: rows worth reading, by the table's name; every row of a table has the same keys.
    """

    stage: str
    done: int = 0
    counts: Mapping[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
