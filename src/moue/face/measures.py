"""Continuous measures of a mouth from its lip landmarks: opening, width, smile and pucker.

The measures are geometric and not calibrated blendshapes: their zero and range differ between
subjects, and they change with the yaw and pitch of the head.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from moue.geometry import rotation_matrix
from moue.workspace.types import Face, Points

AT_REST = 0.374
"""Width of a mouth at rest, in face widths: the median of the bundled pictures with `none`."""
_JAW = [0, 16]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MouthMeasures:
    """Continuous measures of one mouth, independent of the roll of the head.

    Lengths are in face widths. With the backend `moue` the face width is the shorter side of the
    face box, with `dlib68` the distance between the ends of the jaw line, which agree within 2 %.
    Left and right are those of the subject.

    Attributes:
        opening: height of the middle of the lips, between the outer borders of both lips: about
            0.14 with closed lips, 0.3 with a wide open mouth.
        width: distance between the mouth corners: about 0.37 at rest, 0.47 in a smile, 0.26 in a
            pout.
        smile_left: height of the left mouth corner above the center line of the lips, negative
            below: about 0.02 at rest, 0.07 in a smile.
        smile_right: height of the right mouth corner above the center line of the lips.
        pucker: reduction of the width relative to `AT_REST`: 0 at rest and in a smile, about 0.3 in
            a pout.
    """

    opening: float
    width: float
    smile_left: float
    smile_right: float
    pucker: float

    def to_dict(self) -> dict[str, float]:
        """Return the measures by name as plain data for JSON, rounded to 4 decimals."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


class _Lips(NamedTuple):
    """Indices of the lip landmarks in one layout; left and right are those of the picture.

    Attributes:
        left: left mouth corner.
        right: right mouth corner.
        upper: five points around the middle of the upper lip, from left to right.
        lower: five points around the middle of the lower lip, from left to right.
    """

    left: int
    right: int
    upper: list[int]
    lower: list[int]


_LAYOUTS = {
    20: _Lips(0, 10, [17, 16, 15, 14, 13], [3, 4, 5, 6, 7]),
    68: _Lips(48, 54, [49, 50, 51, 52, 53], [59, 58, 57, 56, 55]),
}


def measure(face: Face) -> MouthMeasures | None:
    """Return the measures of the mouth of a face; None if it has no lip landmarks."""
    points = face.landmarks
    layout = None if points is None else _LAYOUTS.get(len(points))
    if points is None or layout is None:
        return None
    # Rows times the matrix of the roll: this rotates the head back.
    upright: Floats = points.astype(np.float64) @ rotation_matrix(face.roll)
    unit = max(_face_width(face, points), 1e-6)
    upper, lower = upright[layout.upper], upright[layout.lower]
    # The left of the subject is the right of the picture.
    right, left = upright[layout.left], upright[layout.right]
    # Upper and lower points are in the same order, so each pair gives a point between the lips.
    middle = (upper + lower) / 2
    width = math.dist(left, right) / unit
    return MouthMeasures(
        # The mean of three pairs is less noisy than the middle pair alone.
        opening=float((lower - upper)[1:4, 1].mean()) / unit,
        width=width,
        smile_left=_above(middle, left) / unit,
        smile_right=_above(middle, right) / unit,
        pucker=max(0.0, 1 - width / AT_REST),
    )


def _face_width(face: Face, points: Points) -> float:
    if len(points) == 68:
        return math.dist(*points[_JAW].astype(float))
    return face.size


def _above(middle: Floats, corner: Floats) -> float:
    """Return the height of a (2,) corner above the center line of the lips, in pixels.

    The center line is the least-squares line through the (5, 2) points in `middle`. A line through
    both corners would hide an asymmetric smile.
    """
    # Relative to their mean, the line passes through the origin and needs only a slope.
    x, y = (middle - middle.mean(0)).T
    slope = float(x @ y) / max(float(x @ x), 1e-9)
    across, down = corner - middle.mean(0)
    # y points down, so a corner above the line has a smaller y than the line.
    return float(slope * across - down)
