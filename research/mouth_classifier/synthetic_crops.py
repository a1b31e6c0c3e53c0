"""Synthetic squares from real ones: covered mouths, and crops beside the mouth."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from moue.workspace.types import Image
from research.mouth_classifier.crops import SCALE, SIDE, Pixels

LIPS = SIDE / SCALE
"""The longer side of the lips on every square."""


def occluded_mouths(squares: Pixels, covers: Pixels, seed: int) -> Pixels:
    """Return mouths mostly covered by an ellipse or a mask, plain or textured from `covers`."""
    return np.stack(
        [_hide(s, c, r) for s, c, r in zip(squares, covers, _streams(seed), strict=False)]
    )


def off_mouth_crops(squares: Pixels, seed: int) -> Pixels:
    """Return crops from the border of the squares, without a mouth."""
    return np.stack([_rim(s, r) for s, r in zip(squares, _streams(seed), strict=False)])


def _hide(square: Image, other: Image, rng: np.random.Generator) -> Image:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    centre = [round(SIDE / 2 + rng.normal(0, 4)) for _ in range(2)]
    axes = [round(LIPS * rng.uniform(*span)) for span in ((0.57, 1.05), (0.36, 0.9))]
    cv2.ellipse(mask, centre, axes, rng.uniform(-40, 40), 0, 360, 255, -1)
    if rng.random() < 0.4:  # a mask covers the chin too
        mask[max(0, centre[1] - axes[1]) :] = 255
    if rng.random() < 0.6:
        cover = cv2.resize(other[: SIDE // 3], (SIDE, SIDE))
    else:
        cover = np.full_like(square, rng.integers(20, 240, 3))
    if rng.random() < 0.5:
        cover = cv2.GaussianBlur(cover, (0, 0), rng.uniform(1, 5))
    # Soft edges, since a hard edge would reveal the drawn cover.
    opacity = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None] / 255
    return (square * (1 - opacity) + cover * opacity).astype(np.uint8)


def _rim(square: Image, rng: np.random.Generator) -> Image:
    side = int(rng.integers(18, 32))
    free, edge = int(rng.integers(0, SIDE - side)), int(rng.choice([0, SIDE - side]))
    x, y = (free, edge) if rng.random() < 0.5 else (edge, free)
    return np.asarray(cv2.resize(square[y : y + side, x : x + side], (SIDE, SIDE)), np.uint8)


def _streams(seed: int) -> Iterator[np.random.Generator]:
    """Yield an endless sequence of independent generators that depends on `seed` only."""
    # A generator for each square: its result does not depend on how many numbers others draw.
    root = np.random.SeedSequence(seed)
    while True:
        yield np.random.default_rng(root.spawn(1)[0])
