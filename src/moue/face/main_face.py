"""The order of the faces of a picture. Nothing else sorts faces.

The first face is the main face: it gets the label of a folder, and `predict` prints it first.
Size alone is not enough: hair or a pattern can give a large box with a low score.
"""

from __future__ import annotations

from collections.abc import Iterable

from moue.face import detector
from moue.workspace.types import Face

CONFIDENT_SCORES = {"moue": detector.UPRIGHT_SCORE, "haar": 40.0, "dlib68": 40.0}
"""Score from which size alone counts. Of 31 bundled pictures with one face each, 31 faces reach
that of moue, and 26 that of haar, whose boxes dlib68 uses. haar-tutorial has no scores."""
MIN_WEIGHT = 0.05
"""Smallest weight of a face: a score near 0 may only mean that a hand hides the mouth."""


def prominence(face: Face) -> float:
    """Return the size of a face in pixels, times a weight that is 1 for a confident score.

    Below the score in `CONFIDENT_SCORES` the weight falls with the square of the score: at half of
    it, a box must be four times as large to come before a confident face.
    """
    ratio = face.score / CONFIDENT_SCORES.get(face.backend or "", face.score or 1.0)
    return face.size * min(1.0, max(MIN_WEIGHT, ratio * abs(ratio)))


def main_first(faces: Iterable[Face]) -> list[Face]:
    """Return faces by prominence; at equal prominence from top to bottom, then left to right."""
    return sorted(faces, key=lambda face: (-prominence(face), face.box[1], face.box[0]))
