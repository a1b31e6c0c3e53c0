"""Timing two ways of doing one thing, taken in turns so that a busy moment hits both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Spent:
    """Median milliseconds for one item: of this process's CPU, and of the clock."""

    cpu: float
    wall: float


def race(
    tutorial: Callable[[Item], object],
    moue: Callable[[Item], object],
    items: Sequence[Item],
    repeats: int,
) -> tuple[Spent, Spent]:
    """Time both on every item, `repeats` times and in turns, after one round to warm up.

    Returns:
        For each the median over the items of each item's median over the repeats.
    """
    ways = (tutorial, moue)
    for way in ways:
        way(items[0])
    taken: list[list[list[Spent]]] = [[[] for _ in items] for _ in ways]
    for repeat in range(repeats):
        for index, item in enumerate(items):
            for turn in range(2):
                which = (turn + repeat + index) % 2
                taken[which][index].append(timed(partial(ways[which], item)))
    first, second = (middle([middle(runs) for runs in way]) for way in taken)
    return first, second


def timed(work: Callable[[], object]) -> Spent:
    """Run `work` once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3)


def middle(runs: Sequence[Spent]) -> Spent:
    """Return the median of each figure."""
    return Spent(median(run.cpu for run in runs), median(run.wall for run in runs))
