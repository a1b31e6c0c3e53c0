"""Lip landmarks: two small networks predict 20 points around the lips of a detected face.

The input of each is an upright crop of 64 x 64 pixels. The first network searches the mouth in a
crop that the keypoints of the face place; the second one locates the lips in a tight crop around
the landmarks of the first. `research/face_detector/` trains both.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.detection import RawDetection
from moue.media.image import Grey, resize_to_fit
from moue.model import bundled
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

MODELS = bundled.FOLDER / "face_detector"
"""Folder of the networks of the backend `moue`, each with its model card."""
LIP_MODEL, TIGHT_MODEL = "lips", "lips_tight"
"""Names in `MODELS` of the lip networks of the first and of the second pass."""
CROP_SIDE, CROP_MARGIN, CROP_OFFSET_Y = 64, 1.9, 0.1
"""Side of the crop in pixels; side of the crop and its offset below the mouth, as multiples of the
distance between eyes and mouth."""
TIGHT_MARGIN = 1.6
"""Side of the tight crop of the second pass, as a multiple of the longer side of the lips."""
LEFT_CORNER, RIGHT_CORNER = 0, 10
"""Indices of the mouth corners in the 20 landmarks, left and right in the picture."""
Floats = npt.NDArray[np.float32]


class LipNetworks(NamedTuple):
    """The sessions of the lip networks of the first pass and of the second pass."""

    wide: onnxruntime.InferenceSession
    tight: onnxruntime.InferenceSession


def lip_networks() -> LipNetworks:
    """Return both lip networks, each of which is loaded once per process.

    Raises:
        ModelError: a model file is missing or has another checksum.
    """
    return LipNetworks(lip_model(LIP_MODEL), lip_model(TIGHT_MODEL))


def predict_landmarks(
    networks: LipNetworks,
    grey: Grey,
    faces: list[RawDetection],
    keypoints: Floats,
) -> list[RawDetection]:
    """Predict the lip landmarks of all faces of a picture, in two passes.

    The first pass searches the lips in a crop that the keypoints place. The second pass locates
    them more accurately in a tight crop that the landmarks of the first pass place.

    Args:
        networks: the lip networks of both passes.
        grey: (H, W) uint8 grey picture.
        faces: detections in pixels of `grey`.
        keypoints: (N, 5, 2) keypoints of the faces.

    Returns:
        The detections with lip box, (20, 2) landmarks and roll, in the order of `faces`. Each score
        is multiplied by the probability that the mouth is visible.
    """
    if not faces:
        return []
    logits, lips = locate_lips(networks, grey, [alignment_matrix(five) for five in keypoints])
    visible = 1 / (1 + np.exp(-logits))
    # The corners give the roll within 2 degrees; eyes and nose are off by up to 12.
    across = lips[:, RIGHT_CORNER] - lips[:, LEFT_CORNER]
    rolls = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    boxes = np.concatenate([lips.min(1), lips.max(1)], 1)
    return [
        RawDetection(face.box, face.score * float(seen), box, points, float(roll))
        for face, seen, box, points, roll in zip(faces, visible, boxes, lips, rolls, strict=True)
    ]


def locate_lips(networks: LipNetworks, grey: Grey, matrices: list[Points]) -> tuple[Floats, Floats]:
    """Return the (N,) logits of visible lips and (N, 20, 2) landmarks in pixels of `grey`.

    Args:
        networks: the lip networks of both passes.
        grey: (H, W) uint8 grey picture.
        matrices: (2, 3) affine matrices from the picture to the crops of the first pass.
    """
    # Only the first network learned to tell mouths from other things.
    logits, first = _located(networks.wide, grey, matrices)
    _, lips = _located(networks.tight, grey, [tight_matrix(points) for points in first])
    return logits, lips


def _located(
    network: onnxruntime.InferenceSession, grey: Grey, matrices: list[Points]
) -> tuple[Floats, Floats]:
    """Return the (N,) logits of visible lips and (N, 20, 2) landmarks in pixels of `grey`.

    Args:
        network: session of the lip network.
        grey: (H, W) uint8 grey picture.
        matrices: (2, 3) affine matrices from the picture to the crops.
    """
    crops = np.stack([aligned_crop(grey, matrix) for matrix in matrices])
    (values,) = network.run(None, {"grey": crops})
    points = (values[:, 1:].reshape(len(values), -1, 2) + 0.5) * CROP_SIDE
    placed = np.stack(matrices)
    linear = placed[:, :, :2]
    # A scaled rotation: its inverse is its transpose, divided by the squared scale.
    squared = np.square(linear[:, :1]).sum(2, keepdims=True)
    return values[:, 0], ((points - placed[:, None, :, 2]) @ linear / squared).astype(np.float32)


def alignment_matrix(keypoints: Points) -> Points:
    """Return the (2, 3) affine matrix from the picture to the aligned (CROP_SIDE, CROP_SIDE) crop.

    Args:
        keypoints: (5, 2) eye centers, nose tip and mouth corners.
    """
    eyes, mouth = (keypoints[0] + keypoints[1]) / 2, (keypoints[3] + keypoints[4]) / 2
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


def tight_matrix(landmarks: Points) -> Points:
    """Return the (2, 3) affine matrix from the picture to the tight (CROP_SIDE, CROP_SIDE) crop.

    The lips are in its center and larger than in the crop of `alignment_matrix`.

    Args:
        landmarks: (20, 2) lip landmarks.
    """
    across = landmarks[RIGHT_CORNER] - landmarks[LEFT_CORNER]
    across = across / max(float(np.hypot(*across)), 1e-6)
    axes = np.stack([across, [-across[1], across[0]]])
    upright = landmarks @ axes.T
    low, high = upright.min(0), upright.max(0)
    scale = CROP_SIDE / (TIGHT_MARGIN * max(float((high - low).max()), 1.0))
    # Pixel centers have integer coordinates, so the center of the crop is (CROP_SIDE - 1) / 2.
    return np.column_stack([scale * axes, (CROP_SIDE - 1) / 2 - scale * (low + high) / 2])


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
    if finer == 1:
        return _warped(grey, matrix, CROP_SIDE)
    # Pixel centers have integer coordinates, so scaling shifts them by half a pixel of each size.
    shift = finer * matrix[:, 2] + (finer - 1) / 2
    crop = _warped(grey, np.column_stack([finer * matrix[:, :2], shift]), finer * CROP_SIDE)
    return resize_to_fit(crop, CROP_SIDE)


def _warped(grey: Grey, matrix: Points, side: int) -> Grey:
    crop = cv2.warpAffine(
        grey, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)
