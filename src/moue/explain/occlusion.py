"""Occlusion map: how much each area of a mouth crop supports a label."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from moue.media.image import resize_to_fit
from moue.model.classifier import Classifier
from moue.model.spec import Floats
from moue.workspace.types import Image

PATCH = 0.25
"""Side of the patch that hides a part of the crop, as a fraction of the side of the crop."""
POSITIONS = 16
"""Number of positions of the patch along each axis."""
GRID = 16
"""Number of rows and columns of the map."""
MAX_SIDE = 96
"""Maximum side of the crop whose parts are hidden, in pixels; no network input is larger."""


@dataclass(frozen=True, slots=True)
class OcclusionMap:
    """How much each area of a crop supports a label.

    Attributes:
        label: label that the map explains.
        values: (GRID, GRID) float32 map of the whole crop, from the top left. A value is the
            decrease of the log-odds of the label when a patch hides the area: positive where the
            area supports the label, negative where it contradicts the label.
        lowest: lowest probability of the label with one hidden patch.
        patch: side of the patch, as a fraction of the side of the crop.
        stride: distance of two positions of the patch, as a fraction of the side of the crop.
    """

    label: str
    values: Floats
    lowest: float
    patch: float = PATCH
    stride: float = (1 - PATCH) / (POSITIONS - 1)


def occlusion_map(classifier: Classifier, crop: Image, label: str) -> OcclusionMap:
    """Return the occlusion map of a label for a mouth crop.

    A square in the mean colour of the crop hides one part of the crop after the other. The log-odds
    are used instead of the probability, because the probability of a clear picture hardly changes.

    Args:
        classifier: model.
        crop: (H, W, 3) uint8 RGB.
        label: label of the model.

    Source:
        Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, section 4.2.
    """
    small = resize_to_fit(crop, MAX_SIDE)
    height, width = small.shape[:2]
    mean = np.rint(small.mean(axis=(0, 1))).astype(np.uint8)
    # At least one pixel: a tiny crop still has patches.
    patch = [max(1, round(PATCH * side)) for side in (height, width)]
    tops, lefts = (
        np.rint(np.linspace(0, side - size, POSITIONS)).astype(int)
        for side, size in zip((height, width), patch, strict=True)
    )
    windows = [
        (slice(top, top + patch[0]), slice(left, left + patch[1])) for top in tops for left in lefts
    ]
    hidden = np.repeat(small[None], len(windows), axis=0)
    for picture, window in zip(hidden, windows, strict=True):
        picture[window] = mean
    index = classifier.spec.labels.index(label)
    odds = log_odds(classifier, [small, *hidden], index)
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for window, decrease in zip(windows, odds[0] - odds[1:], strict=True):
        total[window] += decrease
        count[window] += 1
    # Positions of a patch of at least one pixel leave no gap: 16 patches of 1/4 cover the crop.
    values = cv2.resize(total / np.maximum(count, 1), (GRID, GRID), interpolation=cv2.INTER_AREA)
    return OcclusionMap(label, values.astype(np.float32), _probability(float(odds[1:].min())))


def log_odds(classifier: Classifier, crops: list[Image], index: int) -> npt.NDArray[np.float64]:
    """Return the log-odds (N,) of one label of the model, with the temperature of the model.

    Args:
        classifier: model.
        crops: (H, W, 3) uint8 RGB.
        index: index of the label in `spec.labels`.
    """
    logits = classifier.logits(crops).astype(np.float64) / classifier.spec.temperature
    others = np.delete(logits, index, axis=1)
    # log p - log (1 - p) without the probabilities, which round to 0 and 1.
    return np.asarray(logits[:, index] - np.logaddexp.reduce(others, axis=1))


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
