"""Looking for heads that are tilted, on their side or upside down: in turned copies of a picture.

The copy is turned so that a head tilted by that angle stands upright in it; what is found there
is laid back into the picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from moue.face.detection import RawDetection
from moue.face.mouth_crop import lip_points
from moue.geometry import (
    Matrix,
    bounding_box,
    box_around,
    center,
    corners,
    inverse_affine,
    normalize_angle,
    rotation_matrix,
    transform,
)
from moue.media.image import Grey
from moue.workspace.types import Points

TURNS = (180.0, 90.0, -90.0, 45.0, -45.0)
"""Degrees of roll that are tried where nothing confident is found: finders bear 30 to 45 more."""


def turned(grey: Grey, roll: float) -> tuple[Grey, Matrix]:
    """Return a copy in which heads of this roll stand upright, and how it maps to the picture.

    Args:
        grey: (H, W).
        roll: degrees clockwise.

    Returns:
        The copy, large enough for the whole picture, whose border is repeated; and the (2, 3)
        matrix from its pixels to those of `grey`.
    """
    height, width = grey.shape
    rotation = rotation_matrix(roll)
    across, down = (int(n) for n in np.ceil(np.abs(rotation) @ [width, height] - 1e-6))
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack(
        [rotation, middle - rotation @ np.array([(across - 1) / 2, (down - 1) / 2])]
    )
    if roll % 90 == 0:  # exact, and without OpenCV's limit of 32,767 px
        return np.ascontiguousarray(np.rot90(grey, round(roll / 90))), matrix
    copy = cv2.warpAffine(
        grey,
        matrix,
        (across, down),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(copy, np.uint8), matrix


def laid_back(found: RawDetection, matrix: Matrix, roll: float) -> RawDetection:
    """Return a face found in a turned copy in the pixels of the picture, its roll added."""
    landmarks = None if found.landmarks is None else transform(found.landmarks, matrix)
    lips = transform(corners(found.lips), matrix) if landmarks is None else lip_points(landmarks)
    return RawDetection(
        _box(found.box, matrix, roll),
        found.score,
        bounding_box(lips),
        landmarks,
        normalize_angle(found.roll + roll),
    )


def into_copy(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return a (4,) box of the picture in pixels of the copy, as large as it is."""
    return _box(box, inverse_affine(matrix), -roll)


def _box(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return an axis-parallel box of the same sides around the moved centre."""
    size = box[2:] - box[:2]
    if 45 < abs(normalize_angle(roll)) < 135:  # width and height change places
        size = size[::-1]
    return box_around(matrix[:, :2] @ center(box) + matrix[:, 2], size)
