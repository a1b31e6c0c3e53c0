"""The learning-rate schedules that the course compares, as factors of the learning rate."""

from __future__ import annotations

import math

from moue.learn.small_training import Schedule

RISE = 0.2
"""Share of the training in which the one-cycle schedule raises the learning rate."""


def constant(share: float) -> float:
    """Return 1."""
    return 1.0


def step(share: float) -> float:
    """Return 1, then a tenth after two thirds, as StepLR with a fitting step size."""
    return 0.1 if share >= 2 / 3 else 1.0


def cosine(share: float) -> float:
    """Return half a cosine from 1 to 0."""
    return 0.5 + 0.5 * math.cos(math.pi * share)


def one_cycle(share: float) -> float:
    """Return a rise from 0.1 to 1, then half a cosine to 0, as moue's recipes `fast` and `best`."""
    if share < RISE:
        return 0.1 + 0.9 * share / RISE
    return 0.5 + 0.5 * math.cos(math.pi * (share - RISE) / (1 - RISE))


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one_cycle": one_cycle,
}
"""Schedules by name, in the order of the figure."""
