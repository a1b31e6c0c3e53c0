"""A small aligned grey patch of the face, by which `dedupe` recognises near-duplicates.

A copy that is rotated, cropped, mirrored or darker still shows the same face. So the pictures are
compared by their aligned faces: the mouth corners give the angle and, together with the face box,
the size.
"""

from __future__ import annotations

import cv2
import numpy as np

from moue.face import lip_landmarks
from moue.geometry import rescale
from moue.media.image import Grey
from moue.workspace.types import Face, Points

SIDE = 32
"""Side of the patch in pixels."""
# Tuned on the bundled pictures and their mirrored, rotated and cropped copies: these values
# minimise the difference between the two patches of a pair.
_LIPS_IN_FACE, _TRUST_LIPS, _COVERED, _ABOVE = 2.35, 0.8, 0.8, 0.17
_CORNERS = {20: (lip_landmarks.LEFT_CORNER, lip_landmarks.RIGHT_CORNER), 68: (48, 54)}
"""Indices of the left and right mouth corner in the landmarks, by number of landmarks."""


def face_patch(grey: Grey, face: Face, scale: float) -> Grey:
    """Return the aligned (SIDE, SIDE) uint8 patch of a face, from the brows to below the lips.

    Args:
        grey: (H, W) uint8 grey picture at any size.
        face: face in pixels of the full-size picture.
        scale: size of `grey` divided by the full size.
    """
    left, right = _corners(face)
    # The minimum prevents a division by zero for coinciding corners.
    width = max(float(np.hypot(*(right - left))), 1.0)
    # Unit vectors of the axes of the face, so that a rotated copy gives the same patch.
    across = (right - left) / width
    down = np.array([-across[1], across[0]])
    box = max(float(np.sqrt(np.prod(face.box[2:] - face.box[:2]))), 1.0)
    # A weighted geometric mean, because the errors of both sizes are relative.
    size = (_LIPS_IN_FACE * width) ** _TRUST_LIPS * box ** (1 - _TRUST_LIPS)
    side = _COVERED * size * scale
    # The mouth lies below the middle of a patch that reaches up to the brows.
    centre = rescale((left + right) / 2, scale) - _ABOVE * side * down
    # Bilinear sampling would skip pixels of a large face: sample finer, and then average.
    finer = max(1, int(side / SIDE))
    pixels = finer * SIDE
    linear = np.stack([across, down], axis=1) * (side / pixels)
    # Pixel centers have integer coordinates, so the center of the cut is (pixels - 1) / 2.
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
    """Resize a (H, W) grey picture to a (SIDE, SIDE) patch."""
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _corners(face: Face) -> tuple[Points, Points]:
    """Return the (2,) left and right mouth corner; estimate them if the face has no landmarks."""
    points = face.landmarks
    if points is not None and len(points) in _CORNERS:
        left, right = _CORNERS[len(points)]
        return points[left], points[right]
    # Without landmarks the roll is unknown, so both corners are at one height.
    middle = (face.lips[1] + face.lips[3]) / 2
    return (
        np.array([face.lips[0], middle], np.float32),
        np.array([face.lips[2], middle], np.float32),
    )
