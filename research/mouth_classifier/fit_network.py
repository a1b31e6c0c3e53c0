"""Train one network on mouths in memory, with the training loop of the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from moue.model.spec import ModelSpec, resize
from moue.training.data import Crops
from moue.training.loop import Loop
from moue.training.recipes import Recipe
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import CROP_FRACTION, SIDE, Pixels

SoftLabels = npt.NDArray[np.float32]
Logits = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """Training samples in memory.

    Attributes:
        pixels: (N, SIDE, SIDE, 3) uint8.
        soft_labels: (N, K) target probabilities; uniform for samples without a visible mouth.
        sample_weights: (N,) relative sampling frequencies.
    """

    pixels: Pixels
    soft_labels: SoftLabels
    sample_weights: SoftLabels

    @staticmethod
    def join(parts: Sequence[TrainingSet]) -> TrainingSet:
        """Return the concatenation of several training sets."""
        return TrainingSet(
            pixels=np.concatenate([p.pixels for p in parts]),
            soft_labels=np.concatenate([p.soft_labels for p in parts]),
            sample_weights=np.concatenate([p.sample_weights for p in parts]),
        )


def training_set(
    pixels: Pixels, soft_labels: SoftLabels, recipe: Recipe, total_weight: float = 1.0
) -> TrainingSet:
    """Return a training set that samples rare labels more often, by `recipe.resample_power`.

    Args:
        total_weight: Sum of the sample weights, relative to the other parts of a joined set.
    """
    label = soft_labels.argmax(1)
    counts = np.bincount(label, minlength=len(LABELS)).astype(np.float32)
    # An exponent below 1 balances the labels only in part, so rare mouths are not repeated too
    # often.
    chance = counts[label] ** -recipe.resample_power
    return TrainingSet(
        pixels=pixels, soft_labels=soft_labels, sample_weights=total_weight * chance / chance.sum()
    )


def one_hot(labels: Sequence[str]) -> SoftLabels:
    """Return (N, K) with a 1 for each label."""
    return np.eye(len(LABELS), dtype=np.float32)[[LABELS.index(label) for label in labels]]


def centre_crops(pixels: Pixels, side: int, crop_fraction: float = CROP_FRACTION) -> Pixels:
    """Return (N, side, side, 3) centre crops of the squares, resized as the model does.

    Args:
        crop_fraction: Side of the crop as a fraction of the square; by default the mouth crop.
    """
    # Rounded as in `moue.training.augment`, so that training and validation see the same centre.
    start = round(SIDE * (1 - crop_fraction) / 2)
    crops = pixels[:, start : SIDE - start, start : SIDE - start]
    return np.stack([resize(crop, side) for crop in crops])


def fit(
    train_set: TrainingSet,
    val: TrainingSet,
    recipe: Recipe,
    seed: int,
    samples: int,
    report: Callable[[str], None] = lambda _: None,
    crop_fraction: float = CROP_FRACTION,
) -> Loop:
    """Train for all epochs and return the loop.

    Args:
        val: Validation set of each epoch.
        samples: Training samples per epoch.
        report: Called with a line of text after each epoch.
        crop_fraction: Crop fraction of the network input; see `centre_crops`.
    """
    seen = val_crops(val, recipe, crop_fraction)
    loop = Loop(
        recipe, recipe.spec(LABELS), crops(train_set, samples, crop_fraction), seen, seed, "cpu"
    )
    for number in range(1, recipe.epochs + 1):
        epoch = loop.run(number)
        report(
            f"loss {epoch.train_loss:.3f}  val {epoch.val_accuracy:.3f} / {epoch.val_recall:.3f}"
        )
    return loop


def logits(loop: Loop, pixels: Pixels, crop_fraction: float = CROP_FRACTION) -> Logits:
    """Return (N, K) logits of the centre crops of squares."""
    return network_logits(loop.eval_network, loop.spec, pixels, crop_fraction)


def network_logits(
    network: nn.Module, spec: ModelSpec, pixels: Pixels, crop_fraction: float = CROP_FRACTION
) -> Logits:
    """Return (N, K) logits of a network for the centre crops of squares."""
    crops = centre_crops(pixels, spec.resize, crop_fraction)
    found = []
    with torch.inference_mode():
        # In batches, so that the activations of all crops are never in memory together.
        for start in range(0, len(crops), 256):
            values = spec.tensor(crops[start : start + 256])
            found.append(network(torch.from_numpy(values)).numpy())
    return np.concatenate(found)


def crops(train_set: TrainingSet, samples: int, crop_fraction: float = CROP_FRACTION) -> Crops:
    """Return a training set as input of the loop, with `samples` mouths per epoch."""
    return Crops(
        pixels=torch.from_numpy(train_set.pixels),
        targets=torch.from_numpy(train_set.soft_labels.argmax(1)),
        soft_labels=torch.from_numpy(train_set.soft_labels),
        sample_weights=torch.from_numpy(train_set.sample_weights),
        samples_per_epoch=samples,
        crop_fraction=crop_fraction,
    )


def val_crops(val: TrainingSet, recipe: Recipe, crop_fraction: float = CROP_FRACTION) -> Crops:
    """Return a validation set as input of the loop: centre crops without a margin."""
    return Crops(
        pixels=torch.from_numpy(centre_crops(val.pixels, recipe.resize, crop_fraction)),
        targets=torch.from_numpy(val.soft_labels.argmax(1)),
    )
