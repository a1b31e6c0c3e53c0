"""The types of detectors and detections that all backends share, and their NMS."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from moue.geometry import center_inside
from moue.media.image import Grey
from moue.workspace.types import Image, Points

__all__ = ["Detector", "LocalDetector", "RawDetection", "remove_duplicates"]


class RawDetection(NamedTuple):
    """One detected face, in pixels of the searched picture.

    Attributes:
        box: (4,) face box: left, top, right, bottom.
        score: detection score; its scale depends on the backend.
        lips: (4,) lip box: left, top, right, bottom.
        landmarks: (N, 2) landmarks, as in `Face`; None if the backend predicts no landmarks.
        roll: clockwise rotation of the head in degrees; 0 if not measured.
    """

    box: Points
    score: float
    lips: Points
    landmarks: Points | None = None
    roll: float = 0.0

    def scaled(self, scale: float) -> RawDetection:
        """Return the detection with all coordinates multiplied by `scale`."""
        points = None if self.landmarks is None else self.landmarks * np.float32(scale)
        box, lips = self.box * np.float32(scale), self.lips * np.float32(scale)
        return self._replace(box=box, lips=lips, landmarks=points)


Detector: TypeAlias = Callable[[Grey | Image], list[RawDetection]]
"""Function from a picture to all its faces, in any order. The picture is (H, W) grey, or (H, W, 3)
RGB for backends that need colour."""
LocalDetector: TypeAlias = Callable[[Grey | Image, Points], RawDetection | None]
"""Function that detects a face again: from a patch, grey or RGB, and its previous (4,) box."""


def remove_duplicates(faces: list[RawDetection]) -> list[RawDetection]:
    """Remove duplicate detections by NMS; return the others sorted by descending score.

    Two detections are duplicates if the center of one lies in the box of the other. An IoU
    threshold would not work, because the boxes of different backends and rolls differ too much.
    """
    kept: list[RawDetection] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(center_inside(face.box, k.box) or center_inside(k.box, face.box) for k in kept):
            kept.append(face)
    return kept
