"""One training, by the package's own loop, on mouths in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from moue.model.spec import ModelSpec, resize
from moue.training.data import Crops
from moue.training.loop import Loop
from moue.training.networks import Network
from moue.training.recipes import Recipe
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import SHARE, SIDE, Pixels

SoftLabels = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """What a network learns from.

    Attributes:
        pixels: (N, SIDE, SIDE, 3) uint8.
        soft_labels: (N, K) how much of each label a mouth is; all alike where it should not know.
        sample_weights: (N,) relative frequency at which each mouth is drawn.
    """

    pixels: Pixels
    soft_labels: SoftLabels
    sample_weights: SoftLabels

    @staticmethod
    def join(parts: Sequence[TrainingSet]) -> TrainingSet:
        """Return all parts as one."""
        return TrainingSet(
            pixels=np.concatenate([p.pixels for p in parts]),
            soft_labels=np.concatenate([p.soft_labels for p in parts]),
            sample_weights=np.concatenate([p.sample_weights for p in parts]),
        )


def training_set(
    pixels: Pixels, shares: SoftLabels, recipe: Recipe, amount: float = 1.0
) -> TrainingSet:
    """Return mouths whose rare labels are drawn more often, as the recipe says.

    Args:
        amount: their part of all draws, in proportion to the other parts.
    """
    label = shares.argmax(1)
    counts = np.bincount(label, minlength=len(LABELS)).astype(np.float32)
    chance = counts[label] ** -recipe.resample_power
    return TrainingSet(
        pixels=pixels, soft_labels=shares, sample_weights=amount * chance / chance.sum()
    )


def one_hot(labels: Sequence[str]) -> SoftLabels:
    """Return (N, K) with a 1 for each label."""
    return np.eye(len(LABELS), dtype=np.float32)[[LABELS.index(label) for label in labels]]


def inner(pixels: Pixels, side: int, share: float = SHARE) -> Pixels:
    """Return the middle of squares, (N, side, side, 3), by the model's own resizing.

    Args:
        share: of the squares' side; as it is, the mouth crop.
    """
    start = round(SIDE * (1 - share) / 2)
    crops = pixels[:, start : SIDE - start, start : SIDE - start]
    return np.stack([resize(crop, side) for crop in crops])


def fit(
    learn: TrainingSet,
    judge: TrainingSet,
    recipe: Recipe,
    seed: int,
    draws: int,
    report: Callable[[str], None] = lambda _: None,
    share: float = SHARE,
) -> Loop:
    """Return a finished training.

    Args:
        judge: what each epoch is validated on.
        draws: pictures of an epoch.
        report: receives a line after each epoch.
        share: of the squares' side that the network sees, as in `inner`.
    """
    seen = judged(judge, recipe, share)
    loop = Loop(recipe, recipe.spec(LABELS), crops(learn, draws, share), seen, seed, "cpu")
    for number in range(1, recipe.epochs + 1):
        epoch = loop.run(number)
        report(
            f"loss {epoch.train_loss:.3f}  val {epoch.val_accuracy:.3f} / {epoch.val_recall:.3f}"
        )
    return loop


def logits(loop: Loop, pixels: Pixels, share: float = SHARE) -> Logits:
    """Return (N, K) logits of the squares' middle."""
    return network_logits(loop.eval_network, loop.spec, pixels, share)


def network_logits(
    network: Network, spec: ModelSpec, pixels: Pixels, share: float = SHARE
) -> Logits:
    """Return (N, K) logits of the squares' middle by any network."""
    crops = inner(pixels, spec.resize, share)
    found = []
    with torch.inference_mode():
        for start in range(0, len(crops), 256):
            values = spec.tensor(crops[start : start + 256])
            found.append(network(torch.from_numpy(values)).numpy())
    return np.concatenate(found)


def crops(learn: TrainingSet, draws: int, share: float = SHARE) -> Crops:
    """Return what the loop learns from, so many mouths an epoch."""
    return Crops(
        pixels=torch.from_numpy(learn.pixels),
        targets=torch.from_numpy(learn.soft_labels.argmax(1)),
        soft_labels=torch.from_numpy(learn.soft_labels),
        sample_weights=torch.from_numpy(learn.sample_weights),
        samples_per_epoch=draws,
        crop_fraction=share,
    )


def judged(judge: TrainingSet, recipe: Recipe, share: float = SHARE) -> Crops:
    """Return what the loop validates on: the mouth crops alone."""
    return Crops(
        pixels=torch.from_numpy(inner(judge.pixels, recipe.resize, share)),
        targets=torch.from_numpy(judge.soft_labels.argmax(1)),
    )
