"""Geometry of boxes, points and angles in pixel coordinates of a picture.

Boxes have the shape (..., 4): left, top, right, bottom. Points have the shape (..., 2): x, y; the y
axis points down. Angles are in degrees; positive angles are clockwise. Pixel centers have integer
coordinates, as in OpenCV.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "area",
    "bounding_box",
    "box_around",
    "center",
    "center_distance",
    "center_inside",
    "clip_box",
    "containment",
    "corners",
    "intersection_area",
    "inverse_affine",
    "iou",
    "normalize_angle",
    "rescale",
    "rotation_matrix",
    "scale_box",
    "square_around",
    "transform",
]

Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float32]
Matrix: TypeAlias = npt.NDArray[np.float64]


def center(box: Array) -> Array:
    """Return the (..., 2) centers of (..., 4) boxes."""
    return np.asarray((box[..., :2] + box[..., 2:]) / 2)


def center_distance(box: Array, other: Array) -> Array:
    """Return the Chebyshev distances between the centers of (..., 4) boxes; both are broadcast."""
    return np.asarray(np.abs(center(box) - center(other)).max(-1))


def center_inside(box: Array, other: Array) -> bool:
    """Return whether the center of the (4,) `box` lies inside the (4,) box `other`."""
    middle = center(box)
    return bool((other[:2] < middle).all() and (middle < other[2:]).all())


def corners(box: Array) -> Array:
    """Return the (4, 2) corners of a (4,) box, clockwise from the top left corner."""
    # x and y of the four corners in turn: left top, right top, right bottom, left bottom.
    return box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2)


def bounding_box(points: Array) -> Floats:
    """Return the (4,) float32 bounding box of (N, 2) points."""
    return np.concatenate([points.min(0), points.max(0)]).astype(np.float32)


def box_around(middle: Array, size: float | Array) -> Floats:
    """Return a (4,) box from its (2,) center and its size: (2,) width and height, or one side."""
    # The center may be float64, as after a rotation, but boxes are float32 everywhere.
    half = size / 2
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def square_around(box: Array, scale: float = 1.0) -> Floats:
    """Return the (4,) square around the center of a (4,) box.

    Its side is `scale` times the longer side of the box, or `scale` px if that side is below 1 px.
    """
    # The minimum keeps a crop of coinciding points from being empty.
    return box_around(center(box), max(float((box[2:] - box[:2]).max()), 1.0) * scale)


def scale_box(box: Array, scale: float) -> Floats:
    """Scale a (4,) box by the factor `scale` around its center."""
    return box_around(center(box), (box[2:] - box[:2]) * scale)


def clip_box(box: Array, width: int, height: int) -> tuple[int, int, int, int]:
    """Round a (4,) box to whole pixels, and clip it to a picture of `width` x `height` pixels.

    Returns:
        The left, top, right and bottom coordinates, all inclusive. A box outside the picture is
        moved to the nearest pixels of the picture.
    """
    x0, y0, x1, y1 = (float(v) for v in box)
    left = min(max(round(x0), 0), width - 1)
    top = min(max(round(y0), 0), height - 1)
    # Right and bottom are at least left and top, so a slice of the picture is never empty.
    right = min(max(round(x1), left), width - 1)
    return left, top, right, min(max(round(y1), top), height - 1)


def area(box: Array) -> Array:
    """Return the (...) areas of (..., 4) boxes, in square pixels."""
    # Two slices are multiplied: `prod` over an axis of two is ten times slower.
    return np.asarray((box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1]))


def intersection_area(box: Array, other: Array) -> Array:
    """Return the intersection areas of (..., 4) boxes; both arguments are broadcast."""
    low = np.maximum(box[..., :2], other[..., :2])
    high = np.minimum(box[..., 2:], other[..., 2:])
    # Unclipped, the two negative sides of boxes that lie diagonally would give a positive area.
    sides = np.maximum(high - low, 0)
    return np.asarray(sides[..., 0] * sides[..., 1])


def iou(box: Array, other: Array) -> Array:
    """Return the intersection over union of (..., 4) boxes; both arguments are broadcast."""
    shared = intersection_area(box, other)
    # The minimum gives 0 instead of NaN for two empty boxes.
    return np.asarray(shared / np.maximum(area(box) + area(other) - shared, 1e-12))


def containment(box: Array, other: Array) -> Array:
    """Return the intersection area of (..., 4) boxes, divided by the area of the smaller box.

    The value is 1 if one box contains the other. Both arguments are broadcast.
    """
    smaller = np.minimum(area(box), area(other))
    return np.asarray(intersection_area(box, other) / np.maximum(smaller, 1e-12))


def rescale(points: Array, scale: float) -> Array:
    """Convert pixel coordinates of a picture to those of a copy that is `scale` times as large.

    Pixel centers have integer coordinates, so the top left corner of both pictures is (-0.5, -0.5).
    """
    return (points + 0.5) * scale - 0.5


def rotation_matrix(degrees: float) -> Matrix:
    """Return the (2, 2) matrix that rotates column vectors clockwise by `degrees`."""
    # With y pointing down, the usual counterclockwise matrix turns clockwise.
    sine, cosine = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])


def transform(points: Array, matrix: Array) -> Floats:
    """Apply a (2, 3) affine matrix to (..., 2) points."""
    # Points are rows, so the matrix is transposed and stands on the right.
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def inverse_affine(matrix: Array) -> Matrix:
    """Return the inverse of a (2, 3) affine matrix as a (2, 3) matrix."""
    # Solving p = A q + t for q gives inv(A) p - inv(A) t.
    inverse = np.linalg.inv(matrix[:, :2])
    return np.column_stack([inverse, -inverse @ matrix[:, 2]])


def normalize_angle(degrees: float) -> float:
    """Return the equivalent angle in (-180, 180] degrees."""
    # Python's modulo is never negative, so only -180 lies outside the range.
    angle = (degrees + 180) % 360 - 180
    return 180.0 if angle == -180 else angle
