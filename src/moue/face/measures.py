"""How far a mouth is open, wide, smiling and puckered: measured on the points around the lips.

These are plain measures of geometry. They are no calibrated blendshapes: their zero and their
range differ a little from person to person, and a head that is turned to the side or that nods
changes them.
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
"""Width of a mouth at rest, in face widths: the median of the bundled pictures labelled `none`."""
_JAW = [0, 16]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MouthMeasures:
    """Continuous values of one mouth, with the tilt of the head taken out.

    Lengths are in face widths: with the backend `moue` the shorter side of the face's box, with
    `dlib68` the distance between both ends of the jaw line, which is the same within 2 %. Left
    and right are the person's own.

    Attributes:
        opening: height of the lips in their middle, from the outer border of the upper lip to that
            of the lower one. Closed lips have about 0.14, a wide open mouth 0.3.
        width: distance between the corners. About 0.37 at rest, 0.47 in a smile, 0.26 in a pout.
        smile_left: how far the left corner lies above the line through the middle of the lips;
            negative where it hangs below. About 0.02 at rest, 0.07 in a smile.
        smile_right: the same of the right corner.
        pucker: by how much the mouth is narrower than `AT_REST`, as a share of it: 0 at rest and
            in a smile, about 0.3 in a pout.
    """

    opening: float
    width: float
    smile_left: float
    smile_right: float
    pucker: float

    def to_dict(self) -> dict[str, float]:
        """Return plain data for JSON, rounded to 4 digits."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


class _Lips(NamedTuple):
    """Numbers of the points in a layout, as they lie in an upright picture.

    Five points each of the upper and of the lower lip lie around its middle, from left to right.
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
    """Return the measures of a face's mouth; None where its backend gives no points of the lips."""
    points = face.landmarks
    layout = None if points is None else _LAYOUTS.get(len(points))
    if points is None or layout is None:
        return None
    upright, unit = _upright(points, face.roll), max(_face_width(face, points), 1e-6)
    upper, lower = upright[layout.upper], upright[layout.lower]
    # A person's left is on the right of the picture.
    right, left = upright[layout.left], upright[layout.right]
    middle = (upper + lower) / 2
    width = math.dist(left, right) / unit
    return MouthMeasures(
        opening=float((lower - upper)[1:4, 1].mean()) / unit,
        width=width,
        smile_left=_above(middle, left) / unit,
        smile_right=_above(middle, right) / unit,
        pucker=max(0.0, 1 - width / AT_REST),
    )


def _upright(points: Points, roll: float) -> Floats:
    return np.asarray(points.astype(np.float64) @ rotation_matrix(roll))


def _face_width(face: Face, points: Points) -> float:
    if len(points) == 68:
        return math.dist(*points[_JAW].astype(float))
    return face.size


def _above(middle: Floats, corner: Floats) -> float:
    """Return how far a corner lies above the line through the middle of the lips, pixels.

    The line is that of least squares: the line of both corners would hide a lopsided smile.
    """
    x, y = (middle - middle.mean(0)).T
    slope = float(x @ y) / max(float(x @ x), 1e-9)
    across, down = corner - middle.mean(0)
    return float(slope * across - down)
