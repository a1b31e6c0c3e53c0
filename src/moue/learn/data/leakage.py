"""The data of the figure `leakage`: the same pictures split by file and by person.

Each mouth appears as a burst of frames that differ a little, as a video gives them. The network is
trained on nine tenths, split by file or by person, and measured on the last tenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import wilson
from moue.learn.schedules import one_cycle
from moue.learn.small_training import Indices, Plan, rounded, train
from moue.learn.source import Mouths, Source

FRAMES = (1, 4)
"""Numbers of frames per moment that are compared."""
MOST = 160
"""Maximum number of moments, for the time."""
SHARE = 0.5
"""Share of the pictures that are measured."""
STEPS = 120
"""Number of optimiser steps of each training."""


def compute(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the accuracies by number of frames, and which pictures each split measures."""
    mouths = source.mouths
    chosen = np.unique(np.linspace(0, len(mouths) - 1, min(MOST, len(mouths))).astype(int))
    _, persons = np.unique(np.array(mouths.persons)[chosen], return_inverse=True)
    rows = []
    for frames in FRAMES:
        burst = bursts(mouths, chosen, frames)
        person = np.tile(persons, frames)
        by = {"file": np.arange(len(person)), "person": person}
        rows.append({"frames": frames} | {k: _measure(burst, v, person) for k, v in by.items()})
    return {
        "rows": rows, "moments": len(chosen), "persons": int(persons.max()) + 1,
        "labels": len(mouths.labels), "share": SHARE, "source": source.kind,
    }  # fmt: skip


def bursts(mouths: Mouths, chosen: Indices, frames: int) -> Mouths:
    """Return several slightly different pictures of each mouth: shifted, relit and noisy."""
    rng = np.random.default_rng(0)
    pixels = []
    for _ in range(frames):
        dy, dx = (int(v) for v in rng.integers(-2, 3, 2))
        moved = np.roll(mouths.pixels[chosen].astype(np.float32), (dy, dx), axis=(1, 2))
        noise = rng.normal(0, 4, moved.shape)
        pixels.append(np.clip(moved * rng.uniform(0.92, 1.08) + noise, 0, 255).astype(np.uint8))
    names = [mouths.names[index] for index in chosen] * frames
    return Mouths(
        names=tuple(names), pixels=np.concatenate(pixels), labels=mouths.labels,
        targets=np.tile(mouths.targets[chosen], frames),
        persons=tuple(mouths.persons[index] for index in chosen) * frames,
        splits=("train",) * len(names),
    )  # fmt: skip


def _measure(
    mouths: Mouths, groups: npt.NDArray[np.int64], persons: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Train on some groups and measure on the others."""
    measured = held_out(groups, 1)
    train_set, val_set = np.flatnonzero(~measured), np.flatnonzero(measured)
    epochs = max(1, round(STEPS / np.ceil(len(train_set) / 64)))
    plan = Plan(epochs=int(epochs), lr=0.05, schedule=one_cycle, augment=False)
    accuracy = train(mouths, train_set, val_set, plan).validation[-1]
    right = round(accuracy * len(val_set))
    interval = wilson(right, len(val_set))
    return {
        "right": right, "count": len(val_set), "accuracy": rounded(accuracy),
        "interval": None if interval is None else rounded(interval),
        "shared": rounded(float(np.isin(persons[val_set], persons[train_set]).mean())),
    }  # fmt: skip


def held_out(groups: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.bool_]:
    """Return the mask (N,) of a share of the groups, chosen at random."""
    names = np.unique(groups)
    count = max(1, round(len(names) * SHARE))
    chosen = np.random.default_rng(seed).permutation(names)[:count]
    return np.isin(groups, chosen)
