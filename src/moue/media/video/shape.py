"""Apply the pixel aspect ratio, rotation and mirroring of a decoded frame, as a player does."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import numpy as np

from moue.workspace.types import Image

_WIDEST = 8
"""Maximum valid aspect ratio of a pixel; a larger ratio comes from a damaged header."""


def shown(frame: Any, ratio: Fraction | None) -> Image:
    """Return the pixels of a PyAV frame as a player shows them, (H, W, 3) uint8 RGB.

    Args:
        frame: decoded frame.
        ratio: width of a pixel divided by its height; None if unknown.
    """
    width, height = _displayed(frame.width, frame.height, ratio)
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(_oriented(pixels, _matrix(frame)))


def _displayed(width: int, height: int, ratio: Fraction | None) -> tuple[int, int]:
    """Return the width and height of a frame with square pixels; neither side is reduced."""
    if not ratio or ratio == 1 or not Fraction(1, _WIDEST) <= ratio <= _WIDEST:
        return width, height
    # One side grows, instead of the other one shrinking, so that no pixels are lost.
    if ratio > 1:
        return round(width * ratio), height
    return width, round(height / ratio)


def _matrix(frame: Any) -> tuple[int, int, int, int] | None:
    """Return a, b, c, d of the display matrix of a frame; None if missing.

    x' = ax + cy and y' = bx + dy, where y points down.
    """
    from av.sidedata.sidedata import Type

    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None or len(raw := bytes(data)) < 36:
        return None
    a, b, _, c, d, *_ = struct.unpack("=9i", raw[:36])
    return a, b, c, d


def _oriented(pixels: Image, matrix: tuple[int, int, int, int] | None) -> Image:
    """Return the pixels with the rotation by 90° steps and the mirroring of a display matrix."""
    if matrix is None or not any(matrix):
        return pixels
    a, b, c, d = matrix
    # The larger pair tells the nearest quarter turn, so the scale of the numbers does not matter.
    if abs(a) + abs(d) >= abs(b) + abs(c):
        right, down = a, d
    else:
        pixels, right, down = pixels.transpose(1, 0, 2), c, b
    if right < 0:
        pixels = pixels[:, ::-1]
    return pixels[::-1] if down < 0 else pixels
