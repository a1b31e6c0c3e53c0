"""Crop geometry: mouth boxes, and the crops that training and prediction use."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from moue.geometry import (
    bounding_box,
    box_around,
    center,
    corners,
    rotation_matrix,
    square_around,
    transform,
)
from moue.workspace.types import Face, Image, Points

CROP_SCALE = 1.5
"""Default for the side of the mouth box, as a multiple of the longer side of the lip box."""
UPRIGHT_FROM = 10.0
"""Minimum roll in degrees that the mouth crop compensates for.

Compensating for a smaller roll does not improve accuracy: the training data contain such heads, and
asymmetric lips falsify small rolls. `docs/decisions.md` has the figures.
"""
LIPS = slice(48, 68)
"""Indices of the lips in the iBUG-68 landmarks: 48 to 59 outer, 60 to 67 inner border."""


def lips_box(landmarks: Points) -> Points:
    """Return the (4,) lip box of (68, 2) iBUG-68 landmarks.

    Raises:
        ValueError: the shape of `landmarks` is not (68, 2).
    """
    if landmarks.shape != (68, 2):
        raise ValueError(f"landmarks have shape {landmarks.shape}, expected (68, 2)")
    return bounding_box(landmarks[LIPS])


def lip_points(landmarks: Points) -> Points:
    """Return the (N, 2) lip landmarks of (68, 2) iBUG-68 landmarks or of lip landmarks."""
    return landmarks[LIPS] if len(landmarks) == 68 else landmarks


def mouth_box(lips: Points, scale: float = CROP_SCALE) -> Points:
    """Return the (4,) mouth box: a square of `scale` times the longer side of the (4,) lip box.

    Both boxes have the same center. The square may extend beyond the image; `crop_square` pads it.

    Source:
        The scale of 1.5 is that of the tutorial. The tutorial moves the square into the image; moue
        does not, so that the mouth stays in the center.
    """
    return square_around(lips, scale)


def upright_box(lips: Points, roll: float, scale: float = CROP_SCALE) -> Points:
    """Return the (4,) mouth box of a tilted head, to be rotated about its center by `crop_mouth`.

    If the roll is within `UPRIGHT_FROM` of a multiple of 90, the result is the `mouth_box` of the
    axis-parallel lip box.

    Args:
        lips: (N, 2) lip landmarks, or corners of the lip box.
        roll: clockwise rotation of the head in degrees, as `Face.roll`.
        scale: side of the mouth box as a multiple of the longer side of the rotated lip box.
    """
    if _applied(roll) % 90 == 0:
        return mouth_box(bounding_box(lips), scale)
    upright = lips.astype(np.float64) @ rotation_matrix(-roll).T
    low, high = upright.min(0), upright.max(0)
    # The middle of the extremes in the upright frame, rotated back to the image.
    middle = rotation_matrix(roll) @ ((low + high) / 2)
    return box_around(middle, max(float((high - low).max()), 1.0) * scale)


def mouth_box_of(face: Face, scale: float) -> Points:
    """Return the (4,) mouth box of a face at a crop scale, as the stored mouth box at its scale."""
    # The corners of the axis-parallel lip box of a tilted head would give too large a mouth box.
    points = corners(face.lips) if face.landmarks is None else lip_points(face.landmarks)
    return upright_box(points, face.roll, scale)


def crop_square(image: Image, box: Points) -> Image:
    """Crop a square from an image; pixels outside the image replicate its border.

    Args:
        image: (H, W, 3) uint8, or (H, W) grey.
        box: (4,) square.

    Returns:
        (S, S, 3) or (S, S), where S is the side rounded to whole pixels, at least 1.
    """
    side = _side(box)
    x, y = _origin(box)
    height, width = image.shape[:2]
    # A slice is faster than indexing rows and columns, and most squares lie inside the image.
    if x >= 0 and y >= 0 and x + side <= width and y + side <= height:
        return np.ascontiguousarray(image[y : y + side, x : x + side])
    # Clipped indices repeat the pixels of the border.
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    return image[rows[:, None], columns]


def crop_mouth(image: Image, box: Points, roll: float = 0.0) -> Image:
    """Return the upright mouth crop, the input of every model in training and prediction.

    Args:
        image: (H, W, 3) uint8, or (H, W) grey.
        box: (4,) square, as `Face.mouth_box`.
        roll: clockwise rotation of the head in degrees, as `Face.roll`. The square is rotated by
            the roll about its center. A roll within `UPRIGHT_FROM` of a multiple of 90 is rounded
            to this multiple, which copies pixels without interpolation.

    Returns:
        (S, S, 3) or (S, S), where S is the side rounded to whole pixels, at least 1. Pixels outside
        the image replicate its border.
    """
    return crop_moved(image, box, upright=roll)


def to_crop(points: Points, box: Points, roll: float = 0.0) -> Points:
    """Map (N, 2) points from the pixels of the image to the pixels of its `crop_mouth` crop."""
    matrix = _placement(box, _applied(roll))
    # The linear part is a rotation, whose inverse is its transpose.
    return np.asarray((points - matrix[:, 2]) @ matrix[:, :2], np.float32)


def to_image(points: Points, box: Points, roll: float = 0.0) -> Points:
    """Map (N, 2) points from the pixels of a `crop_mouth` crop to the pixels of its image."""
    matrix = _placement(box, _applied(roll))
    return transform(points, matrix)


def outline(box: Points, roll: float = 0.0) -> Points:
    """Return the (4, 2) corners of the `crop_mouth` square in the image, clockwise."""
    middle = center(box)
    return transform(
        corners(box) - middle, np.column_stack([rotation_matrix(_applied(roll)), middle])
    )


def crop_moved(
    image: Image,
    box: Points,
    *,
    upright: float = 0.0,
    x: float = 0.0,
    y: float = 0.0,
    scale: float = 1.0,
    roll: float = 0.0,
) -> Image:
    """Return a shifted, scaled or rotated mouth crop, to simulate a less accurate detector.

    Args:
        image: (H, W, 3) uint8, or (H, W) grey.
        box: (4,) square, as `Face.mouth_box`.
        upright: roll of the head in degrees, for which the crop compensates as in `crop_mouth`.
        x: shift of the square to the right in the upright crop, as a multiple of its side.
        y: shift of the square downwards in the upright crop, as a multiple of its side.
        scale: new side of the square divided by its side.
        roll: additional clockwise rotation of the crop about its center, in degrees.

    Returns:
        (S, S, 3) or (S, S); identical to `crop_mouth` if nothing is moved.
    """
    tilt = _applied(upright)
    square = box
    if (x, y, scale) != (0, 0, 1):  # an unmoved square must not be rounded to another pixel
        side = box[2] - box[0]
        # The shift is along the axes of the upright crop, the center in those of the image.
        shift = rotation_matrix(tilt) @ np.array([x, y]) if tilt else np.array([x, y])
        square = box_around(center(box) + side * shift.astype(np.float32), side * np.float32(scale))
    turn = tilt - roll
    if turn % 90 == 0:
        # Quarter turns copy pixels, so the crop equals that of the upright picture.
        return np.ascontiguousarray(np.rot90(crop_square(image, square), round(turn / 90)))
    return _crop_turned(image, square, turn)


def _crop_turned(image: Image, square: Points, turn: float) -> Image:
    """Crop a square that is rotated clockwise about its center by `turn` degrees."""
    size, matrix = _side(square), _placement(square, turn)
    # Only the surroundings are warped: OpenCV does not warp pictures of more than 32,767 px.
    middle = matrix @ np.array([(size - 1) / 2, (size - 1) / 2, 1])
    # Half the diagonal of a square is 0.707 times its side; 2 px are for the interpolation.
    reach = float(np.ceil(size * 0.71) + 2)
    # Whole pixels, so that `crop_square` does not round the corner again.
    corner = np.floor(middle) - reach
    around = np.concatenate([corner, corner + 2 * reach]).astype(np.float32)
    matrix[:, 2] -= corner
    # The matrix leads from the crop to the image, the direction in which pixels are sampled.
    turned = cv2.warpAffine(
        crop_square(image, around),
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)


def _placement(square: Points, turn: float) -> npt.NDArray[np.float64]:
    """Return the (2, 3) affine matrix from the pixels of a rotated crop to those of its image.

    Pixel centers have integer coordinates, as in OpenCV.
    """
    size = _side(square)
    # (size - 1) / 2 is the middle of `size` pixel centers. The square turns about it.
    rotation, half = rotation_matrix(turn), np.full(2, (size - 1) / 2)
    return np.column_stack([rotation, np.array(_origin(square)) + half - rotation @ half])


def _applied(roll: float) -> float:
    """Round a roll within `UPRIGHT_FROM` of a multiple of 90 degrees to this multiple."""
    quarter = 90.0 * round(roll / 90)
    return quarter if abs(roll - quarter) < UPRIGHT_FROM else roll


def _side(square: Points) -> int:
    return max(1, round(float(square[2] - square[0])))


def _origin(square: Points) -> list[int]:
    """Return x and y of the top left pixel of a square, rounded to whole pixels."""
    # Rounded from the center: rounding both borders could change the side.
    return [round(float(c) - _side(square) / 2) for c in center(square)]
