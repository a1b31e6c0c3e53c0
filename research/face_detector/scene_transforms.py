"""Geometry of scenes: matrices, warping, and moving points with their picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from research.face_detector.arrays import Pixels

Floats = npt.NDArray[np.floating[Any]]


def log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    """Return a random number between two, whose logarithm is distributed uniformly."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def similarity_matrix(source: Floats, scale: float, angle: float, goal: Floats) -> Floats:
    """Return the (2, 3) matrix that scales, rotates (radians) and moves `source` to `goal`."""
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([linear, goal - linear @ source])


def warp(image: Pixels, matrix: Floats, side: int, border: int, fill: float = 0) -> Pixels:
    """Return the (side, side) view; large reductions go in steps, to avoid aliasing."""
    scale = float(np.hypot(*matrix[:, 0]))
    # Bilinear interpolation reads four pixels, so below about a half it would skip some.
    while scale < 0.6 and min(image.shape) > 8:
        height, width = image.shape
        half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        image = np.asarray(half, np.uint8)
        factor = np.array([width / image.shape[1], height / image.shape[0]])
        # Pixel centres lie at halves; in OpenCV, they lie at whole numbers.
        shift = matrix[:, :2] @ ((factor - 1) / 2) + matrix[:, 2]
        matrix = np.column_stack([matrix[:, :2] * factor, shift])
        scale *= 2
    made = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=fill
    )
    return np.asarray(made, np.uint8)


def move_points(points: Floats, matrix: Floats) -> Floats:
    """Return (M, 7, 2) moved points; a rotated box keeps its size around its centre."""
    scale = float(np.hypot(*matrix[:, 0]))
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    half = (points[:, 1] - points[:, 0]) * scale / 2
    centre = points[:, :2].mean(1) @ matrix[:, :2].T + matrix[:, 2]
    moved[:, 0], moved[:, 1] = centre - half, centre + half
    return np.asarray(moved, np.float32)


def mirror_picture(image: Pixels, points: Floats) -> tuple[Pixels, Floats]:
    """Return a mirrored picture and its (M, 7, 2) points; left and right points are swapped."""
    flipped = points[:, [0, 1, 3, 2, 4, 6, 5]]
    flipped[..., 0] = image.shape[1] - 1 - flipped[..., 0]
    # Mirroring swaps the left and the right side of a box.
    flipped[:, :2, 0] = flipped[:, 1::-1, 0]
    return np.ascontiguousarray(image[:, ::-1]), flipped
