"""BlazeFace: the face detector of MediaPipe, which finds faces with six keypoints.

Its input is the whole picture at 128 x 128 pixels, so it detects faces from about a tenth of the
picture on. Smaller faces are searched in overlapping tiles of the picture.

Source:
    Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019. The
    network is `face_detector.tflite` of Google's face_landmarker.task (Apache-2.0), converted by
    `research/face_mesh`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from moue.geometry import iou
from moue.workspace.types import Image

if TYPE_CHECKING:
    import onnxruntime

SIDE = 128
"""Side of the network input in pixels."""
MIN_SCORE, NMS_IOU = 0.5, 0.3
"""Score threshold, and IoU of two boxes of the same face; the defaults of MediaPipe."""
GRIDS = ((16, 2), (8, 6))
"""Cells per side and predictions per cell of the two grids of the network."""
BATCH = 16
"""Maximum number of tiles in one call of the network; hundreds would need gigabytes of memory."""
Floats = npt.NDArray[np.float32]
Tile: TypeAlias = tuple[float, float, float]
"""Left, top and side of a square of the picture, in pixels."""


class FaceBoxes(NamedTuple):
    """Detections, sorted by descending score.

    Attributes:
        scores: (N,) float32 scores from 0 to 1.
        boxes: (N, 4) float32 face boxes from the brows to the chin: left, top, right, bottom.
        keypoints: (N, 6, 2) float32 eyes, nose tip, mouth center and ears; the eye and the ear
            on the left side of an upright picture come first.
    """

    scores: Floats
    boxes: Floats
    keypoints: Floats


def detect(network: onnxruntime.InferenceSession, rgb: Image, tiles: list[Tile]) -> FaceBoxes:
    """Detect the faces in square tiles of a picture.

    Args:
        network: session of the detector.
        rgb: (H, W, 3) uint8 RGB picture.
        tiles: squares to search; pixels outside the picture are black.

    Returns:
        The detections after NMS, in pixels of `rgb`.
    """
    batches = [tiles[start : start + BATCH] for start in range(0, len(tiles), BATCH)]
    outputs = [_run(network, rgb, batch) for batch in batches]
    regressors, logits = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
    # Clipped, because the exponential of a large logit would overflow.
    scores = 1 / (1 + np.exp(-logits[..., 0].clip(-60, 60)))
    tile, cell = np.nonzero(scores >= MIN_SCORE)
    # Rows of center, size and six keypoints, in pixels of the input; the size has no offset.
    points = regressors[tile, cell].reshape(-1, 8, 2) + SIDE * _centers()[cell, None]
    points[:, 1] = regressors[tile, cell, 2:4]
    left, top, side = np.array(tiles, np.float32).T[:, tile, None, None]
    points *= side / SIDE
    points[:, [0, *range(2, 8)]] += np.concatenate([left, top], -1)
    middle, half = points[:, 0], points[:, 1] / 2
    boxes = np.concatenate([middle - half, middle + half], 1)
    return _merge(scores[tile, cell].astype(np.float32), boxes, points[:, 2:])


def _run(
    network: onnxruntime.InferenceSession, rgb: Image, tiles: list[Tile]
) -> tuple[Floats, Floats]:
    inputs = np.stack([_tile(rgb, *tile) for tile in tiles])
    regressors, logits = network.run(["regressors", "logits"], {"rgb": inputs})
    return regressors, logits


def whole(rgb: Image) -> Tile:
    """Return the centered square around a (H, W, 3) picture."""
    height, width = rgb.shape[:2]
    side = max(height, width)
    return (width - side) / 2, (height - side) / 2, side


def overlapping_tiles(rgb: Image, side: int) -> list[Tile]:
    """Return the tiles that cover a (H, W, 3) picture and overlap by half of their `side`."""
    starts = []
    for length in (rgb.shape[1], rgb.shape[0]):
        count = max(1, int(np.ceil((length - side) / (side / 2))) + 1)
        starts.append(np.linspace(0, max(0, length - side), count).round().tolist())
    return [(left, top, side) for top in starts[1] for left in starts[0]]


def _tile(rgb: Image, left: float, top: float, side: float) -> Image:
    """Return a tile of a picture as (SIDE, SIDE, 3), sampled as MediaPipe samples pictures."""
    scale = SIDE / side
    matrix = np.array([[scale, 0, -scale * left], [0, scale, -scale * top], [0, 0, 1]])
    # MediaPipe does not average pixels, so its network was trained on pictures sampled like this.
    sampled = cv2.warpPerspective(rgb, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(sampled, np.uint8)


@lru_cache(maxsize=1)
def _centers() -> Floats:
    """Return the (896, 2) centers of the predictions, as fractions of the input."""
    grids = []
    for count, repeats in GRIDS:
        place = (np.arange(count, dtype=np.float32) + 0.5) / count
        y, x = np.meshgrid(place, place, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), repeats, 0))
    return np.concatenate(grids)


def _merge(scores: Floats, boxes: Floats, keypoints: Floats) -> FaceBoxes:
    """Apply weighted NMS: each face is the mean of its detections, weighted by their scores."""
    order = np.argsort(-scores)
    scores, boxes, keypoints = scores[order], boxes[order], keypoints[order]
    free = np.ones(len(scores), bool)
    found: list[tuple[np.float32, Floats, Floats]] = []
    for index in range(len(scores)):
        if free[index]:
            same = free & (iou(boxes[index], boxes) > NMS_IOU)
            weights = scores[same] / scores[same].sum()
            found.append(
                (scores[index], weights @ boxes[same], np.tensordot(weights, keypoints[same], 1))
            )
            free &= ~same
    if not found:
        return FaceBoxes(scores, boxes, keypoints)
    kept_scores, kept_boxes, kept_keypoints = map(np.stack, zip(*found, strict=True))
    return FaceBoxes(kept_scores, kept_boxes, kept_keypoints)
