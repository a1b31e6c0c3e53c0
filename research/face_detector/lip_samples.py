"""Random training squares around mouths for `Lips`, in two views.

The wide view is aligned by the eyes and mouth corners, as in the first pass of the detector. The
tight view is aligned by the lips, as in the second pass, where the landmarks of the first place it.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from moue.face.lip_landmarks import alignment_matrix, tight_matrix
from research.face_detector.arrays import Floats, Pixels
from research.face_detector.detector_networks import CROP, LIPS
from research.face_detector.photometric import degrade, lower_resolution

HIDDEN_FRACTION, OFF_MOUTH_FRACTION = 0.08, 0.10
"""Fractions of occluded mouths, and of squares beside the mouth."""
COARSE_FRACTION = 0.15
"""Fraction of tight views that a poor first pass places."""
LOW_RESOLUTION_FRACTION = 0.3
"""Fraction of squares that are reduced and enlarged again."""
MIN_PIXELS = 14
"""Minimum side of a square in pixels of the original."""


class Sample(NamedTuple):
    """One training square.

    Attributes:
        crop: (CROP, CROP) grey square.
        lips: (20, 2) landmarks relative to its centre, in sides of the square.
        seen: whether the lips are visible.
    """

    crop: Pixels
    lips: Floats
    seen: bool


class Jitter(NamedTuple):
    """Standard deviations of a random placement: shift in sides, roll in degrees, log of scale."""

    shift: float
    roll: float
    scale: float


WIDE, AWAY = Jitter(0.07, 7, 0.12), Jitter(0.9, 30, 0.3)
"""Placements by the keypoints of the face detector, and beside the mouth."""
TIGHT, COARSE = Jitter(0.045, 5, 0.11), Jitter(0.1, 10, 0.22)
"""Placements by the landmarks of the first pass, and by poor ones."""


def sample(image: Pixels, points: Floats, rng: np.random.Generator, tight: float) -> Sample:
    """Return one square around or beside the mouth of a face.

    Args:
        image: (SIDE, SIDE) grey face of `face_images`.
        points: (27, 2) points of `face_images`.
        tight: Probability of the tight view, which is never beside the mouth.
    """
    five, lips = points[2:7], points[7:]
    if rng.random() < 0.5:
        image, five, lips = mirrored(image, five, lips)
    if rng.random() < tight:
        placement, away = tight_jitter(rng), False
        matrix = tight_matrix(lips).astype(np.float32)
    else:
        away = rng.random() < OFF_MOUTH_FRACTION
        placement = AWAY if away else WIDE
        matrix = alignment_matrix(five).astype(np.float32)
    matrix = jitter(matrix, rng, placement)
    crop = warped(image, matrix)
    placed = lips @ matrix[:, :2].T + matrix[:, 2]
    seen, chance = not away, rng.random()
    if chance < 2 * HIDDEN_FRACTION:
        crop, part = occlude(crop, placed, rng, whole=chance < HIDDEN_FRACTION)
        seen = seen and part < 0.6
    return Sample(spoilt(crop, rng), (placed / CROP - 0.5).astype(np.float32), seen)


def tight_jitter(rng: np.random.Generator) -> Jitter:
    """Return the jitter of a tight view: that of a good first pass or of a poor one."""
    return COARSE if rng.random() < COARSE_FRACTION else TIGHT


def warped(image: Pixels, matrix: Floats) -> Pixels:
    """Return the (CROP, CROP) square of a grey picture that an affine matrix places."""
    made = cv2.warpAffine(
        image, matrix, (CROP, CROP), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(made, np.uint8)


def spoilt(crop: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the square with random resolution, light, blur, noise and compression."""
    if rng.random() < LOW_RESOLUTION_FRACTION:
        # Uniform in the logarithm, so every halving of the resolution is equally likely.
        crop = lower_resolution(crop, float(np.exp(rng.uniform(0, np.log(CROP / MIN_PIXELS)))))
    return degrade(crop, rng, 0.7)


def mirrored(image: Pixels, five: Floats, lips: Floats) -> tuple[Pixels, Floats, Floats]:
    """Return the mirrored face with its points in the usual order."""
    # Pixel centres lie at whole numbers, so column x becomes width - 1 - x.
    width = image.shape[1] - 1
    flipped = [np.stack([width - p[:, 0], p[:, 1]], 1) for p in (five, lips)]
    # The points go around the lips, with the corners at 0 and 10: mirroring swaps the corners and
    # reverses the direction.
    order = [(10 - i) % LIPS for i in range(LIPS)]
    return np.ascontiguousarray(image[:, ::-1]), flipped[0][[1, 0, 2, 4, 3]], flipped[1][order]


def jitter(square: Floats, rng: np.random.Generator, spread: Jitter) -> Floats:
    """Return a perturbed alignment matrix; with `AWAY`, one beside the mouth."""
    shift = rng.normal(0, CROP * spread.shift, 2)
    # A normal shift may be near 0, but the mouth must not stay in the middle.
    if spread is AWAY and np.abs(shift).max() < 0.6 * CROP:
        shift[int(rng.integers(2))] = rng.choice([-1, 1]) * rng.uniform(0.6, 1.5) * CROP
    turn, grow = np.deg2rad(rng.normal(0, spread.roll)), np.exp(rng.normal(0, spread.scale))
    around = grow * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    # Rotation and zoom are about the middle of the square, in OpenCV's coordinates.
    middle = np.full(2, (CROP - 1) / 2)
    linear = around @ square[:, :2]
    return np.column_stack([linear, around @ (square[:, 2] - middle) + middle + shift])


def occlude(
    crop: Pixels, lips: Floats, rng: np.random.Generator, whole: bool
) -> tuple[Pixels, float]:
    """Return the crop with an occlusion, and the covered fraction of the lip area."""
    mask = np.zeros((CROP, CROP), np.uint8)
    low, high = lips.min(0), lips.max(0)
    centre = (low + high) / 2 + rng.normal(0, 4 if whole else 14, 2)
    reach = (high - low) / 2 * rng.uniform(1.1, 1.8) if whole else rng.uniform(4, 20, 2)
    box = (tuple(map(float, centre)), tuple(map(float, 2 * reach)), float(rng.uniform(-30, 30)))
    if whole and rng.random() < 0.5:  # a mask hides the chin too
        mask[max(0, round(float(low[1] - rng.uniform(2, 14)))) :] = 255
    elif rng.random() < 0.5:
        cv2.ellipse(mask, box, 255, -1)
    else:
        cv2.fillPoly(mask, [np.round(cv2.boxPoints(box)).astype(np.int32)], 255)
    cover = np.full((CROP, CROP), rng.integers(10, 250), np.float32)
    if rng.random() < 0.6:
        # 4 x 4 random values, enlarged 16 times to the side of 64 pixels and then blurred.
        cover += rng.normal(0, 30, (4, 4)).astype(np.float32).repeat(16, 0).repeat(16, 1)
        cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), rng.uniform(1, 10)), np.float32)
    # Soft edges, since a hard edge would reveal the drawn cover.
    opacity = cv2.GaussianBlur(mask, (0, 0), 0.7) / 255
    area = np.zeros_like(mask)
    cv2.fillPoly(area, [np.round(lips).astype(np.int32)], 255)
    # The share of the lips, not of the square: it decides whether the mouth is visible.
    hidden = float((mask[area > 0] > 0).mean()) if area.any() else 0.0
    return np.asarray((crop * (1 - opacity) + cover.clip(0, 255) * opacity), np.uint8), hidden
