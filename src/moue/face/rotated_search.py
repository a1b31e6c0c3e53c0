"""Search for tilted, sideways and upside-down heads in rotated copies of a picture.

A copy for a roll shows heads of that roll upright. A face that is found in it is rotated back.
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

ROLLS = (180.0, 90.0, -90.0, 45.0, -45.0)
"""Rolls to try, in degrees. Detectors tolerate 30 to 45 degrees more, so these cover the circle."""


def rotate(grey: Grey, roll: float) -> tuple[Grey, Matrix]:
    """Return a copy in which heads of this roll stand upright, and how it maps to the picture.

    Args:
        grey: (H, W).
        roll: degrees clockwise.

    Returns:
        The copy, large enough for the whole picture, with the border repeated; and the (2, 3)
        affine matrix from its pixels to those of `grey`.
    """
    height, width = grey.shape
    rotation = rotation_matrix(roll)
    # The bounding box of the rotated picture; -1e-6 keeps rounding errors from adding a pixel.
    across, down = (int(n) for n in np.ceil(np.abs(rotation) @ [width, height] - 1e-6))
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack(
        [rotation, middle - rotation @ np.array([(across - 1) / 2, (down - 1) / 2])]
    )
    if roll % 90 == 0:  # exact, and without the 32,767 px limit of OpenCV
        return np.ascontiguousarray(np.rot90(grey, round(roll / 90))), matrix
    copy = cv2.warpAffine(
        grey,
        matrix,
        (across, down),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(copy, np.uint8), matrix


def rotate_back(face: RawDetection, matrix: Matrix, roll: float) -> RawDetection:
    """Return a face of a rotated copy in pixels of the picture, with the roll added."""
    landmarks = None if face.landmarks is None else transform(face.landmarks, matrix)
    lips = transform(corners(face.lips), matrix) if landmarks is None else lip_points(landmarks)
    return RawDetection(
        _box(face.box, matrix, roll),
        face.score,
        bounding_box(lips),
        landmarks,
        normalize_angle(face.roll + roll),
    )


def rotate_box(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return a (4,) box of the picture in pixels of the copy; its sides keep their lengths."""
    return _box(box, inverse_affine(matrix), -roll)


def _box(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return an axis-parallel box of the same sides around the moved centre."""
    size = box[2:] - box[:2]
    if 45 < abs(normalize_angle(roll)) < 135:  # width and height change places
        size = size[::-1]
    return box_around(matrix[:, :2] @ center(box) + matrix[:, 2], size)
