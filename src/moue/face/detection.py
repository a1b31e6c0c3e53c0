"""What every detector returns, and what a detector is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from moue.geometry import center_inside
from moue.media.image import Grey
from moue.workspace.types import Points

__all__ = ["Detector", "LocalDetector", "RawDetection", "remove_duplicates"]


class RawDetection(NamedTuple):
    """One face in the pixels of the grey picture that was searched; `roll` as in `Face`."""

    box: Points
    score: float
    lips: Points
    landmarks: Points | None = None
    roll: float = 0.0

    def scaled(self, scale: float) -> RawDetection:
        """Return the face in the pixels of a picture that is `scale` times as large."""
        points = None if self.landmarks is None else self.landmarks * np.float32(scale)
        box, lips = self.box * np.float32(scale), self.lips * np.float32(scale)
        return self._replace(box=box, lips=lips, landmarks=points)


Detector: TypeAlias = Callable[[Grey], list[RawDetection]]
"""Finds all faces of a (H, W) grey picture, in any order."""
LocalDetector: TypeAlias = Callable[[Grey, Points], RawDetection | None]
"""Finds one face again, from a grey picture of its surroundings and its previous (4,) box."""


def remove_duplicates(faces: list[RawDetection]) -> list[RawDetection]:
    """Return the faces by score; one whose center lies in a better face, or vice versa, is dropped.

    This is NMS by centers: boxes of different backends and rolls differ too much for an IoU.
    """
    kept: list[RawDetection] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(center_inside(face.box, k.box) or center_inside(k.box, face.box) for k in kept):
            kept.append(face)
    return kept
