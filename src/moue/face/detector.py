"""The default detector: one small network finds faces, a second one places their lips.

The face network sees the picture at half its size, and once more a copy of 320 px, because it
knows faces up to 340 px only. It gives a box and five keypoints. The keypoints align the mouth in
a square of 64 px of the full picture, in which `lip_landmarks` places 20 points around the lips.

`research/face_detector/` trains both networks.

Source:
    Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023: no anchors; the grid
    cells around the center of a face predict it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from moue.face import lip_landmarks
from moue.face.detection import Detector, LocalDetector, RawDetection
from moue.geometry import center_distance, containment, iou, rescale
from moue.media.image import Grey, resize_to_fit
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["Detections", "detect", "grid", "neural_detector", "neural_local_detector", "nms"]

DETECTOR_MODEL = "faces"
"""The model in `lip_landmarks.MODELS`, with its card."""
NETWORKS = DETECTOR_MODEL, lip_landmarks.LIP_MODEL
STRIDES = (8, 16, 32)
"""Pixels from one cell to the next, in each of the network's three grids."""
MIN_SCORE, CONFIDENT_SCORE = 0.5, 0.8
"""Score threshold of a face whose mouth is visible, and of one whose mouth is hidden."""
UPRIGHT_SCORE = 0.85
"""Score that shows that a face stands upright: of 716 upright faces, 707 reach it, and 27 of the
same faces upside down."""
NMS_IOU, NMS_CONTAINMENT = 0.4, 0.8
"""IoU from which two boxes are one face; or the part of the smaller box that the other holds."""
REFINE_OFFSET = 0.07
"""Offset of a mouth corner, in face widths, from which the lips are placed a second time."""
DOWNSCALE, CLOSEUP_SIDE, PATCH_SIDE = 2, 320, 96
"""Factor by which the whole picture is reduced; side of the copy for close-ups; side of the patch
in which a tracked face is searched."""
Floats: TypeAlias = npt.NDArray[np.float32]
Network: TypeAlias = "onnxruntime.InferenceSession"


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces of one picture, in its pixels.

    Attributes:
        scores: (N,) from 0 to 1.
        boxes: (N, 4).
        keypoints: (N, 5, 2): the eyes, the nose, the mouth corners; left in the picture first.
    """

    scores: Floats
    boxes: Floats
    keypoints: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: npt.NDArray[np.intp]) -> Detections:
        """Return the detections at (M,) indices."""
        return Detections(self.scores[index], self.boxes[index], self.keypoints[index])

    def rescaled(self, scale: float) -> Detections:
        """Return the detections in pixels of a picture `scale` times as large."""
        boxes, keypoints = rescale(self.boxes, scale), rescale(self.keypoints, scale)
        return Detections(self.scores, boxes, keypoints)


def neural_detector() -> Detector:
    """Return the detector. A score is that of the face times that of a visible mouth.

    Landmarks are (20, 2): the outer border of the lips from the left corner in the picture along
    the lower lip. Faces below about 20 px are not found. A face with a hidden mouth has a score
    near 0, and estimated lips.

    Raises:
        ModelError: the models are missing or were changed.
    """
    network, lip_network = map(lip_landmarks.lip_model, NETWORKS)

    def locate(grey: Grey) -> list[RawDetection]:
        reduced = resize_to_fit(grey, max(PATCH_SIDE, max(grey.shape) // DOWNSCALE))
        copies = [reduced]
        if min(reduced.shape) > CLOSEUP_SIDE:
            copies.append(resize_to_fit(reduced, CLOSEUP_SIDE))
        detections = nms(_joined(_detect_in_copy(network, copy, grey) for copy in copies))
        faces = zip(detections.scores, _with_lips(lip_network, grey, detections), strict=True)
        # Without a visible mouth, lamps, letters and hands look like faces: the bar is higher.
        return [
            face for score, face in faces if score >= CONFIDENT_SCORE or face.score >= MIN_SCORE
        ]

    return locate


def neural_local_detector() -> LocalDetector:
    """Return a detector that finds one face again near its previous box.

    Raises:
        ModelError: as `neural_detector`.
    """
    network, lip_network = map(lip_landmarks.lip_model, NETWORKS)

    def follow(grey: Grey, box: Points) -> RawDetection | None:
        detections = nms(_detect_in_copy(network, _patch(grey), grey))
        distances = center_distance(detections.boxes, box)
        near = np.flatnonzero(distances < (box[2] - box[0]) / 2)
        if not len(near):
            return None
        nearest = near[[int(distances[near].argmin())]]
        return _with_lips(lip_network, grey, detections[nearest])[0]

    return follow


def detect(network: Network, grey: Grey, min_score: float = MIN_SCORE) -> Detections:
    """Return all detections of the face network, before NMS, in pixels of `grey`."""
    height, width = grey.shape
    # The grids divide the picture evenly, so its sides become multiples of the coarsest stride.
    missing = (-height % STRIDES[-1], -width % STRIDES[-1])
    padded = cv2.copyMakeBorder(grey, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    (cells,) = network.run(None, {"grey": padded[None]})
    # Most cells see no face: comparing logits spares them the sigmoid and the decoding.
    kept = np.flatnonzero(cells[0, :, 0] > np.log(min_score / (1 - min_score)))
    centers, strides = grid(*padded.shape)
    return _decode(cells[0, kept], centers[kept], strides[kept, None])


def _decode(cells: Floats, centers: Floats, strides: Floats) -> Detections:
    """Return the detections of (N, 15) cells: a logit, a box and five keypoints each.

    Offsets are in strides from the center of the cell, sizes are logarithms of strides.
    """
    scores = np.asarray(1 / (1 + np.exp(-cells[:, 0])), np.float32)
    middle = centers + cells[:, 1:3] * strides
    # Unclipped, the exponential of a meaningless cell could overflow.
    half = np.exp(cells[:, 3:5].clip(-3, 4)) * strides / 2
    keypoints = np.tile(centers, 5) + cells[:, 5:] * strides
    boxes = np.concatenate([middle - half, middle + half], 1)
    return Detections(scores, boxes, keypoints.reshape(-1, 5, 2))


@lru_cache(maxsize=8)
def grid(height: int, width: int) -> tuple[Floats, Floats]:
    """Return the (C, 2) centers in pixels and the (C,) strides of the cells of all grids."""
    grids, strides = [], []
    for stride in STRIDES:
        # Pixel centers are whole numbers: that of the first cell lies between pixels.
        across, down = (np.arange(n // stride) * stride + (stride - 1) / 2 for n in (width, height))
        x, y = np.meshgrid(across, down)
        grids.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def nms(detections: Detections) -> Detections:
    """Return the best detection of each face, best first (non-maximum suppression)."""
    detections = detections[np.argsort(-detections.scores)]
    boxes = detections.boxes[:, None], detections.boxes[None]
    # A box around one eye inside the box of its face has a small IoU: hence the containment.
    same = (iou(*boxes) >= NMS_IOU) | (containment(*boxes) > NMS_CONTAINMENT)
    kept: list[int] = []
    free = np.ones(len(detections), bool)
    for index in range(len(detections)):
        if free[index]:
            kept.append(index)
            free &= ~same[index]
    return detections[np.array(kept, np.intp)]


def _detect_in_copy(network: Network, copy: Grey, grey: Grey) -> Detections:
    """Return the detections in a reduced copy of `grey`, in pixels of `grey`."""
    return detect(network, copy).rescaled(max(grey.shape) / max(copy.shape))


def _joined(several: Iterable[Detections]) -> Detections:
    parts = [(one.scores, one.boxes, one.keypoints) for one in several]
    return Detections(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _patch(grey: Grey) -> Grey:
    """Return a picture in PATCH_SIDE px; averaging whole numbers of pixels first is fast."""
    height, width = grey.shape
    factor = max(1, max(grey.shape) // PATCH_SIDE)
    size = (max(1, width // factor), max(1, height // factor))
    whole = grey[: size[1] * factor, : size[0] * factor]
    coarse = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    scale = min(1.0, PATCH_SIDE / max(size))
    size = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _with_lips(network: Network, grey: Grey, detections: Detections) -> list[RawDetection]:
    """Return the faces with their lips; lips far from the keypoints are placed a second time."""
    faces = [
        RawDetection(box, float(score), box)
        for box, score in zip(detections.boxes, detections.scores, strict=True)
    ]
    keypoints = detections.keypoints
    located = lip_landmarks.predict_landmarks(network, grey, faces, list(keypoints))
    better = [_corrected(five, one) for five, one in zip(keypoints, located, strict=True)]
    offsets = np.abs(np.array(better).reshape(-1, 5, 2) - keypoints).max((1, 2), initial=0)
    widths = detections.boxes[:, 2] - detections.boxes[:, 0]
    # The crop of these was badly aligned. With the corrected keypoints the lips lie in its middle.
    refined = np.flatnonzero(offsets > REFINE_OFFSET * widths)
    second = lip_landmarks.predict_landmarks(
        network, grey, [faces[i] for i in refined], [better[i] for i in refined]
    )
    for index, face in zip(refined, second, strict=True):
        located[index] = face
    return located


def _corrected(keypoints: Floats, face: RawDetection) -> Floats:
    """Return the keypoints with the corners of the lips; the others move half as far."""
    assert face.landmarks is not None
    mouth = face.landmarks[[lip_landmarks.LEFT_CORNER, lip_landmarks.RIGHT_CORNER]]
    moved = keypoints + (mouth.mean(0) - keypoints[3:].mean(0)) / 2
    moved[3:] = mouth
    return np.asarray(moved, np.float32)
