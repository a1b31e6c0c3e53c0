"""Which face of a picture is the main one: the one place that puts faces in their order.

The first face is the main face: a folder's label is meant for it, and `predict` names it first.
Size alone is not enough, because hair or a pattern may give a large box with a low score.
"""

from __future__ import annotations

from collections.abc import Iterable

from moue.face import detector
from moue.workspace.types import Face

SURE = {"moue": detector.UPRIGHT_SCORE, "haar": 40.0, "dlib68": 40.0}
"""Score from which on a face of a backend is as sure as any. Of one face in each of 31 bundled
pictures, 31 reach that of moue, and 26 that of haar, whose boxes dlib68 uses. The score of
haar-tutorial says nothing."""
LEAST = 0.05
"""Weight of the least sure face: a score near 0 may only mean that a hand hides the mouth."""


def prominence(face: Face) -> float:
    """Return the size of a face in pixels, times a weight that is 1 for a sure face.

    Below the score in `SURE` the weight falls with the square of the score, so that a box at half
    of it must be four times as large to come before a sure face.
    """
    share = face.score / SURE.get(face.backend or "", face.score or 1.0)
    return face.size * min(1.0, max(LEAST, share * abs(share)))


def main_first(faces: Iterable[Face]) -> list[Face]:
    """Return faces in order of prominence; of equals the higher in the picture, then the left."""
    return sorted(faces, key=lambda face: (-prominence(face), face.box[1], face.box[0]))
