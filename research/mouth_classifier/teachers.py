"""What three independent judges say of every mouth: two networks and the face mesh's measures.

Each errs elsewhere, so together they are better than any of them; the small network that ships
learns from what they say where no label is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from moue.training.networks import NETWORKS, Network, convolution, standardized_grey
from moue.training.recipes import BEST
from research.mouth_classifier.crops import Pixels
from research.mouth_classifier.fit_network import (
    SoftLabels,
    TrainingSet,
    fit,
    logits,
    one_hot,
    training_set,
)
from research.mouth_classifier.mesh_classifier import STEPS, mesh_probabilities

WIDE = 0.92
"""Share of the squares that the second network sees: lips, nose and chin, 2.2 times the lips."""
SAMPLES_PER_EPOCH = 6144
"""Mouths that an epoch takes."""


class WideNet(Network):
    """As `MouthNet`, of 64x64 pixels and more channels: a teacher need not be quick."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        width = 24
        self.chain = nn.Sequential(
            *standardized_grey(),
            *convolution(1, width),
            *convolution(width, 2 * width),
            *convolution(2 * width, 2 * width, stride=1),
            *convolution(2 * width, 4 * width),
            *convolution(4 * width, 4 * width, stride=1),
            *convolution(4 * width, 6 * width),
            nn.Dropout(0.2),
            nn.Flatten(),
            nn.Linear(6 * width * 4 * 4, classes),
        )


NETWORKS["widenet"] = WideNet
TEACHER = dataclasses.replace(BEST, epochs=16, ema_decay=0.98, mixup=0.0)
WIDE_TEACHER = dataclasses.replace(TEACHER, network="widenet", resize=64, input_size=64)


def mesh_soft_labels(
    features: SoftLabels, shares: SoftLabels, learn: np.ndarray, seed: int, steps: int = STEPS
) -> SoftLabels:
    """Return (N, K) what the mesh's measures say; all labels alike where no mesh was found."""
    said = mesh_probabilities(features, shares, learn, seed, steps)
    return np.where(np.isfinite(said), said, 1 / said.shape[1]).astype(np.float32)


def network_soft_labels(
    learn: TrainingSet, pixels: Pixels, seed: int, report: Callable[[str], None]
) -> list[SoftLabels]:
    """Return what a network of the mouth, and one of its surroundings too, say of every square."""
    # Nothing is chosen by it, so the judging set is of no matter.
    judge = training_set(pixels[:8], one_hot(["none"] * 8), TEACHER)
    near = logits(fit(learn, judge, TEACHER, seed, SAMPLES_PER_EPOCH, report), pixels)
    far = logits(
        fit(learn, judge, WIDE_TEACHER, seed, SAMPLES_PER_EPOCH, report, WIDE), pixels, WIDE
    )
    return [np.asarray(torch.from_numpy(said).softmax(1).numpy()) for said in (near, far)]


def combine(said: Sequence[SoftLabels]) -> SoftLabels:
    """Return the geometric mean, so that one who is sure it cannot be counts for much."""
    logs = np.mean([np.log(shares + 1e-3) for shares in said], axis=0)
    shares = np.exp(logs)
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)
