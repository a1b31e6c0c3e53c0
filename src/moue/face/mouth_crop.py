"""From lips to the square picture of a mouth: the only place where crop geometry lives."""

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
from moue.workspace.types import Image, Points

CROP_SCALE = 1.5
UPRIGHT_FROM = 10.0
"""Degrees of roll from which the crop of a mouth is turned upright.

A smaller roll gains nothing: the training data hold such heads, and the corners of crooked lips
show a roll that the head does not have. `docs/decisions.md` has the figures.
"""
LIPS = slice(48, 68)
"""The lips among the iBUG-68 landmarks: 48..59 outer, 60..67 inner."""


def lips_box(landmarks: Points) -> Points:
    """Return the tight (4,) box of the lips of (68, 2) iBUG-68 landmarks.

    Raises:
        ValueError: `landmarks` is not (68, 2).
    """
    if landmarks.shape != (68, 2):
        raise ValueError(f"expected (68, 2) landmarks, got {landmarks.shape}")
    return bounding_box(landmarks[LIPS])


def lip_points(landmarks: Points) -> Points:
    """Return the points around the lips of (68, 2) iBUG-68 landmarks, or of lips alone."""
    return landmarks[LIPS] if len(landmarks) == 68 else landmarks


def mouth_box(lips: Points, scale: float = CROP_SCALE) -> Points:
    """Return the (4,) square of `scale` times the longer side of the lips, centred on them.

    The square may reach past the image; `crop_square` pads it there.

    Source:
        The 1.5 is the tutorial's, which also pushed the square back into the image; here it
        stays where it is, so that the mouth stays in the centre.
    """
    return square_around(lips, scale)


def upright_box(lips: Points, roll: float, scale: float = CROP_SCALE) -> Points:
    """Return the (4,) square that holds the mouth of a tilted head once `crop_mouth` turns it.

    Args:
        lips: (N, 2) points around the lips, or the corners of their box.
        roll: degrees by which the head is tilted clockwise. Within `UPRIGHT_FROM` of a multiple of
            90 the square is that of the lips' axis-parallel box, as `mouth_box` gives it.
    """
    if _applied(roll) % 90 == 0:
        return mouth_box(bounding_box(lips), scale)
    upright = lips.astype(np.float64) @ rotation_matrix(-roll).T
    low, high = upright.min(0), upright.max(0)
    middle = rotation_matrix(roll) @ ((low + high) / 2)
    return box_around(middle, max(float((high - low).max()), 1.0) * scale)


def crop_square(image: Image, box: Points) -> Image:
    """Return the pixels of a square box; outside the image its border is repeated.

    Args:
        image: (H, W, 3), or (H, W) grey.
        box: (4,) square.

    Returns:
        (S, S, 3) or (S, S), where S is the side rounded to whole pixels, at least 1.
    """
    side = _side(box)
    x, y = _origin(box)
    height, width = image.shape[:2]
    if x >= 0 and y >= 0 and x + side <= width and y + side <= height:
        return np.ascontiguousarray(image[y : y + side, x : x + side])
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    return image[rows[:, None], columns]


def crop_mouth(image: Image, box: Points, roll: float = 0.0) -> Image:
    """Return the mouth in a square box, upright: what every model sees, in training and after.

    Args:
        image: (H, W, 3), or (H, W) grey.
        box: (4,) square, as `Face.mouth_box`.
        roll: degrees by which the head is tilted clockwise, as `Face.roll`. The square is turned
            about its center by it; within `UPRIGHT_FROM` of a multiple of 90, by that multiple,
            which only copies pixels.

    Returns:
        (S, S, 3) or (S, S), where S is the side rounded to whole pixels, at least 1. Outside the
        image its border is repeated.
    """
    return crop_moved(image, box, upright=roll)


def to_crop(points: Points, box: Points, roll: float = 0.0) -> Points:
    """Return where (N, 2) points of the image lie in the crop of `crop_mouth`, pixels."""
    matrix = _placement(box, _applied(roll))
    return np.asarray((points - matrix[:, 2]) @ matrix[:, :2], np.float32)


def to_image(points: Points, box: Points, roll: float = 0.0) -> Points:
    """Return where (N, 2) points of the crop lie in the image: the inverse of `to_crop`."""
    matrix = _placement(box, _applied(roll))
    return transform(points, matrix)


def outline(box: Points, roll: float = 0.0) -> Points:
    """Return the (4, 2) corners in the image of the square that is cut, clockwise."""
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
    """Return a shifted, scaled or rotated crop, as a less accurate detector would give.

    Args:
        image: (H, W, 3), or (H, W) grey.
        box: (4,) square.
        upright: degrees by which the head is tilted; the crop is turned upright as by `crop_mouth`.
        x: how far the square is shifted right in the crop, in its sides, as `y` down.
        scale: its new side over its old one.
        roll: degrees by which the crop is turned clockwise around the square's centre.

    Returns:
        (S, S, 3) or (S, S); of nothing moved, the very bits of `crop_mouth`.
    """
    tilt = _applied(upright)
    square = box
    if (x, y, scale) != (0, 0, 1):  # a square computed again may round to another pixel
        side = box[2] - box[0]
        shift = rotation_matrix(tilt) @ np.array([x, y]) if tilt else np.array([x, y])
        square = box_around(center(box) + side * shift.astype(np.float32), side * np.float32(scale))
    turn = tilt - roll
    if turn % 90 == 0:
        return np.ascontiguousarray(np.rot90(crop_square(image, square), round(turn / 90)))
    return _crop_turned(image, square, turn)


def _crop_turned(image: Image, square: Points, turn: float) -> Image:
    """Return the pixels of a square that is turned clockwise about its centre."""
    size, matrix = _side(square), _placement(square, turn)
    # Only its surroundings are turned: OpenCV turns no picture of more than 32,767 px.
    middle = matrix @ np.array([(size - 1) / 2, (size - 1) / 2, 1])
    reach = float(np.ceil(size * 0.71) + 2)
    corner = np.floor(middle) - reach
    around = np.concatenate([corner, corner + 2 * reach]).astype(np.float32)
    matrix[:, 2] -= corner
    turned = cv2.warpAffine(
        crop_square(image, around),
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)


def _placement(square: Points, turn: float) -> npt.NDArray[np.float64]:
    """Return the (2, 3) matrix from the pixels of a crop to those of its image.

    A pixel's coordinates are those of its middle, as OpenCV counts.
    """
    size = _side(square)
    rotation, half = rotation_matrix(turn), np.full(2, (size - 1) / 2)
    return np.column_stack([rotation, np.array(_origin(square)) + half - rotation @ half])


def _applied(roll: float) -> float:
    """Return the roll by which a crop is turned: near a quarter turn, the quarter turn itself."""
    quarter = 90.0 * round(roll / 90)
    return quarter if abs(roll - quarter) < UPRIGHT_FROM else roll


def _side(square: Points) -> int:
    return max(1, round(float(square[2] - square[0])))


def _origin(square: Points) -> list[int]:
    """Return x and y of the first pixel, so that whole pixels lie best around the center."""
    return [round(float(c) - _side(square) / 2) for c in center(square)]
