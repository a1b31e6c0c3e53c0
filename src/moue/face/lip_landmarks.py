"""Lip landmarks: a small network places 20 points around the lips of a detected face.

It sees the aligned mouth in a square of 64 pixels. `research/face_detector/` trains
it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.detection import RawDetection
from moue.geometry import bounding_box
from moue.media.image import Grey, resize_to_fit
from moue.model import bundled
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

MODELS = bundled.FOLDER / "face_detector"
LIP_MODEL = "lips"
"""The model in MODELS, with its card."""
CROP_SIDE, CROP_MARGIN, CROP_OFFSET_Y = 64, 1.9, 0.1
"""The crop: its side in pixels; its side and how far it lies below the mouth, in distances from
the eyes to the mouth."""
LEFT_CORNER, RIGHT_CORNER = 0, 10
"""The corners of the mouth among the 20 points, as seen in the picture."""
Floats = npt.NDArray[np.float32]


def predict_landmarks(
    network: onnxruntime.InferenceSession,
    grey: Grey,
    faces: list[RawDetection],
    keypoints: list[Points],
) -> list[RawDetection]:
    """Return the faces with their lips, from the (5, 2) keypoints of each."""
    if not faces:
        return []
    matrices = [alignment_matrix(points) for points in keypoints]
    crops = np.stack([aligned_crop(grey, matrix) for matrix in matrices])
    (values,) = network.run(None, {"grey": crops})
    return [_with_landmarks(*one) for one in zip(faces, matrices, values, strict=True)]


def alignment_matrix(keypoints: Points) -> Points:
    """Return the (2, 3) matrix from the picture to the upright (CROP_SIDE, CROP_SIDE) crop.

    Args:
        keypoints: (5, 2) centers of the eyes, tip of the nose, corners of the mouth.
    """
    eyes, mouth = keypoints[:2].mean(0), keypoints[3:].mean(0)
    eye_line, mouth_line = keypoints[1] - keypoints[0], keypoints[4] - keypoints[3]
    # Both lines together give a steadier direction than either; the limits keep points that
    # coincide from dividing by zero.
    across = eye_line + mouth_line
    across = across / max(float(np.hypot(*across)), 1e-6)
    down = np.array([-across[1], across[0]])
    # From the side the eyes come close together, from above or below the eyes and the mouth:
    # the longer distance is the face's size.
    size = max(float(np.hypot(*(mouth - eyes))), float(np.hypot(*eye_line)), 1.0)
    side = CROP_MARGIN * size
    center = mouth + CROP_OFFSET_Y / CROP_MARGIN * side * down
    linear = np.stack([across, down]) * (CROP_SIDE / side)
    return np.column_stack([linear, (CROP_SIDE - 1) / 2 - linear @ center])


@lru_cache
def lip_model(name: str) -> onnxruntime.InferenceSession:
    """Return a model of MODELS, loaded once, after its checksum matched its card.

    Raises:
        ModelError: it is missing or was changed.
    """
    import onnxruntime  # the import takes 0.1 s, and many commands need no network

    data = bundled.read_verified(bundled.load_card(name, MODELS), bundled.ONNX, MODELS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def aligned_crop(grey: Grey, matrix: Points) -> Grey:
    """Return the (CROP_SIDE, CROP_SIDE) crop of an alignment matrix.

    Bilinear sampling would skip pixels of a large mouth. Such a crop is first made `finer` times
    as large, and then averaged.
    """
    finer = max(1, int(1 / float(np.hypot(*matrix[0, :2]))))
    side = finer * CROP_SIDE
    # Pixel centers are whole numbers, so scaling moves them by half a pixel of each size.
    shift = finer * matrix[:, 2] + (finer - 1) / 2
    crop = cv2.warpAffine(
        grey,
        np.column_stack([finer * matrix[:, :2], shift]),
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return resize_to_fit(np.asarray(crop, np.uint8), CROP_SIDE)


def _with_landmarks(face: RawDetection, matrix: Points, values: Floats) -> RawDetection:
    """Return a face with the network's (41,) output: a logit of visibility, and 20 points."""
    visible = 1 / (1 + float(np.exp(-values[0])))
    points = (values[1:].reshape(-1, 2) + 0.5) * CROP_SIDE
    linear = matrix[:, :2]  # a scaled rotation: its inverse is its transpose, over scale squared
    lips = ((points - matrix[:, 2]) @ linear / (linear[0] @ linear[0])).astype(np.float32)
    # The corners give the roll within 2 degrees; eyes and nose are off by up to 12.
    across, down = (float(n) for n in lips[RIGHT_CORNER] - lips[LEFT_CORNER])
    roll = math.degrees(math.atan2(down, across))
    return RawDetection(face.box, face.score * visible, bounding_box(lips), lips, roll)
