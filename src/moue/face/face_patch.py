"""A small upright grey patch of the face, with which `dedupe` recognises copies of a picture.

A copy that is rotated, cropped, mirrored or darker still shows the same face. So pictures are
compared by the face alone, in its own frame: the corners of the lips give the angle and, with the
box, the size.
"""

from __future__ import annotations

import cv2
import numpy as np

from moue.face import lip_landmarks
from moue.geometry import rescale
from moue.media.image import Grey
from moue.workspace.types import Face, Points

SIDE = 32
"""Side of the square, pixels."""
# Tuned on the bundled pictures and their mirrored, rotated and cropped copies: with these numbers
# the two patches of a pair differ least.
_LIPS_IN_FACE, _TRUST_LIPS, _COVERED, _ABOVE = 2.35, 0.8, 0.8, 0.17
_CORNERS = {20: (lip_landmarks.LEFT_CORNER, lip_landmarks.RIGHT_CORNER), 68: (48, 54)}
"""The corners of the lips among the landmarks of a face, by the number of landmarks."""


def face_patch(grey: Grey, face: Face, scale: float) -> Grey:
    """Return the (SIDE, SIDE) upright square from the brows to below the lips.

    Args:
        grey: (H, W), the picture at any size.
        scale: size of `grey` divided by the size of the picture of `face`.
    """
    left, right = _corners(face)
    width = max(float(np.hypot(*(right - left))), 1.0)
    across = (right - left) / width
    down = np.array([-across[1], across[0]])
    box = max(float(np.sqrt(np.prod(face.box[2:] - face.box[:2]))), 1.0)
    size = (_LIPS_IN_FACE * width) ** _TRUST_LIPS * box ** (1 - _TRUST_LIPS)
    side = _COVERED * size * scale
    centre = rescale((left + right) / 2, scale) - _ABOVE * side * down
    finer = max(1, int(side / SIDE))
    pixels = finer * SIDE
    linear = np.stack([across, down], axis=1) * (side / pixels)
    start = centre - linear @ np.full(2, (pixels - 1) / 2)
    cut = cv2.warpAffine(
        grey,
        np.column_stack([linear, start]),
        (pixels, pixels),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return small_patch(np.asarray(cut, np.uint8))


def small_patch(grey: Grey) -> Grey:
    """Return a whole grey picture as a (SIDE, SIDE) patch."""
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _corners(face: Face) -> tuple[Points, Points]:
    """Return the corners of the lips, left and right in the picture; level without landmarks."""
    points = face.landmarks
    if points is not None and len(points) in _CORNERS:
        left, right = _CORNERS[len(points)]
        return points[left], points[right]
    middle = (face.lips[1] + face.lips[3]) / 2
    return (
        np.array([face.lips[0], middle], np.float32),
        np.array([face.lips[2], middle], np.float32),
    )
