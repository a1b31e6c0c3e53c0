"""Training images per second: the loop of the tutorial compared with the recipes of moue.

The ratio counts the CPU time of all processes, that is, images per second of one core. By wall
time, the tutorial's eight workers use all cores and moue uses one; the table shows that ratio too.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any, TypeVar

import torch

from benchmarks.inputs import Bench, small_crops
from benchmarks.table import Row
from benchmarks.tutorial_training import WORKERS, Folder, Training
from moue.model.example import Example
from moue.training.data import load_crops
from moue.training.loop import Loop
from moue.training.recipes import RECIPES, RecipeName
from moue.workspace.types import LABELS

GOAL = 5.0
COUNT, VAL = 1000, 16
Result = TypeVar("Result")
AHEAD = 2 * WORKERS
"""Number of batches that the loader prepares ahead; its rate is steady after as many."""


@dataclass
class Pace:
    """Images per second of each pass, by wall time and by the CPU time of all processes."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def run(bench: Bench) -> list[Row]:
    """Train alternately, one pass each."""
    folder = bench.place("crops")
    files = small_crops(COUNT, folder)
    examples = [Example(name=f.stem, file=f, label=LABELS[int(f.parent.name)]) for f in files]
    once, long = Folder(folder), Folder(folder, bench.few(4, 2))
    training = Training()
    paces = {name: Pace() for name in ("pass", "steady", "classic", "fast")}
    with _as_trained():
        loops = {name: _loop(name, examples) for name in RECIPES}
        for turn in range(1 + bench.few(3, 2)):
            _measure(paces["pass"], COUNT, lambda: training.epoch(once))
            clock = _measure(paces["steady"], len(long), lambda: training.epoch(long))
            # The last batch may be a small one.
            seconds = clock[-2] - clock[AHEAD]
            paces["steady"].wall[-1] = 64 * (len(clock) - 2 - AHEAD) / seconds
            for name, loop in loops.items():
                _measure(paces[name], COUNT, partial(loop.run, turn + 1))
    return [
        _row(name, tutorial, paces[name], paces[key])
        for name in RECIPES
        for tutorial, key in (
            ("including the start of its workers", "pass"),
            ("workers already started", "steady"),
        )
    ]


def _row(name: str, tutorial: str, ours: Pace, theirs: Pace) -> Row:
    # The first pass of each warms up.
    wall = [median(pace.wall[1:]) for pace in (theirs, ours)]
    cpu = [median(pace.cpu[1:]) for pace in (theirs, ours)]
    return Row(
        step=f"train: {name}, {tutorial}",
        tutorial=f"{cpu[0]:.0f} images/s",
        moue=f"{cpu[1]:.0f} images/s",
        ratio=cpu[1] / cpu[0],
        wall=wall[1] / wall[0],
        goal=f"{GOAL:g}x",
        reached=cpu[1] >= GOAL * cpu[0],
        note=f"by wall time {wall[0]:.0f} and {wall[1]:.0f}; the workers of the tutorial use "
        f"{os.cpu_count()} cores, moue uses one",
    )


def _measure(pace: Pace, images: int, work: Callable[[], Result]) -> Result:
    wall, cpu = time.perf_counter(), _cpu()
    result = work()
    pace.cpu.append(images / (_cpu() - cpu))
    pace.wall.append(images / (time.perf_counter() - wall))
    return result


def _cpu() -> float:
    """Return the CPU seconds of this process and of its finished workers."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _loop(name: RecipeName, examples: list[Example]) -> Loop:
    recipe = RECIPES[name]
    spec = recipe.spec(LABELS)
    train, val = (load_crops(part, spec) for part in (examples, examples[:: COUNT // VAL]))
    return Loop(recipe, spec, train, val, seed=0, device="cpu")


@contextmanager
def _as_trained() -> Iterator[None]:
    """Use deterministic kernels, like `moue train`; they do not slow down the tutorial."""
    deterministic: Any = torch.utils.deterministic
    filling = deterministic.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    deterministic.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)
        deterministic.fill_uninitialized_memory = filling
