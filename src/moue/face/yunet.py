"""YuNet through OpenCV, for the comparison of detectors: a small network with five keypoints.

Source:
    Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023; the model of March 2023
    from https://github.com/opencv/opencv_zoo (MIT).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from moue.face.checksum import verify_sha256
from moue.face.mouth_crop import mouth_box
from moue.geometry import box_around
from moue.media.image import Picture, resize_to_fit, swap_channels
from moue.workspace.types import Face, Points

SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
SIDE = 640
"""Longer side of the network input in pixels."""
HINT = "give the path of face_detection_yunet_2023mar.onnx of OpenCV's model zoo"
MIN_SCORE = 0.6
"""Score threshold; the OpenCV default of 0.9 would miss all difficult faces."""
LIP_HEIGHT = 0.45
"""Estimated height of the lip box divided by its width, because YuNet detects only the corners."""


def yunet(model: Path) -> Callable[[Picture], list[Face]]:
    """Return YuNet as a detector for the comparison.

    Args:
        model: path of face_detection_yunet_2023mar.onnx.

    Raises:
        ModelError: the file is missing or has another checksum.
    """
    path = verify_sha256(model, SHA256, HINT)
    detector = cv2.FaceDetectorYN.create(str(path), "", (SIDE, SIDE), MIN_SCORE)

    def find(picture: Picture) -> list[Face]:
        small = resize_to_fit(picture.rgb(), SIDE)
        height, width = small.shape[:2]
        detector.setInputSize((width, height))
        _, rows = detector.detect(swap_channels(small))
        scale = np.float32(max(picture.width, picture.height) / max(height, width))
        found = np.empty((0, 15), np.float32) if rows is None else np.asarray(rows, np.float32)
        # For pictures of a few pixels, YuNet returns infinite boxes.
        return [_face(row, scale) for row in found if np.isfinite(row).all()]

    return find


def _face(row: Points, scale: np.float32) -> Face:
    """Convert a (15,) row of YuNet to a face: box, keypoints (mouth corners last), score."""
    box = np.concatenate([row[:2], row[:2] + row[2:4]]) * scale
    right, left = row[10:12] * scale, row[12:14] * scale
    width = float(np.hypot(*(left - right)))
    lips = box_around((right + left) / 2, np.array([width, LIP_HEIGHT * width], np.float32))
    return Face(box, float(row[14]), None, lips, mouth_box(lips))
