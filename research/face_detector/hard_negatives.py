"""Hard-negative mining: collect the false positives of the bundled detector.

Writes WORK/hard.npz. The next training samples these regions more often.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from moue.face import detector, lip_landmarks
from moue.geometry import intersection_area
from moue.media.image import resize_to_fit
from research.face_detector.arrays import Floats
from research.face_detector.compose_scenes import HARD_NEGATIVES, load_sources

SIDES = (640, 448, 320, 224, 160, 112)
"""Longer sides to which each picture is scaled for detection."""
MIN_SCORE = 0.25


def save_hard_negatives(work: Path) -> None:
    """Save false positives in all scene images: `boxes` (N, 4), picture indices `of` (N,)."""
    cv2.setNumThreads(1)
    network, sources = lip_landmarks.lip_model(detector.DETECTOR_MODEL), load_sources(work)
    boxes: list[Floats] = []
    of: list[int] = []
    for number, (picture, known) in enumerate(zip(sources.pictures, sources.found, strict=True)):
        for side in SIDES:
            small = resize_to_fit(picture, side)
            found = detector.nms(detector.detect(network, small, MIN_SCORE))
            for box in found.rescaled(max(picture.shape) / max(small.shape)).boxes:
                # A box that touches a known face may be an imprecise detection of it.
                if not any(intersection_area(box, face[:2].ravel()) > 0 for face in known):
                    boxes.append(box)
                    of.append(number)
    np.savez(work / HARD_NEGATIVES, boxes=np.stack(boxes), of=np.array(of))
    print(f"{len(of):,} false positives in {len(set(of)):,} pictures")
