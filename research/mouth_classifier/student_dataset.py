"""The way from mouths to a trained network: labels, teachers, what is made, a pupil."""

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
from research.mouth_classifier.development_data import MADE, Mouth, mouths
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
"""The mesh's opinions below the first teach no teacher, all teachers' below the second no pupil."""
TEACHER_WEIGHT = 0.3
"""Share of what the teachers say in the goal of a labelled mouth."""
STUDENT = dataclasses.replace(BEST, epochs=24, ema_decay=0.985, patience=0)
GENERATED = {"gan": 0.2, "3d": 0.1}
"""How often a teacher is shown generated mouths, in proportion to labelled ones."""
PARTS = ("teachers", "generated", "pursed", "hidden")
"""The groups of data beside the labels; each can be left out, to see what it is worth."""


@dataclass(frozen=True)
class Data:
    """All mouths, their pixels, and what the face mesh measured.

    Attributes:
        pixels: (N, SIDE, SIDE, 3) uint8.
        features: (N, F) of `mesh_features`; rows of NaN where no face was found.
    """

    mouths: list[Mouth]
    pixels: Pixels
    features: SoftLabels

    @classmethod
    def load(cls, folder: Path, kept: Path, progress: Progress) -> Data:
        """Read the development data; the squares are cut once and kept."""
        found = mouths(folder)
        return cls(found, load_crops(folder, found, kept, progress), measured(folder, found))

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """(N,) indices into `LABELS`; -1 where there is none."""
        return np.array([LABELS.index(m.label) if m.label else -1 for m in self.mouths])

    @cached_property
    def sources(self) -> npt.NDArray[np.str_]:
        """(N,) names."""
        return np.array([m.source for m in self.mouths])

    @cached_property
    def generated(self) -> Mask:
        """(N,) whether nobody has this mouth."""
        return np.isin(self.sources, list(MADE.values()))

    @cached_property
    def right(self) -> SoftLabels:
        """(N, K) 1 at the label; all 0 where there is none."""
        right = np.zeros((len(self.mouths), len(LABELS)), np.float32)
        known = np.nonzero(self.labels >= 0)[0]
        right[known, self.labels[known]] = 1
        return right

    @cached_property
    def weak(self) -> SoftLabels:
        """(N, K) 1 where a label is possible."""
        return np.array([[label in m.weak for label in LABELS] for m in self.mouths], np.float32)

    def part(self, number: int, of: int) -> Mask:
        """Return one of several parts of all mouths; frames of one video stay together."""
        names = [m.file.partition("#")[0] for m in self.mouths]
        return np.array([zlib.crc32(name.encode()) % of == number for name in names])


def teachers(
    data: Data, may: Mask, parts: tuple[str, ...], seed: int, report: Callable[[str], None]
) -> SoftLabels:
    """Return (N, K) what the teachers together say of every mouth, of the labels its set allows.

    Args:
        may: what learning may use at all.
    """
    mesh = mesh_soft_labels(
        data.features, data.right, may & (data.labels >= 0) & ~data.generated, seed
    )
    known = np.where(mesh.max(1, keepdims=True) > MIN_TEACHER_CONFIDENCE, mesh, 0)
    asked = may & (data.labels < 0) & ~data.generated
    learn = [
        *_labelled(data, may, data.right, TEACHER),
        *_pseudo_labelled(data, asked, known, TEACHER, MIN_TEACHER_CONFIDENCE),
    ]
    learn += _beside_labels(data, may, TEACHER, parts)
    networks = network_soft_labels(TrainingSet.join(learn), data.pixels, seed, report)
    seen = np.isfinite(data.features).all(axis=1, keepdims=True)
    return np.where(seen, combine([mesh, *networks]), combine(networks))


def student_training_set(
    data: Data,
    may: Mask,
    recipe: Recipe = STUDENT,
    parts: tuple[str, ...] = PARTS,
    said: SoftLabels | None = None,
) -> TrainingSet:
    """Return all that a network learns from: the mouths it may, and what is made of them.

    Args:
        parts: of `PARTS`, what to learn from beside the labels.
        said: by the teachers; without them the labels teach alone.
    """
    right = (
        data.right if said is None else (1 - TEACHER_WEIGHT) * data.right + TEACHER_WEIGHT * said
    )
    learn = _labelled(data, may, right, recipe)
    if said is not None:
        nobody = data.generated & ("generated" in parts)
        asked = may & np.where(data.generated, nobody, data.labels < 0)
        learn += _pseudo_labelled(data, asked, said, recipe, MIN_STUDENT_CONFIDENCE)
    return TrainingSet.join([*learn, *_synthetic(data, may & ~data.generated, recipe, parts)])


def validation_set(data: Data, judge: Mask, recipe: Recipe = STUDENT) -> TrainingSet:
    """Return labelled mouths to validate on."""
    return training_set(data.pixels[judge], data.right[judge], recipe)


def _labelled(data: Data, may: Mask, right: SoftLabels, recipe: Recipe) -> list[TrainingSet]:
    known = may & (data.labels >= 0) & ~data.generated
    return [training_set(data.pixels[known], right[known], recipe)]


def _pseudo_labelled(
    data: Data, asked: Mask, said: SoftLabels, recipe: Recipe, sure: float
) -> list[TrainingSet]:
    """Return the mouths in `asked` of which opinions are sure, drawn as often as labelled ones."""
    possible = said * data.weak
    total = possible.sum(1, keepdims=True)
    possible = possible / np.where(total > 0, total, 1)
    # Sets that come with coarser labels of their own can tell that an opinion is wrong.
    agree = total[:, 0] > 0.5
    take = asked & agree & (possible.max(1) > sure)
    return [training_set(data.pixels[take], possible[take], recipe)] if take.any() else []


def generated_training_set(
    data: Data, may: Mask, kinds: tuple[str, ...], recipe: Recipe
) -> TrainingSet:
    """Return what a network learns from that sees no person: generated mouths of some `kinds`."""
    known = may & np.isin(data.sources, kinds) & (data.labels >= 0)
    learn = [_generated(data, known, kind, 1.0, recipe) for kind in kinds]
    return TrainingSet.join([*learn, *_synthetic(data, known, recipe, ("hidden",))])


def _beside_labels(
    data: Data, may: Mask, recipe: Recipe, parts: tuple[str, ...]
) -> list[TrainingSet]:
    """Return what comes beside people's mouths."""
    learn = _synthetic(data, may & ~data.generated, recipe, parts)
    if "generated" in parts:
        amounts = {kind: amount for kind, amount in GENERATED.items() if kind in data.sources}
        learn += [_generated(data, may, *each, recipe) for each in amounts.items()]
    return learn


def _generated(data: Data, may: Mask, kind: str, amount: float, recipe: Recipe) -> TrainingSet:
    some = may & (data.sources == kind) & (data.labels >= 0)
    return training_set(data.pixels[some], data.right[some], recipe, amount)


def _synthetic(data: Data, may: Mask, recipe: Recipe, parts: tuple[str, ...]) -> list[TrainingSet]:
    """Return what is made of the mouths in `may`."""
    rng = np.random.default_rng(5)
    found = []
    if "pursed" in parts:
        closed = rng.permutation(np.nonzero(may & (data.labels == LABELS.index("none")))[0])[:600]
        pouts = one_hot(["pout"] * len(closed))
        found.append(training_set(pursed_mouths(data.pixels[closed], 6), pouts, recipe, 0.15))
    if "hidden" in parts:
        some, others = (rng.permutation(np.nonzero(may)[0])[:800] for _ in range(2))
        unseen = [
            occluded_mouths(data.pixels[some], data.pixels[others], 7),
            off_mouth_crops(data.pixels[others], 8),
        ]
        pixels = np.concatenate(unseen)
        alike = np.full((len(pixels), len(LABELS)), 1 / len(LABELS), np.float32)
        found.append(training_set(pixels, alike, recipe, 0.15))
    return found
