"""A task of a worker: one function, applied to a list of items.

The worker processes of this machine and the workers of a cluster run the same tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from moue.memory_budget import TooHeavyForWorker

Item = TypeVar("Item")
Result = TypeVar("Result")


@runtime_checkable
class TaskFunction(Protocol):
    """A function of `Engine.map` that also completes the results of a task: of many items."""

    def __call__(self, item: Any, /) -> Any:
        """Return the result of one item."""
        ...

    def finish(self, results: list[Any]) -> list[Any]:
        """Return the completed results of one task of a cluster; called on the node."""
        ...


@dataclass(frozen=True, slots=True)
class HeavyItem:
    """An item that needs more memory than a worker may use; the parent process computes it."""

    item: Any


def apply_to_items(function: Callable[[Item], Result], items: list[Item]) -> list[Any]:
    """Return the results of a list of items; a `HeavyItem` stands for an item that is too heavy."""
    return [_or_heavy(function, item) for item in items]


def _or_heavy(function: Callable[[Item], Result], item: Item) -> Any:
    try:
        return function(item)
    except TooHeavyForWorker:
        return HeavyItem(item)
