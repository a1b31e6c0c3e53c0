"""The default detector: a small network detects faces, and two others localise their lips.

The face network predicts boxes with five keypoints. Its input is the picture at half its size, and
also a copy of 320 px for close-ups, because the network was trained on faces of up to 340 px. If it
shows a group of small faces, the picture is searched again at its full size. The
keypoints align the mouth in a square of 64 px, in which `lip_landmarks` predicts 20 landmarks.

`research/face_detector/` trains the networks.

Source:
    Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023: an anchor-free network,
    in which the grid cells around the center of a face predict it.
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
from moue.geometry import area, center_distance, intersection_area, rescale
from moue.media.image import Grey, resize_to_fit
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["Detections", "detect", "grid", "neural_detector", "neural_local_detector", "nms"]

DETECTOR_MODEL = "faces"
"""Name of the face network in `lip_landmarks.MODELS`."""
STRIDES = (8, 16, 32)
"""Strides of the three grids of the network, in pixels."""
MIN_SCORE, CONFIDENT_SCORE = 0.5, 0.8
"""Score thresholds of faces with a visible mouth, and of faces with a hidden mouth."""
UPRIGHT_SCORE = 0.85
"""Minimum score of a face that counts as upright: 707 of 716 upright faces reach it, but only 27
of the same faces rotated by 180 degrees."""
NMS_IOU, NMS_CONTAINMENT = 0.4, 0.8
"""NMS thresholds: IoU of two boxes, and intersection over the area of the smaller box."""
GROUP, SMALL_FACE, GROUP_SCORE = 3, 48, 0.87
"""Number of faces narrower than SMALL_FACE pixels that make a group, which is searched again at
full size; score threshold of this search. A lower one adds false detections as well as faces."""
DOWNSCALE, CLOSEUP_SIDE, PATCH_SIDE = 2, 320, 96
"""Factor by which the picture is reduced; longer side of the copy for close-ups and of the patch of
the local detector, in pixels."""
Floats: TypeAlias = npt.NDArray[np.float32]
Network: TypeAlias = "onnxruntime.InferenceSession"


@dataclass(frozen=True, slots=True)
class Detections:
    """The detections in one picture, in pixel coordinates of the picture.

    Attributes:
        scores: (N,) float32 scores from 0 to 1.
        boxes: (N, 4) float32 face boxes: left, top, right, bottom.
        keypoints: (N, 5, 2) float32 eyes, nose tip and mouth corners; of two eyes or corners, the
            point further left in the picture comes first.
    """

    scores: Floats
    boxes: Floats
    keypoints: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: npt.NDArray[np.intp]) -> Detections:
        """Return the detections at the (M,) indices, in the order of the indices."""
        return Detections(self.scores[index], self.boxes[index], self.keypoints[index])

    def rescaled(self, scale: float) -> Detections:
        """Return the detections with all coordinates multiplied by `scale`."""
        boxes, keypoints = rescale(self.boxes, scale), rescale(self.keypoints, scale)
        return Detections(self.scores, boxes, keypoints)


def neural_detector() -> Detector:
    """Return the detector of the backend `moue`.

    The score is the product of the face score and the probability that the mouth is visible.
    Landmarks are (20, 2) points on the outer border of the lips: from the left corner in the
    picture along the lower lip, then back along the upper lip. A face with a hidden mouth has a
    score near 0 and estimated lips. Faces below about 20 px are detected only in groups.

    Raises:
        ModelError: a model file is missing or has another checksum.
    """
    network, lip_networks = lip_landmarks.lip_model(DETECTOR_MODEL), lip_landmarks.lip_networks()

    def locate(grey: Grey) -> list[RawDetection]:
        """Return the faces in a picture, the highest face score first."""
        # Half the size takes a quarter of the time.
        reduced = resize_to_fit(grey, max(PATCH_SIDE, max(grey.shape) // DOWNSCALE))
        copies = [reduced]
        # A face is no wider than the shorter side, so only larger copies can contain a close-up.
        if min(reduced.shape) > CLOSEUP_SIDE:
            copies.append(resize_to_fit(reduced, CLOSEUP_SIDE))
        # One NMS for all copies, because two of them may show the same face.
        detections = nms(_joined(_detect_in_copy(network, copy, grey) for copy in copies))
        if np.count_nonzero(_widths(detections) < SMALL_FACE) >= GROUP:
            # Pictures of groups have more small faces, which the reduced picture does not show.
            added = detect(network, grey, GROUP_SCORE)
            added = added[np.flatnonzero(_widths(added) < SMALL_FACE)]
            detections = nms(_joined([detections, added]))
        faces = zip(detections.scores, _with_lips(lip_networks, grey, detections), strict=True)
        # Lamps, letters and hands without a mouth look like faces: hence a higher threshold.
        return [
            face for score, face in faces if score >= CONFIDENT_SCORE or face.score >= MIN_SCORE
        ]

    return locate


def neural_local_detector() -> LocalDetector:
    """Return the local detector of the backend `moue`, which detects a face near its previous box.

    Raises:
        ModelError: a model file is missing or has another checksum.
    """
    network, lip_networks = lip_landmarks.lip_model(DETECTOR_MODEL), lip_landmarks.lip_networks()

    def follow(grey: Grey, box: Points) -> RawDetection | None:
        detections = nms(_detect_in_copy(network, _patch(grey), grey))
        distances = center_distance(detections.boxes, box)
        # A face whose center has left the previous box counts as another one.
        near = np.flatnonzero(distances < (box[2] - box[0]) / 2)
        if not len(near):
            return None
        nearest = near[[int(distances[near].argmin())]]
        return _with_lips(lip_networks, grey, detections[nearest])[0]

    return follow


def detect(network: Network, grey: Grey, min_score: float = MIN_SCORE) -> Detections:
    """Run the face network on a (H, W) grey picture.

    Args:
        network: ONNX Runtime session of the face network.
        grey: (H, W) uint8.
        min_score: score threshold.

    Returns:
        All detections before NMS, in pixels of `grey`.
    """
    height, width = grey.shape
    # The grids divide the picture evenly, so its sides become multiples of the coarsest stride.
    missing = (-height % STRIDES[-1], -width % STRIDES[-1])
    padded = grey
    if any(missing):
        # Padding on the right and at the bottom leaves all coordinates unchanged.
        made = cv2.copyMakeBorder(grey, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
        padded = np.asarray(made, np.uint8)
    (cells,) = network.run(None, {"grey": padded[None]})
    # Most cells contain no face. Comparing logits saves their sigmoid and decoding.
    kept = np.flatnonzero(cells[0, :, 0] > np.log(min_score / (1 - min_score)))
    centers, strides = grid(*padded.shape)
    return _decode(cells[0, kept], centers[kept], strides[kept, None])


def _decode(cells: Floats, centers: Floats, strides: Floats) -> Detections:
    """Decode the outputs of grid cells to detections.

    Args:
        cells: (N, 15) logit, box center and size, and five keypoints of each cell. Centers and
            keypoints are offsets from the cell center in strides, sizes are logarithms of strides.
        centers: (N, 2) cell centers in pixels.
        strides: (N, 1) strides of the cells in pixels.
    """
    # All logits are above the threshold, so the exponential cannot overflow.
    scores = np.asarray(1 / (1 + np.exp(-cells[:, 0])), np.float32)
    middle = centers + cells[:, 1:3] * strides
    # Unclipped, the exponential of a meaningless cell could overflow.
    half = np.exp(cells[:, 3:5].clip(-3, 4)) * strides / 2
    keypoints = np.tile(centers, 5) + cells[:, 5:] * strides
    boxes = np.concatenate([middle - half, middle + half], 1)
    return Detections(scores, boxes, keypoints.reshape(-1, 5, 2))


# The frames of a video have one size, so their grids are computed once.
@lru_cache(maxsize=8)
def grid(height: int, width: int) -> tuple[Floats, Floats]:
    """Return the (C, 2) centers and (C,) strides of the cells of all grids, in pixels.

    Args:
        height: height of the network input in pixels, a multiple of 32.
        width: width of the network input in pixels, a multiple of 32.
    """
    grids, strides = [], []
    for stride in STRIDES:
        # Pixel centers have integer coordinates, so cell centers lie between pixels.
        across, down = (np.arange(n // stride) * stride + (stride - 1) / 2 for n in (width, height))
        x, y = np.meshgrid(across, down)
        grids.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def nms(detections: Detections) -> Detections:
    """Apply non-maximum suppression; return the kept detections sorted by descending score."""
    detections = detections[np.argsort(-detections.scores)]
    # (N, N) comparisons at once: few cells pass the score threshold, so N is small.
    shared = intersection_area(detections.boxes[:, None], detections.boxes[None])
    areas = area(detections.boxes)
    union = areas[:, None] + areas - shared
    # A box around one eye inside the box of its face has a small IoU: hence the containment.
    same = (shared >= NMS_IOU * union) | (shared > NMS_CONTAINMENT * np.minimum.outer(areas, areas))
    kept: list[int] = []
    free = np.ones(len(detections), bool)
    for index in range(len(detections)):
        if free[index]:
            kept.append(index)
            free &= ~same[index]
    return detections[np.array(kept, np.intp)]


def _detect_in_copy(network: Network, copy: Grey, grey: Grey) -> Detections:
    """Return the detections in a reduced copy of `grey`, in pixels of `grey`."""
    # The longer side has the smaller relative rounding error.
    return detect(network, copy).rescaled(max(grey.shape) / max(copy.shape))


def _widths(detections: Detections) -> Floats:
    return detections.boxes[:, 2] - detections.boxes[:, 0]


def _joined(several: Iterable[Detections]) -> Detections:
    parts = [(one.scores, one.boxes, one.keypoints) for one in several]
    return Detections(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _patch(grey: Grey) -> Grey:
    """Reduce a (H, W) grey picture to a longer side of `PATCH_SIDE`, first by pixel averaging."""
    height, width = grey.shape
    factor = max(1, max(grey.shape) // PATCH_SIDE)
    size = (max(1, width // factor), max(1, height // factor))
    # The remainder is cut off, so that OpenCV averages whole blocks of pixels, its fastest case.
    whole = grey[: size[1] * factor, : size[0] * factor]
    coarse = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    # The remaining factor is below 2, where bilinear sampling uses every pixel.
    scale = min(1.0, PATCH_SIDE / max(size))
    size = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _with_lips(
    networks: lip_landmarks.LipNetworks, grey: Grey, detections: Detections
) -> list[RawDetection]:
    """Localise the lips of detections."""
    # The lips are not known yet: the face box stands in for the lip box.
    faces = [
        RawDetection(box, float(score), box)
        for box, score in zip(detections.boxes, detections.scores, strict=True)
    ]
    return lip_landmarks.predict_landmarks(networks, grey, faces, detections.keypoints)
