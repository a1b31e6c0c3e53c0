"""The training set of the student: labels, outputs of the teachers, and crops without a mouth."""

from __future__ import annotations

import dataclasses
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.progress import Progress
from moue.training.recipes import BEST, Recipe
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import Pixels, load_crops
from research.mouth_classifier.development_data import Mouth, mouths
from research.mouth_classifier.fit_network import (
    SoftLabels,
    TrainingSet,
    one_hot,
    training_set,
)
from research.mouth_classifier.rendered_heads import read_heads
from research.mouth_classifier.synthetic_crops import occluded_mouths, off_mouth_crops

Mask = npt.NDArray[np.bool_]
TEACHER_WEIGHT = 0.7
"""Weight of the teachers' probabilities in the soft label of a labelled mouth."""
POUT_ODDS = 1.5
"""Factor of the teachers' odds of a pout. Out of fold, it raises the recall of pouts by 3
percentage points and leaves the macro-F1 as it is."""
LABELLED, UNLABELLED, HIDDEN, RENDERED = 0.48, 0.4, 0.08, 0.04
"""Shares of the training samples: mouths with a label, mouths without a label, pictures without a
visible mouth, rendered heads."""
HEADS = "heads"
"""Folder of the rendered heads in the data folder, written by `draw-varied-heads`."""
BALANCE = 0.6
"""A label with n mouths is drawn with a frequency proportional to n ** (1 - BALANCE)."""
SAMPLES_PER_EPOCH = 16384
STUDENT = dataclasses.replace(BEST, epochs=40, ema_decay=0.995, mixup=0.0, patience=0)


@dataclass(frozen=True)
class Data:
    """All mouths and their pixels.

    Attributes:
        folder: Folder of the development sets.
        pixels: (N, SIDE, SIDE, 3) uint8.
        heads: Rendered heads. They are added to each training set, and never evaluated.
    """

    folder: Path
    mouths: list[Mouth]
    pixels: Pixels
    heads: TrainingSet

    @classmethod
    def load(cls, folder: Path, kept: Path, progress: Progress) -> Data:
        """Load the development data; the crops are cached in the folder `kept`."""
        found = mouths(folder)
        return cls(folder, found, load_crops(folder, found, kept, progress), _heads(folder / HEADS))

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """(N,) indices into `LABELS`; -1 without a label."""
        return np.array([LABELS.index(m.label) if m.label else -1 for m in self.mouths])

    @cached_property
    def mild(self) -> Mask:
        """(N,) whether the passes agree on a pout, but not on its strength."""
        return np.array([m.label is not None and _is_mixed(m) for m in self.mouths])

    @cached_property
    def sources(self) -> npt.NDArray[np.str_]:
        """(N,) names of the sources."""
        return np.array([m.source for m in self.mouths])

    @cached_property
    def targets(self) -> SoftLabels:
        """(N, K) target probabilities of the passes; all 0 without a label."""
        targets = np.zeros((len(self.mouths), len(LABELS)), np.float32)
        known = np.nonzero(self.labels >= 0)[0]
        targets[known, self.labels[known]] = 1
        for index, mouth in enumerate(self.mouths):
            if mouth.label is not None and mouth.target is not None:
                targets[index] = mouth.target
        return targets

    def part(self, number: int, of: int) -> Mask:
        """Return part `number` of `of` parts of all mouths; mouths of one person stay together."""
        # crc32, not `hash`: the hash of a text differs between processes.
        return np.array([zlib.crc32(m.person.encode()) % of == number for m in self.mouths])


def student_training_set(data: Data, allowed: Mask, teacher: SoftLabels) -> TrainingSet:
    """Return the training set of the student.

    Args:
        allowed: (N,) mask of the mouths that may be used for training.
        teacher: (N, K) probabilities of the teachers.
    """
    labelled = data.labels >= 0
    teacher = teacher * np.where(np.array(LABELS) == "pout", POUT_ODDS, 1).astype(np.float32)
    teacher = teacher / teacher.sum(1, keepdims=True)
    mixed = (1 - TEACHER_WEIGHT) * data.targets + TEACHER_WEIGHT * teacher
    soft = np.where(labelled[:, None], mixed, teacher).astype(np.float32)
    weights = LABELLED * _weights(data, soft, allowed & labelled)
    weights += UNLABELLED * _weights(data, soft, allowed & ~labelled)
    used = np.nonzero(weights > 0)[0]
    seen = TrainingSet(
        pixels=data.pixels[used],
        soft_labels=soft[used],
        sample_weights=weights[used].astype(np.float32),
    )
    return TrainingSet.join([seen, _without_mouth(data, allowed), data.heads])


def validation_set(data: Data, val: Mask, recipe: Recipe = STUDENT) -> TrainingSet:
    """Return the validation set: the labelled mouths of `val`."""
    return training_set(data.pixels[val], data.targets[val], recipe)


def _heads(folder: Path) -> TrainingSet:
    pixels, labels, _ = read_heads(folder)
    return training_set(pixels, one_hot(labels), STUDENT, RENDERED)


def _weights(data: Data, soft: SoftLabels, where: Mask) -> npt.NDArray[np.float64]:
    """Return (N,) sampling frequencies with sum 1; rare labels and rare persons count more."""
    frames = Counter(m.person for m in data.mouths)
    # No person or clip fills a label: n frames count as much as the square root of n persons.
    person = np.array([frames[m.person] ** -0.5 for m in data.mouths])
    label = soft.argmax(1)
    totals = np.bincount(label[where], weights=person[where], minlength=len(LABELS))
    weights = np.where(where, person * (totals[label] + 1) ** -BALANCE, 0)
    return np.asarray(weights / max(weights.sum(), 1e-12))


def _without_mouth(data: Data, allowed: Mask) -> TrainingSet:
    """Return covered mouths and crops beside the mouth, whose target is uniform."""
    rng = np.random.default_rng(5)
    some, others = (rng.permutation(np.nonzero(allowed)[0])[:2000] for _ in range(2))
    hidden = [
        occluded_mouths(data.pixels[some], data.pixels[others], 7),
        off_mouth_crops(data.pixels[others], 8),
    ]
    pixels = np.concatenate(hidden)
    # Without a visible mouth no label is right, so a low probability makes the model abstain.
    shape = (len(pixels), len(LABELS))
    return TrainingSet(
        pixels=pixels,
        soft_labels=np.full(shape, 1 / len(LABELS), np.float32),
        sample_weights=np.full(len(pixels), HIDDEN / len(pixels), np.float32),
    )


def _is_mixed(mouth: Mouth) -> bool:
    return mouth.target is not None and max(mouth.target) < 1
