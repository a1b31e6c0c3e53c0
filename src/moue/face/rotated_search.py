"""Looking for heads that are tilted, on their side or upside down: in turned copies of a picture.

The copy is turned so that a head tilted by that angle stands upright in it; what is found there
is laid back into the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.haar import RawDetection
from moue.face.mouth_crop import lip_points
from moue.media.image import Grey
from moue.workspace.types import Points

TURNS = (180.0, 90.0, -90.0, 45.0, -45.0)
"""Degrees of roll that are tried where nothing confident is found: finders bear 30 to 45 more."""
Matrix = npt.NDArray[np.float64]


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
    sine, cosine = np.sin(np.deg2rad(roll)), np.cos(np.deg2rad(roll))
    size = np.array([abs(cosine) * width + abs(sine) * height,
                     abs(sine) * width + abs(cosine) * height])  # fmt: skip
    across, down = (int(n) for n in np.ceil(size - 1e-6))
    rotation = np.array([[cosine, -sine], [sine, cosine]])
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
    landmarks = None if found.landmarks is None else moved(found.landmarks, matrix)
    lips = moved(corners(found.lips), matrix) if landmarks is None else lip_points(landmarks)
    return RawDetection(
        _box(found.box, matrix, roll),
        found.score,
        np.concatenate([lips.min(0), lips.max(0)]),
        landmarks,
        normal(found.roll + roll),
    )


def moved(points: Points, matrix: Matrix) -> Points:
    """Return (N, 2) points of the copy in pixels of the picture."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def into_copy(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return a (4,) box of the picture in pixels of the copy, as large as it is."""
    inverse = np.linalg.inv(matrix[:, :2])
    return _box(box, np.column_stack([inverse, -inverse @ matrix[:, 2]]), -roll)


def normal(degrees: float) -> float:
    """Return an angle from -180 up to, but not at, 180; -180 itself becomes 180."""
    angle = (degrees + 180) % 360 - 180
    return 180.0 if angle == -180 else angle


def corners(box: Points) -> Points:
    """Return the (4, 2) corners of a (4,) box."""
    return box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2)


def _box(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return an axis-parallel box of the same sides around the moved centre."""
    centre = matrix[:, :2] @ ((box[:2] + box[2:]) / 2) + matrix[:, 2]
    half = (box[2:] - box[:2]) / 2
    if 45 < abs(normal(roll)) < 135:
        half = half[::-1]
    return np.concatenate([centre - half, centre + half]).astype(np.float32)
