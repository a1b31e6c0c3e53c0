"""The backend `yunet`: a small face detector with five keypoints, to compare with.

The lip box is estimated from the mouth corners, so it does not follow an open mouth.

Source:
    Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023; the model of March 2023
    from https://github.com/opencv/opencv_zoo (MIT), with inputs of any size.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.detection import Detector, LocalDetector, RawDetection
from moue.geometry import bounding_box, center_distance, corners, iou, rotation_matrix
from moue.media.image import Grey, resize_to_fit
from moue.model import bundled
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

MODELS = bundled.FOLDER / "yunet"
"""Folder of the network and its model card."""
NAME = "yunet"
STRIDES = (8, 16, 32)
MIN_SCORE, NMS_IOU = 0.6, 0.3
"""Score threshold, lower than OpenCV's default of 0.9, which misses difficult faces; and the IoU
above which two detections are one face."""
PATCH_SIDE = 160
"""Longer side of the patch of the local detector, in pixels."""
LIP_HEIGHT = 0.45
"""Estimated height of the lip box divided by its width, because only the corners are detected."""
Floats = npt.NDArray[np.float32]


def yunet_detector() -> Detector:
    """Return the detector of the backend `yunet`; its scores are from 0 to 1.

    Raises:
        ModelError: the model file is missing or has another checksum.
    """
    session = _session()
    return lambda grey: [_detection(row) for row in _detect(session, grey)]


def yunet_local_detector() -> LocalDetector:
    """Return the local detector of the backend `yunet`, which searches a reduced patch.

    Raises:
        ModelError: the model file is missing or has another checksum.
    """
    session = _session()

    def follow(grey: Grey, box: Points) -> RawDetection | None:
        patch = resize_to_fit(grey, PATCH_SIDE)
        scale = max(grey.shape) / max(patch.shape)
        faces = [_detection(row).scaled(scale) for row in _detect(session, patch)]
        near = [(float(center_distance(face.box, box)), face) for face in faces]
        # A face whose center has left the previous box counts as another one.
        near = [pair for pair in near if pair[0] < (box[2] - box[0]) / 2]
        return min(near, key=lambda pair: pair[0])[1] if near else None

    return follow


@lru_cache
def _session() -> onnxruntime.InferenceSession:
    import onnxruntime  # the import takes 0.1 s, and many commands need no network

    data = bundled.read_verified(bundled.load_card(NAME, MODELS), bundled.ONNX, MODELS)
    options = onnxruntime.SessionOptions()
    # One thread: moue uses several cores by processes, each with its own networks.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _detect(session: onnxruntime.InferenceSession, grey: Grey) -> Floats:
    """Return (N, 15) rows after NMS: box corners, five keypoints, score; in pixels of `grey`."""
    height, width = grey.shape
    # The grids divide the picture evenly, so its sides become multiples of the coarsest stride.
    padded = cv2.copyMakeBorder(grey, 0, -height % 32, 0, -width % 32, cv2.BORDER_REPLICATE)
    colours = np.repeat(padded[None, None].astype(np.float32), 3, axis=1)
    names = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps")]
    outputs = session.run(names, {"input": colours})
    grids = [outputs[4 * i : 4 * i + 4] for i in range(len(STRIDES))]
    rows = [_decode(grid, s, padded.shape[1]) for grid, s in zip(grids, STRIDES, strict=True)]
    return _nms(np.concatenate(rows))


def _decode(grid: list[Floats], stride: int, width: int) -> Floats:
    """Return the (N, 15) rows of the cells of one grid above the score threshold."""
    classes, faces, boxes, keypoints = (values[0] for values in grid)
    # The score is the geometric mean of both probabilities, as in OpenCV.
    scores = np.sqrt(classes[:, 0].clip(0, 1) * faces[:, 0].clip(0, 1))
    kept = np.flatnonzero(scores > MIN_SCORE)
    down, across = np.divmod(kept, width // stride)
    origin = np.stack([across, down], axis=1).astype(np.float32)
    center = (origin + boxes[kept, :2]) * stride
    # Unclipped, the exponential of a meaningless cell could overflow.
    half = np.exp(boxes[kept, 2:].clip(-8, 8)) * stride / 2
    points = (keypoints[kept].reshape(-1, 5, 2) + origin[:, None]) * stride
    parts = [center - half, center + half, points.reshape(-1, 10), scores[kept, None]]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _nms(rows: Floats) -> Floats:
    rows = rows[np.argsort(-rows[:, 14], kind="stable")]
    kept: list[Floats] = []
    for row in rows:
        if all(iou(row[:4], other[:4]) < NMS_IOU for other in kept):
            kept.append(row)
    return np.stack(kept) if kept else np.empty((0, 15), np.float32)


def _detection(row: Floats) -> RawDetection:
    """Convert a (15,) row to a detection; keypoints are eyes, nose and mouth corners."""
    points = row[4:14].reshape(5, 2)
    eyes, mouth = points[1] - points[0], points[4] - points[3]
    across, down = (float(value) for value in eyes + mouth)
    roll = math.degrees(math.atan2(down, across))
    half = float(np.hypot(*mouth)) / 2
    # The lip box of the upright head, rotated back about its center.
    upright = corners(np.array([-half, -half * LIP_HEIGHT, half, half * LIP_HEIGHT], np.float32))
    lips = upright @ rotation_matrix(roll).T + points[3:].mean(0)
    return RawDetection(row[:4], float(row[14]), bounding_box(lips.astype(np.float32)), None, roll)
