"""Time two implementations alternately, so that a busy moment affects both."""

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
    """Median milliseconds per item: CPU time of this process, and wall time."""

    cpu: float
    wall: float


def race(
    tutorial: Callable[[Item], object],
    moue: Callable[[Item], object],
    items: Sequence[Item],
    repeats: int,
) -> tuple[Spent, Spent]:
    """Time both on every item, alternately and `repeats` times, after one warm-up call.

    Returns:
        For both, the median over the items of the medians over the repeats.
    """
    ways = (tutorial, moue)
    for way in ways:
        way(items[0])
    taken: list[list[list[Spent]]] = [[[] for _ in items] for _ in ways]
    for repeat in range(repeats):
        for index, item in enumerate(items):
            for turn in range(2):
                # The order changes, so that neither always starts with the caches of the other.
                which = (turn + repeat + index) % 2
                taken[which][index].append(timed(partial(ways[which], item)))
    # Medians, since a busy moment makes single times long but never short.
    first, second = (middle([middle(runs) for runs in way]) for way in taken)
    return first, second


def timed(work: Callable[[], object]) -> Spent:
    """Run `work` once; return its times."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3)


def middle(runs: Sequence[Spent]) -> Spent:
    """Return the medians of CPU and wall time."""
    return Spent(median(run.cpu for run in runs), median(run.wall for run in runs))
