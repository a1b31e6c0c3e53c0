"""Sort the faces of a picture, main face first; all commands use this order.

The main face gets the label of a class folder, and `predict` prints it first. The size of the box
alone is not enough, because hair or a pattern can give a large box with a low score.
"""

from __future__ import annotations

from collections.abc import Iterable

from moue.face import detector
from moue.workspace.types import Face

CONFIDENT_SCORES = {"moue": detector.UPRIGHT_SCORE, "haar": 40.0, "dlib68": 40.0}
"""Score of each backend from which faces are sorted by size alone. In the 31
bundled pictures of one face, 31 faces reach the score of moue, and 26 reach the score of haar.
dlib68 uses the scores of haar; all scores of haar-tutorial are 1."""
MIN_WEIGHT = 0.05
"""Minimum weight of a face, because a hidden mouth gives a score near 0."""


def prominence(face: Face) -> float:
    """Return the size of a face in pixels, multiplied by a weight that depends on its score.

    The weight is 1 from the score in `CONFIDENT_SCORES` on. Below, it is the square of the score
    divided by that score, but at least `MIN_WEIGHT`.
    """
    # A backend without a limit gives a ratio of 1, so only the size counts.
    ratio = face.score / CONFIDENT_SCORES.get(face.backend or "", face.score or 1.0)
    # `ratio * abs(ratio)` is the square, but keeps the sign: a negative score has a low weight.
    return face.size * min(1.0, max(MIN_WEIGHT, ratio * abs(ratio)))


def main_first(faces: Iterable[Face]) -> list[Face]:
    """Sort faces by descending prominence, and ties from top to bottom, then left to right."""
    return sorted(faces, key=lambda face: (-prominence(face), face.box[1], face.box[0]))
