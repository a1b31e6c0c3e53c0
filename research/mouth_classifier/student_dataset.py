"""Training sets of the teachers and the student: labels, pseudo-labels and synthetic crops."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.progress import Progress
from moue.training.recipes import BEST, Recipe
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import Pixels, load_crops
from research.mouth_classifier.development_data import GENERATED_TABLES, Mouth, mouths
from research.mouth_classifier.fit_network import SoftLabels, TrainingSet, one_hot, training_set
from research.mouth_classifier.mesh_features import measured
from research.mouth_classifier.synthetic_crops import (
    occluded_mouths,
    off_mouth_crops,
    pursed_mouths,
)
from research.mouth_classifier.teachers import (
    TEACHER,
    combine,
    mesh_soft_labels,
    network_soft_labels,
)

Mask = npt.NDArray[np.bool_]
MIN_TEACHER_CONFIDENCE, MIN_STUDENT_CONFIDENCE = 0.8, 0.5
"""Minimum probability of a pseudo-label: of the mesh for the teachers, of the teachers for the
student."""
TEACHER_WEIGHT = 0.3
"""Weight of the teachers' probabilities in the soft label of a labelled mouth."""
STUDENT = dataclasses.replace(BEST, epochs=24, ema_decay=0.985, patience=0)
GENERATED = {"gan": 0.2, "3d": 0.1}
"""Sampling frequency of generated mouths for the teachers, relative to labelled mouths."""
PARTS = ("teachers", "generated", "pursed", "hidden")
"""The groups of data in addition to the labels; `evaluate-data-groups` leaves them out in turn."""


@dataclass(frozen=True)
class Data:
    """All mouths, their pixels and their mesh features.

    Attributes:
        pixels: (N, SIDE, SIDE, 3) uint8.
        features: (N, F) of `mesh_features`; rows of NaN where no face was found.
    """

    mouths: list[Mouth]
    pixels: Pixels
    features: SoftLabels

    @classmethod
    def load(cls, folder: Path, kept: Path, progress: Progress) -> Data:
        """Load the development data; the crops are cached in the folder `kept`."""
        found = mouths(folder)
        return cls(found, load_crops(folder, found, kept, progress), measured(folder, found))

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """(N,) indices into `LABELS`; -1 without a label."""
        return np.array([LABELS.index(m.label) if m.label else -1 for m in self.mouths])

    @cached_property
    def sources(self) -> npt.NDArray[np.str_]:
        """(N,) names of the sources."""
        return np.array([m.source for m in self.mouths])

    @cached_property
    def generated(self) -> Mask:
        """(N,) whether the mouth is of a generated face."""
        return np.isin(self.sources, list(GENERATED_TABLES.values()))

    @cached_property
    def one_hot_labels(self) -> SoftLabels:
        """(N, K) 1 at the label; all 0 without a label."""
        targets = np.zeros((len(self.mouths), len(LABELS)), np.float32)
        known = np.nonzero(self.labels >= 0)[0]
        targets[known, self.labels[known]] = 1
        return targets

    @cached_property
    def weak(self) -> SoftLabels:
        """(N, K) 1 where a label is possible."""
        return np.array([[label in m.weak for label in LABELS] for m in self.mouths], np.float32)

    def part(self, number: int, of: int) -> Mask:
        """Return part `number` of `of` parts of all mouths; frames of one video stay together."""
        names = [m.file.partition("#")[0] for m in self.mouths]
        # crc32, not `hash`: the hash of a text differs between processes.
        return np.array([zlib.crc32(name.encode()) % of == number for name in names])


def teachers(
    data: Data, allowed: Mask, parts: tuple[str, ...], seed: int, report: Callable[[str], None]
) -> SoftLabels:
    """Return the (N, K) combined probabilities of all teachers for every mouth.

    Args:
        allowed: (N,) mask of the mouths that may be used for training.
    """
    targets, labelled = data.one_hot_labels, data.labels >= 0
    mesh = mesh_soft_labels(data.features, targets, allowed & labelled & ~data.generated, seed)
    confident = np.where(mesh.max(1, keepdims=True) > MIN_TEACHER_CONFIDENCE, mesh, 0)
    unlabelled = allowed & ~labelled & ~data.generated
    sets = [
        *_labelled(data, allowed, targets, TEACHER),
        *_pseudo_labelled(data, unlabelled, confident, TEACHER, MIN_TEACHER_CONFIDENCE),
    ]
    sets += _beside_labels(data, allowed, TEACHER, parts)
    networks = network_soft_labels(TrainingSet.join(sets), data.pixels, seed, report)
    # Without a mesh, its uniform probabilities would only flatten those of the networks.
    seen = np.isfinite(data.features).all(axis=1, keepdims=True)
    return np.where(seen, combine([mesh, *networks]), combine(networks))


def student_training_set(
    data: Data,
    allowed: Mask,
    recipe: Recipe = STUDENT,
    parts: tuple[str, ...] = PARTS,
    teacher_probs: SoftLabels | None = None,
) -> TrainingSet:
    """Return the training set of the student: the allowed mouths and the synthetic ones.

    Args:
        allowed: (N,) mask of the mouths that may be used for training.
        parts: Members of `PARTS` to use in addition to the labels.
        teacher_probs: (N, K) probabilities of the teachers; None uses the labels alone.
    """
    soft = data.one_hot_labels
    if teacher_probs is not None:
        soft = (1 - TEACHER_WEIGHT) * soft + TEACHER_WEIGHT * teacher_probs
    sets = _labelled(data, allowed, soft, recipe)
    if teacher_probs is not None:
        generated = data.generated & ("generated" in parts)
        unlabelled = allowed & np.where(data.generated, generated, data.labels < 0)
        sets += _pseudo_labelled(data, unlabelled, teacher_probs, recipe, MIN_STUDENT_CONFIDENCE)
    return TrainingSet.join([*sets, *_synthetic(data, allowed & ~data.generated, recipe, parts)])


def validation_set(data: Data, val: Mask, recipe: Recipe = STUDENT) -> TrainingSet:
    """Return the validation set: the labelled mouths of `val`."""
    return training_set(data.pixels[val], data.one_hot_labels[val], recipe)


def _labelled(data: Data, allowed: Mask, soft: SoftLabels, recipe: Recipe) -> list[TrainingSet]:
    known = allowed & (data.labels >= 0) & ~data.generated
    return [training_set(data.pixels[known], soft[known], recipe)]


def _pseudo_labelled(
    data: Data, unlabelled: Mask, probs: SoftLabels, recipe: Recipe, min_confidence: float
) -> list[TrainingSet]:
    """Return the confident pseudo-labels, drawn as often as labelled mouths."""
    # Only labels that the weak label allows; their sum is the agreement with it.
    possible = probs * data.weak
    total = possible.sum(1, keepdims=True)
    possible = possible / np.where(total > 0, total, 1)
    # A pseudo-label that contradicts a weak label is wrong.
    agree = total[:, 0] > 0.5
    take = unlabelled & agree & (possible.max(1) > min_confidence)
    return [training_set(data.pixels[take], possible[take], recipe)] if take.any() else []


def _beside_labels(
    data: Data, allowed: Mask, recipe: Recipe, parts: tuple[str, ...]
) -> list[TrainingSet]:
    """Return the synthetic and generated mouths."""
    sets = _synthetic(data, allowed & ~data.generated, recipe, parts)
    if "generated" in parts:
        amounts = {kind: amount for kind, amount in GENERATED.items() if kind in data.sources}
        sets += [_generated(data, allowed, *each, recipe) for each in amounts.items()]
    return sets


def _generated(data: Data, allowed: Mask, kind: str, amount: float, recipe: Recipe) -> TrainingSet:
    some = allowed & (data.sources == kind) & (data.labels >= 0)
    return training_set(data.pixels[some], data.one_hot_labels[some], recipe, amount)


def _synthetic(
    data: Data, allowed: Mask, recipe: Recipe, parts: tuple[str, ...]
) -> list[TrainingSet]:
    """Return the synthetic crops that are made from the mouths in `allowed`."""
    rng = np.random.default_rng(5)
    found = []
    if "pursed" in parts:
        closed = rng.permutation(np.nonzero(allowed & (data.labels == LABELS.index("none")))[0])[
            :600
        ]
        pouts = one_hot(["pout"] * len(closed))
        found.append(training_set(pursed_mouths(data.pixels[closed], 6), pouts, recipe, 0.15))
    if "hidden" in parts:
        some, others = (rng.permutation(np.nonzero(allowed)[0])[:800] for _ in range(2))
        without_mouth = [
            occluded_mouths(data.pixels[some], data.pixels[others], 7),
            off_mouth_crops(data.pixels[others], 8),
        ]
        pixels = np.concatenate(without_mouth)
        # Without a visible mouth no label is right, so a low probability makes the model abstain.
        uniform = np.full((len(pixels), len(LABELS)), 1 / len(LABELS), np.float32)
        found.append(training_set(pixels, uniform, recipe, 0.15))
    return found
