"""Boxes, points and angles in the pixels of a picture.

A box is (..., 4): left, top, right, bottom. Points are (..., 2): x, y. y points down; angles are in
degrees, clockwise. The coordinates of a pixel are those of its center, as in OpenCV.
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
    """Return the center (..., 2) of a box (..., 4)."""
    return np.asarray((box[..., :2] + box[..., 2:]) / 2)


def center_distance(box: Array, other: Array) -> Array:
    """Return the distance of two centers: the larger of the horizontal and the vertical one."""
    return np.asarray(np.abs(center(box) - center(other)).max(-1))


def center_inside(box: Array, other: Array) -> bool:
    """Return whether the center of a box lies inside another box."""
    middle = center(box)
    return bool((other[:2] < middle).all() and (middle < other[2:]).all())


def corners(box: Array) -> Array:
    """Return the (4, 2) corners of a (4,) box, clockwise from the top left."""
    return box[[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2)


def bounding_box(points: Array) -> Floats:
    """Return the tight (4,) box of (N, 2) points."""
    return np.concatenate([points.min(0), points.max(0)]).astype(np.float32)


def box_around(middle: Array, size: float | Array) -> Floats:
    """Return the (4,) box of a size, (2,) or the side of a square, around a center (2,)."""
    half = size / 2
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def square_around(box: Array, scale: float = 1.0) -> Floats:
    """Return the square of `scale` times the longer side of a box, at least 1 px, around it."""
    return box_around(center(box), max(float((box[2:] - box[:2]).max()), 1.0) * scale)


def scale_box(box: Array, scale: float) -> Floats:
    """Return a box with sides `scale` times as long, around the same center."""
    return box_around(center(box), (box[2:] - box[:2]) * scale)


def clip_box(box: Array, width: int, height: int) -> tuple[int, int, int, int]:
    """Return the whole-pixel part of a box that lies in a picture, at least one pixel."""
    x0, y0, x1, y1 = (float(v) for v in box)
    left = min(max(round(x0), 0), width - 1)
    top = min(max(round(y0), 0), height - 1)
    right = min(max(round(x1), left), width - 1)
    return left, top, right, min(max(round(y1), top), height - 1)


def area(box: Array) -> Array:
    """Return the area of boxes."""
    return np.asarray((box[..., 2:] - box[..., :2]).prod(-1))


def intersection_area(box: Array, other: Array) -> Array:
    """Return the area of the intersection of boxes; both arguments are broadcast."""
    low = np.maximum(box[..., :2], other[..., :2])
    high = np.minimum(box[..., 2:], other[..., 2:])
    return np.asarray((high - low).clip(0).prod(-1))


def iou(box: Array, other: Array) -> Array:
    """Return the intersection over union of boxes; both arguments are broadcast."""
    shared = intersection_area(box, other)
    return np.asarray(shared / np.maximum(area(box) + area(other) - shared, 1e-12))


def containment(box: Array, other: Array) -> Array:
    """Return the intersection over the area of the smaller box: 1 if one contains the other."""
    smaller = np.minimum(area(box), area(other))
    return np.asarray(intersection_area(box, other) / np.maximum(smaller, 1e-12))


def rescale(points: Array, scale: float) -> Array:
    """Return coordinates in a picture `scale` times as large.

    Pixel centers are whole numbers, so the picture's border lies at -0.5 and stays there.
    """
    return (points + 0.5) * scale - 0.5


def rotation_matrix(degrees: float) -> Matrix:
    """Return the (2, 2) matrix that rotates points clockwise."""
    sine, cosine = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    return np.array([[cosine, -sine], [sine, cosine]])


def transform(points: Array, matrix: Array) -> Floats:
    """Return (..., 2) points moved by a (2, 3) affine matrix."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def inverse_affine(matrix: Array) -> Matrix:
    """Return the (2, 3) matrix that undoes a (2, 3) affine matrix."""
    inverse = np.linalg.inv(matrix[:, :2])
    return np.column_stack([inverse, -inverse @ matrix[:, 2]])


def normalize_angle(degrees: float) -> float:
    """Return the same angle in degrees, above -180 and up to 180."""
    angle = (degrees + 180) % 360 - 180
    return 180.0 if angle == -180 else angle
