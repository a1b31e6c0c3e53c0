"""The way from mouths to a trained network: labels, opinions, a teacher, what is made, a pupil."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.model.calibration import softmax
from moue.model.loop import Loop
from moue.model.recipes import BEST, Recipe
from moue.progress import Progress
from moue.sample import LABELS
from training.cut import Pixels, cut_all
from training.fit import Lesson, Shares, fit, lesson, logits, one_hot
from training.made import elsewhere, hidden, pursed
from training.opinions import opinions
from training.sources import Mouth, mouths

Mask = npt.NDArray[np.bool_]
SURE = 0.8
"""Opinions below this are left out."""
DRAWS = 6144
"""Mouths that an epoch takes."""
TEACHER = dataclasses.replace(BEST, epochs=16, average=0.98)
PUPIL = dataclasses.replace(BEST, epochs=50, average=0.99)
PARTS = ("opinions", "pursed", "hidden")
"""The groups of data beside the labels; each can be left out, to see what it is worth. A fourth,
`teacher`, has a network speak of the unlabelled mouths too: no better, and dearer."""


@dataclass(frozen=True)
class Data:
    """All mouths, and their pixels.

    Attributes:
        pixels: (N, SIDE, SIDE, 3) uint8.
    """

    mouths: list[Mouth]
    pixels: Pixels

    @classmethod
    def load(cls, folder: Path, kept: Path, progress: Progress) -> Data:
        """Read the development data; the squares are cut once and kept."""
        found = mouths(folder)
        return cls(found, cut_all(folder, found, kept, progress))

    @cached_property
    def labels(self) -> npt.NDArray[np.int64]:
        """(N,) indices into `LABELS`; -1 where there is none."""
        return np.array([LABELS.index(m.label) if m.label else -1 for m in self.mouths])

    @cached_property
    def sources(self) -> npt.NDArray[np.str_]:
        """(N,) names."""
        return np.array([m.source for m in self.mouths])

    @cached_property
    def weak(self) -> Shares:
        """(N, K) 1 where a label is possible."""
        return np.array([[label in m.weak for label in LABELS] for m in self.mouths], np.float32)

    def part(self, number: int, of: int) -> Mask:
        """Return one of several parts of all mouths; frames of one video stay together."""
        names = [m.file.partition("#")[0] for m in self.mouths]
        return np.array([zlib.crc32(name.encode()) % of == number for name in names])


def pseudo_labels(
    data: Data, may: Mask, parts: tuple[str, ...], seed: int, told: Callable[[str], None]
) -> Shares:
    """Return (N, K) shares of the mouths without a label of which opinions are sure; NaN elsewhere.

    Machines that saw the faces speak first; a network that learnt from them and from the labels
    then speaks of every mouth. Where both speak they must agree.

    Args:
        may: what learning may use at all.
        parts: without `teacher` the machines alone speak.
    """
    machines = opinions(data.mouths, may.tolist())
    shares = _sure(data, machines, may)
    if "teacher" not in parts:
        return shares
    learn = Lesson.join(_real(data, may, shares, TEACHER))
    judge = lesson(data.pixels[may][:64], one_hot(["none"] * 64), TEACHER)
    network = fit(learn, judge, TEACHER, seed + 100, DRAWS, told)
    said = softmax(logits(network, data.pixels)).astype(np.float32)
    asked = ~np.isnan(machines[:, 0])
    agree = ~asked | (machines.argmax(1) == said.argmax(1))
    said[asked] = (said[asked] + machines[asked]) / 2
    said[~agree] = np.nan
    return _sure(data, said, may)


def syllabus(
    data: Data,
    may: Mask,
    recipe: Recipe = PUPIL,
    parts: tuple[str, ...] = PARTS,
    seed: int = 0,
    told: Callable[[str], None] = lambda _: None,
) -> Lesson:
    """Return all that a network learns from: the mouths it may, and what is made of them.

    Args:
        parts: of `PARTS`, what to learn from beside the labels.
    """
    shares = np.full((len(data.mouths), len(LABELS)), np.nan, np.float32)
    if "opinions" in parts:
        shares = pseudo_labels(data, may, parts, seed, told)
    return Lesson.join([*_real(data, may, shares, recipe), *_made(data, may, recipe, parts)])


def judges(data: Data, judge: Mask, recipe: Recipe = PUPIL) -> Lesson:
    """Return labelled mouths to validate on."""
    right = np.eye(len(LABELS), dtype=np.float32)[data.labels[judge]]
    return lesson(data.pixels[judge], right, recipe)


def teach(
    data: Data,
    may: Mask,
    judge: Mask,
    recipe: Recipe = PUPIL,
    parts: tuple[str, ...] = PARTS,
    seed: int = 0,
    told: Callable[[str], None] = lambda _: None,
) -> Loop:
    """Return a network that learnt from the mouths it may, validated on those in `judge`."""
    learn = syllabus(data, may, recipe, parts, seed, told)
    return fit(learn, judges(data, judge, recipe), recipe, seed, DRAWS, told)


def _real(data: Data, may: Mask, shares: Shares, recipe: Recipe) -> list[Lesson]:
    """Return the labelled mouths, and those with sure opinions, drawn equally often."""
    known = may & (data.labels >= 0)
    right = np.eye(len(LABELS), dtype=np.float32)[data.labels[known]]
    found = [lesson(data.pixels[known], right, recipe)]
    guessed = may & ~np.isnan(shares[:, 0])
    if guessed.any():
        found.append(lesson(data.pixels[guessed], shares[guessed], recipe))
    return found


def _made(data: Data, may: Mask, recipe: Recipe, parts: tuple[str, ...]) -> list[Lesson]:
    rng = np.random.default_rng(5)
    found = []
    if "pursed" in parts:
        closed = rng.permutation(np.nonzero(may & (data.labels == LABELS.index("none")))[0])[:600]
        pouts = one_hot(["pout"] * len(closed))
        found.append(lesson(pursed(data.pixels[closed], 6), pouts, recipe, 0.15))
    if "hidden" in parts:
        some, others = (rng.permutation(np.nonzero(may)[0])[:800] for _ in range(2))
        unseen = [
            hidden(data.pixels[some], data.pixels[others], 7),
            elsewhere(data.pixels[others], 8),
        ]
        pixels = np.concatenate(unseen)
        alike = np.full((len(pixels), len(LABELS)), 1 / len(LABELS), np.float32)
        found.append(lesson(pixels, alike, recipe, 0.15))
    return found


def _sure(data: Data, shares: Shares, may: Mask) -> Shares:
    """Keep what is sure, possible by the mouth's set, and not labelled."""
    possible = shares * data.weak
    total = possible.sum(1, keepdims=True)
    keep = may & (data.labels < 0) & (total[:, 0] > 0.5)
    possible = possible / np.where(total > 0, total, 1)
    keep &= np.nan_to_num(possible.max(1)) > SURE
    return np.where(keep[:, None], possible, np.nan).astype(np.float32)
