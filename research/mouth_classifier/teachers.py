"""The teachers of the bundled classifier: two networks and a classifier of face mesh features.

The teachers make different errors, so their combination is better than each of them. The student
is trained on their probabilities where a mouth has no label.
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

WIDE_FRACTION = 0.92
"""Crop fraction of the second network: lips, nose and chin, 2.2 times the lip box."""
SAMPLES_PER_EPOCH = 6144
"""Training samples per epoch."""


class WideNet(Network):
    """A larger `MouthNet` with 64x64 input pixels; speed does not matter for a teacher."""

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
            # Four strides of 2 reduce 64 pixels to 4.
            nn.Linear(6 * width * 4 * 4, classes),
        )


NETWORKS["widenet"] = WideNet
TEACHER = dataclasses.replace(BEST, epochs=16, ema_decay=0.98, mixup=0.0)
WIDE_TEACHER = dataclasses.replace(TEACHER, network="widenet", resize=64, input_size=64)


def mesh_soft_labels(
    features: SoftLabels, soft_labels: SoftLabels, train: np.ndarray, seed: int, steps: int = STEPS
) -> SoftLabels:
    """Return (N, K) probabilities from mesh features; uniform where no mesh was found."""
    probs = mesh_probabilities(features, soft_labels, train, seed, steps)
    return np.where(np.isfinite(probs), probs, 1 / probs.shape[1]).astype(np.float32)


def network_soft_labels(
    train: TrainingSet, pixels: Pixels, seed: int, report: Callable[[str], None]
) -> list[SoftLabels]:
    """Return (N, K) probabilities of two networks: one of the mouth crop, one of a wider crop."""
    # No epoch is selected, so any validation set will do.
    val = training_set(pixels[:8], one_hot(["none"] * 8), TEACHER)
    near = logits(fit(train, val, TEACHER, seed, SAMPLES_PER_EPOCH, report), pixels)
    far = logits(
        fit(train, val, WIDE_TEACHER, seed, SAMPLES_PER_EPOCH, report, WIDE_FRACTION),
        pixels,
        WIDE_FRACTION,
    )
    return [np.asarray(torch.from_numpy(probs).softmax(1).numpy()) for probs in (near, far)]


def combine(probs: Sequence[SoftLabels]) -> SoftLabels:
    """Return the normalised geometric mean of (N, K) probabilities; one teacher can veto."""
    # 1e-3 keeps the logarithm finite and limits the veto of one teacher.
    logs = np.mean([np.log(soft_labels + 1e-3) for soft_labels in probs], axis=0)
    soft_labels = np.exp(logs)
    return np.asarray(soft_labels / soft_labels.sum(1, keepdims=True), np.float32)
