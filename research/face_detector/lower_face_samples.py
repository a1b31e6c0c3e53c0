"""Random training squares around the mouths of `lower_face_images`."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.lip_landmarks import CROP_MARGIN, CROP_OFFSET_Y, TIGHT_MARGIN
from research.face_detector import lip_samples
from research.face_detector.arrays import Floats, Pixels
from research.face_detector.detector_networks import CROP

WIDE_MARGINS = 1.7, 3.0
"""Range of the sides of wide views, in longer sides of the lip box."""


class BoxSample(NamedTuple):
    """One training square with a lip box.

    Attributes:
        crop: (CROP, CROP) grey square.
        corners: (2, 2) mouth corners relative to its centre, in sides of the square.
        back: (2, 3) matrix from these coordinates to the axes of the lower face, in its sides.
        box: (4,) lip box in these axes and sides.
    """

    crop: Pixels
    corners: Floats
    back: Floats
    box: Floats


def box_sample(
    image: Pixels, box: Floats, corners: Floats, rng: np.random.Generator, tight: float
) -> BoxSample:
    """Return one square of a lower face, with its lip box (4,) and mouth corners (2, 2).

    Args:
        tight: Probability of the tight view.
    """
    side = len(image)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
        box = np.array([side - 1 - box[2], box[1], side - 1 - box[0], box[3]], np.float32)
        corners = np.stack([side - 1 - corners[::-1, 0], corners[::-1, 1]], 1)
    if rng.random() < tight:
        matrix = _tight(box, corners)
        matrix = lip_samples.jitter(matrix, rng, lip_samples.tight_jitter(rng))
    else:
        matrix = lip_samples.jitter(wide_matrix(box, corners, rng), rng, lip_samples.WIDE)
    crop = lip_samples.spoilt(lip_samples.warped(image, matrix), rng)
    placed = corners @ matrix[:, :2].T + matrix[:, 2]
    inverse = cv2.invertAffineTransform(matrix)
    # From sides of the square, relative to its centre, to pixels of the square and of the face.
    linear, shift = inverse[:, :2] * CROP, inverse[:, :2] @ np.full(2, CROP / 2) + inverse[:, 2]
    back = np.column_stack([linear, shift]) / side
    return BoxSample(
        crop, (placed / CROP - 0.5).astype(np.float32), back.astype(np.float32),
        (box / side).astype(np.float32),
    )  # fmt: skip


def _tight(box: Floats, corners: Floats) -> Floats:
    """Return the matrix of a tight view, whose middle is that of the lip box."""
    side = TIGHT_MARGIN * float((box[2:] - box[:2]).max())
    return _placed(corners, (box[:2] + box[2:]) / 2, side)


def wide_matrix(box: Floats, corners: Floats, rng: np.random.Generator) -> Floats:
    """Return the (2, 3) matrix to a wide view of random size, as `alignment_matrix` places it."""
    low, high = np.log(WIDE_MARGINS)
    side = float((box[2:] - box[:2]).max()) * float(np.exp(rng.uniform(low, high)))
    across = corners[1] - corners[0]
    down = np.array([-across[1], across[0]], np.float32)
    down /= max(float(np.hypot(*across)), 1e-6)
    # As far below the middle of the corners as `alignment_matrix` places it.
    middle = corners.mean(0) + down * np.float32(CROP_OFFSET_Y / CROP_MARGIN * side)
    return _placed(corners, middle, side)


def _placed(corners: Floats, middle: npt.NDArray[np.floating[Any]], side: float) -> Floats:
    across = corners[1] - corners[0]
    across = across / max(float(np.hypot(*across)), 1e-6)
    linear = np.stack([across, [-across[1], across[0]]]) * (CROP / side)
    return np.column_stack([linear, (CROP - 1) / 2 - linear @ middle])
