"""Lip landmarks: two small networks predict 20 points around the lips of a detected face.

The input of each is an upright crop of 64 x 64 pixels. The first network searches the mouth in a
crop that the keypoints of the face place; the second one locates the lips in a tight crop around
the landmarks of the first. `research/face_detector/` trains both.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.detection import RawDetection
from moue.geometry import Array, Matrix, rotation_matrix
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
ROLL_STEPS, SIDE_STEPS, CENTER_STEPS = 8, 128, 8
"""Steps to which crops are rounded: per degree of the roll, per doubling of the side, and per pixel
of the crop for its center."""
Floats = npt.NDArray[np.float32]
Floats64 = npt.NDArray[np.float64]


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
    rolls = [_rounded_roll(direction) for direction in across]
    boxes = np.concatenate([lips.min(1), lips.max(1)], 1)
    return [
        RawDetection(face.box, face.score * float(seen), box, points, roll)
        for face, seen, box, points, roll in zip(faces, visible, boxes, lips, rolls, strict=True)
    ]


def locate_lips(networks: LipNetworks, grey: Grey, matrices: list[Array]) -> tuple[Floats, Floats]:
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
    network: onnxruntime.InferenceSession, grey: Grey, matrices: list[Array]
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


def alignment_matrix(keypoints: Points) -> Matrix:
    """Return the (2, 3) affine matrix from the picture to the aligned (CROP_SIDE, CROP_SIDE) crop.

    Args:
        keypoints: (5, 2) eye centers, nose tip and mouth corners.
    """
    keypoints = keypoints.astype(np.float64)
    eyes, mouth = (keypoints[0] + keypoints[1]) / 2, (keypoints[3] + keypoints[4]) / 2
    eye_line, mouth_line = keypoints[1] - keypoints[0], keypoints[4] - keypoints[3]
    # The sum of both lines gives a more stable direction than one line.
    across = _unit(eye_line + mouth_line)
    down = np.array([-across[1], across[0]])
    # In profile the eye distance shrinks, from above or below the distance of eyes and mouth does:
    # the longer of both measures the face.
    size = max(float(np.hypot(*(mouth - eyes))), float(np.hypot(*eye_line)), 1.0)
    # An open mouth extends below its corners, so the crop is lower than their middle.
    return _crop_matrix(mouth + CROP_OFFSET_Y * size * down, across, CROP_MARGIN * size)


def tight_matrix(landmarks: Points) -> Matrix:
    """Return the (2, 3) affine matrix from the picture to the tight (CROP_SIDE, CROP_SIDE) crop.

    The lips are in its center and larger than in the crop of `alignment_matrix`.

    Args:
        landmarks: (20, 2) lip landmarks.
    """
    landmarks = landmarks.astype(np.float64)
    across = _unit(landmarks[RIGHT_CORNER] - landmarks[LEFT_CORNER])
    axes = np.stack([across, [-across[1], across[0]]])
    upright = landmarks @ axes.T
    low, high = upright.min(0), upright.max(0)
    side = TIGHT_MARGIN * max(float((high - low).max()), 1.0)
    return _crop_matrix((low + high) / 2 @ axes, across, side)


def _unit(vector: Floats64) -> Floats64:
    """Return a (2,) vector scaled to the length 1."""
    # The minimum prevents a division by zero for coinciding points.
    return vector / max(float(np.hypot(*vector)), 1e-6)


def _rounded_roll(across: Array) -> float:
    """Return the roll in degrees of a (2,) vector that points to the right in an upright head."""
    degrees = math.degrees(math.atan2(float(across[1]), float(across[0])))
    return round(degrees * ROLL_STEPS) / ROLL_STEPS


def _crop_matrix(center: Floats64, across: Floats64, side: float) -> Matrix:
    """Return the (2, 3) affine matrix from the picture to a (CROP_SIDE, CROP_SIDE) crop.

    The roll, the side and the center are rounded to about an eighth of a pixel of the crop. So the
    networks of two machines, whose outputs differ in the last digits, get the same crop.

    Args:
        center: (2,) center of the crop in the picture.
        across: (2,) unit vector of the horizontal axis of the crop.
        side: side of the crop in pixels of the picture.
    """
    side = 2 ** (round(math.log2(side) * SIDE_STEPS) / SIDE_STEPS)
    step = side / CROP_SIDE / CENTER_STEPS
    linear = rotation_matrix(-_rounded_roll(across)) * (CROP_SIDE / side)
    # Pixel centers have integer coordinates, so the center of the crop is (CROP_SIDE - 1) / 2.
    offset = (CROP_SIDE - 1) / 2 - linear @ (np.round(center / step) * step)
    return np.column_stack([linear, offset])


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


def aligned_crop(grey: Grey, matrix: Array) -> Grey:
    """Return the aligned (CROP_SIDE, CROP_SIDE) crop of a (H, W) grey picture.

    Bilinear sampling would skip pixels of a large mouth. So the crop is sampled at a multiple of
    its size, and then reduced by averaging.

    Args:
        grey: (H, W) uint8.
        matrix: (2, 3) affine matrix from `alignment_matrix` or `tight_matrix`.
    """
    # The first row of the matrix is as long as its scale: its inverse is picture pixels per pixel.
    # The addend prevents that a rounding error decreases a whole ratio, such as 2 for 128 px.
    finer = max(1, int(1 / float(np.hypot(*matrix[0, :2])) + 1e-6))
    if finer == 1:
        return _warped(grey, matrix, CROP_SIDE)
    # Pixel centers have integer coordinates, so scaling shifts them by half a pixel of each size.
    shift = finer * matrix[:, 2] + (finer - 1) / 2
    crop = _warped(grey, np.column_stack([finer * matrix[:, :2], shift]), finer * CROP_SIDE)
    return resize_to_fit(crop, CROP_SIDE)


def _warped(grey: Grey, matrix: Array, side: int) -> Grey:
    crop = cv2.warpAffine(
        grey, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)
