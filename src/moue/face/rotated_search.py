"""Search for tilted, sideways and upside-down heads in rotated copies of a picture.

Each copy compensates for one roll, so that heads with this roll are upright in it. Detections in a
copy are mapped back to the picture. The search needs a detector that scores upright faces higher
than rotated faces, as the backend `moue` does; the scores of the Haar cascades do not allow it.
"""

from __future__ import annotations

import cv2
import numpy as np

from moue.face.detection import Detector, RawDetection, remove_duplicates
from moue.face.detector import UPRIGHT_SCORE
from moue.face.mouth_crop import lip_points
from moue.geometry import (
    Matrix,
    bounding_box,
    box_around,
    center,
    clip_box,
    corners,
    inverse_affine,
    normalize_angle,
    rotation_matrix,
    scale_box,
    transform,
)
from moue.media.image import Grey, resize_to_fit
from moue.workspace.types import Points

ROLLS = (90.0, -90.0, 45.0, -45.0)
"""Rolls of the copies in degrees, apart from 180; detectors tolerate a deviation of 30 to 45°."""
ROTATED_SIDE = 640
"""Longer side of these copies in pixels; a small side limits the time if there is no face."""
CERTAIN_SCORE = 0.94
"""Score that no upside-down face reaches: 35 of 897 reach `UPRIGHT_SCORE`; the maximum is 0.937."""
CHECK_SCALE, CHECK_SIDE = 2.0, 192
"""Side of the patch rotated by 180°, as a multiple of the face size; maximum side in pixels."""
TILTED_SCORE, SIDEWAYS_SCORE = 0.75, 0.88
"""Score thresholds in copies rotated by 45 degrees, and by 90 or 180 degrees. The second threshold
is higher, because rotated close-ups of eyes have scores up to 0.87 in 404 pictures."""
SAME_ROLL = 60.0
"""Maximum difference in degrees between the roll of a low-scoring face and that of the best."""


def search(
    grey: Grey, upright: list[RawDetection], detect: Detector, *, rotated: bool
) -> list[RawDetection]:
    """Search rotated copies, unless the best detection in the unrotated picture is upright.

    The best detection counts as upright if its score reaches `CERTAIN_SCORE`, or reaches
    `UPRIGHT_SCORE` and is at least the best score in a copy rotated by 180 degrees.

    Args:
        grey: (H, W) uint8 grey picture.
        upright: detections in `grey`.
        detect: detector.
        rotated: False to return no face instead of searching the copies of all rolls.

    Returns:
        `upright` if the best detection is upright, else the detections of all rolls after NMS, in
        pixels of `grey`.
    """
    score = _best_score(upright)
    if score >= CERTAIN_SCORE:
        return upright
    if score < UPRIGHT_SCORE and not rotated:
        return []
    # The patch around one face is much cheaper than a copy of the whole picture.
    if score >= UPRIGHT_SCORE and score >= _upside_down_score(grey, upright, detect):
        return upright
    upside_down = _detect_in_copy(detect, grey, 180)
    if score >= max(UPRIGHT_SCORE, _best_score(upside_down)):
        return upright
    return _search_all(grey, upright, upside_down, detect) if rotated else []


def _search_all(
    grey: Grey, upright: list[RawDetection], upside_down: list[RawDetection], detect: Detector
) -> list[RawDetection]:
    small = resize_to_fit(grey, ROTATED_SIDE)
    scale = max(grey.shape) / max(small.shape)
    copies = {180.0: upside_down} | {
        roll: [face.scaled(scale) for face in _detect_in_copy(detect, small, roll)]
        for roll in ROLLS
    }
    confident = [
        (face, roll)
        for roll, faces in copies.items()
        for face in faces
        if face.score >= (TILTED_SCORE if abs(roll) == 45 else SIDEWAYS_SCORE)
    ]
    rivals = [face for face in upside_down if face.score >= TILTED_SCORE]
    faces, head_roll = upright + rivals, 0.0
    if confident:
        best, roll = max(confident, key=lambda pair: pair[0].score)
        head_roll = best.roll
        faces += [face for face, _ in confident] + copies[roll]
        if scale > 1 and roll != 180:  # the full size adds small faces and accurate lips
            faces += _detect_in_copy(detect, grey, roll)
    # People in one picture have similar rolls: a low-scoring face with another roll is rarely real.
    return [
        face
        for face in remove_duplicates(faces)
        if face.score >= SIDEWAYS_SCORE or abs(normalize_angle(face.roll - head_roll)) < SAME_ROLL
    ]


def _upside_down_score(grey: Grey, upright: list[RawDetection], detect: Detector) -> float:
    """Return the best score in a patch around the best face that is rotated by 180 degrees."""
    around = scale_box(max(upright, key=lambda face: face.score).box, CHECK_SCALE)
    left, top, right, bottom = clip_box(around, grey.shape[1], grey.shape[0])
    patch = resize_to_fit(grey[top : bottom + 1, left : right + 1], CHECK_SIDE)
    return _best_score(detect(rotate(patch, 180)[0]))


def _detect_in_copy(detect: Detector, grey: Grey, roll: float) -> list[RawDetection]:
    copy, matrix = rotate(grey, roll)
    return [rotate_back(face, matrix, roll) for face in detect(copy)]


def _best_score(faces: list[RawDetection]) -> float:
    return max((face.score for face in faces), default=0.0)


def rotate(grey: Grey, roll: float) -> tuple[Grey, Matrix]:
    """Rotate a grey picture to compensate for a roll.

    Args:
        grey: (H, W) uint8.
        roll: clockwise rotation of the heads to compensate for, in degrees.

    Returns:
        The rotated copy, which contains the whole picture and replicates its border, and the (2, 3)
        affine matrix from pixels of the copy to pixels of `grey`.
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
    # The matrix leads from the copy to the picture, the direction in which pixels are sampled.
    copy = cv2.warpAffine(
        grey,
        matrix,
        (across, down),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(copy, np.uint8), matrix


def rotate_back(face: RawDetection, matrix: Matrix, roll: float) -> RawDetection:
    """Map a detection in a rotated copy to the picture, and add the roll of the copy to its roll.

    Args:
        face: detection in pixels of the copy.
        matrix: (2, 3) matrix of `rotate`.
        roll: roll of the copy in degrees.
    """
    landmarks = None if face.landmarks is None else transform(face.landmarks, matrix)
    # The box around the rotated corners is larger than the lips; landmarks are not affected.
    lips = transform(corners(face.lips), matrix) if landmarks is None else lip_points(landmarks)
    return RawDetection(
        _box(face.box, matrix, roll),
        face.score,
        bounding_box(lips),
        landmarks,
        normalize_angle(face.roll + roll),
    )


def rotate_box(box: Points, matrix: Matrix, roll: float) -> Points:
    """Map the center of a (4,) box from the picture to a rotated copy; keep width and height.

    For a roll between 45 and 135 degrees, width and height are swapped. `matrix` is the
    affine matrix from `rotate`.
    """
    return _box(box, inverse_affine(matrix), -roll)


def _box(box: Points, matrix: Matrix, roll: float) -> Points:
    """Return the axis-parallel (4,) box with the same sides around the mapped center."""
    # The bounding box of the rotated corners would be larger than the face, so the sides stay.
    size = box[2:] - box[:2]
    if 45 < abs(normalize_angle(roll)) < 135:  # swap width and height
        size = size[::-1]
    return box_around(matrix[:, :2] @ center(box) + matrix[:, 2], size)
