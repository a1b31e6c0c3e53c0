"""Lip landmarks: a small network predicts 20 points around the lips of a detected face.

Its input is an aligned mouth crop of 64 x 64 pixels. `research/face_detector/` trains it.
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
"""Folder of the networks of the backend `moue`, each with its model card."""
LIP_MODEL = "lips"
"""Name of the lip network in `MODELS`."""
CROP_SIDE, CROP_MARGIN, CROP_OFFSET_Y = 64, 1.9, 0.1
"""Side of the crop in pixels; side of the crop and its offset below the mouth, as multiples of the
distance between eyes and mouth."""
LEFT_CORNER, RIGHT_CORNER = 0, 10
"""Indices of the mouth corners in the 20 landmarks, left and right in the picture."""
Floats = npt.NDArray[np.float32]


def predict_landmarks(
    network: onnxruntime.InferenceSession,
    grey: Grey,
    faces: list[RawDetection],
    keypoints: list[Points],
) -> list[RawDetection]:
    """Predict the lip landmarks of all faces of a picture in one batch.

    Args:
        network: session of the lip network.
        grey: (H, W) uint8 grey picture.
        faces: detections in pixels of `grey`.
        keypoints: (5, 2) keypoints of each face.

    Returns:
        The detections with lip box, (20, 2) landmarks and roll, in the order of `faces`. Each score
        is multiplied by the probability that the mouth is visible.
    """
    if not faces:
        return []
    matrices = [alignment_matrix(points) for points in keypoints]
    crops = np.stack([aligned_crop(grey, matrix) for matrix in matrices])
    (values,) = network.run(None, {"grey": crops})
    return [_with_landmarks(*one) for one in zip(faces, matrices, values, strict=True)]


def alignment_matrix(keypoints: Points) -> Points:
    """Return the (2, 3) affine matrix from the picture to the aligned (CROP_SIDE, CROP_SIDE) crop.

    Args:
        keypoints: (5, 2) eye centers, nose tip and mouth corners.
    """
    eyes, mouth = keypoints[:2].mean(0), keypoints[3:].mean(0)
    eye_line, mouth_line = keypoints[1] - keypoints[0], keypoints[4] - keypoints[3]
    # The sum of both lines gives a more stable direction than one line. The minimum prevents a
    # division by zero for coinciding points.
    across = eye_line + mouth_line
    across = across / max(float(np.hypot(*across)), 1e-6)
    down = np.array([-across[1], across[0]])
    # In profile the eye distance shrinks, from above or below the distance of eyes and mouth does:
    # the longer of both measures the face.
    size = max(float(np.hypot(*(mouth - eyes))), float(np.hypot(*eye_line)), 1.0)
    side = CROP_MARGIN * size
    # An open mouth extends below its corners, so the crop is lower than their middle.
    center = mouth + CROP_OFFSET_Y / CROP_MARGIN * side * down
    linear = np.stack([across, down]) * (CROP_SIDE / side)
    # Pixel centers have integer coordinates, so the center of the crop is (CROP_SIDE - 1) / 2.
    return np.column_stack([linear, (CROP_SIDE - 1) / 2 - linear @ center])


@lru_cache
def lip_model(name: str) -> onnxruntime.InferenceSession:
    """Return a network of `MODELS`, which is verified and loaded once per process.

    Args:
        name: name of the network, such as `LIP_MODEL`.

    Raises:
        ModelError: the model file is missing or has another checksum.
    """
    import onnxruntime  # the import takes 0.1 s, and many commands need no network

    data = bundled.read_verified(bundled.load_card(name, MODELS), bundled.ONNX, MODELS)
    options = onnxruntime.SessionOptions()
    # One thread: moue uses several cores by processes, each with its own networks.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def aligned_crop(grey: Grey, matrix: Points) -> Grey:
    """Return the aligned (CROP_SIDE, CROP_SIDE) crop of a (H, W) grey picture.

    Bilinear sampling would skip pixels of a large mouth. So the crop is sampled at a multiple of
    its size, and then reduced by averaging.

    Args:
        grey: (H, W) uint8.
        matrix: (2, 3) affine matrix from `alignment_matrix`.
    """
    # The first row of the matrix is as long as its scale: its inverse is picture pixels per pixel.
    finer = max(1, int(1 / float(np.hypot(*matrix[0, :2]))))
    side = finer * CROP_SIDE
    # Pixel centers have integer coordinates, so scaling shifts them by half a pixel of each size.
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
    """Add the (41,) output of the network to a detection: visibility logit and 20 landmarks."""
    visible = 1 / (1 + float(np.exp(-values[0])))
    points = (values[1:].reshape(-1, 2) + 0.5) * CROP_SIDE
    linear = matrix[:, :2]  # a scaled rotation: its inverse is its transpose, over scale squared
    lips = ((points - matrix[:, 2]) @ linear / (linear[0] @ linear[0])).astype(np.float32)
    # The corners give the roll within 2 degrees; eyes and nose are off by up to 12.
    across, down = (float(n) for n in lips[RIGHT_CORNER] - lips[LEFT_CORNER])
    roll = math.degrees(math.atan2(down, across))
    return RawDetection(face.box, face.score * visible, bounding_box(lips), lips, roll)
