"""Faces and lips by two small networks of our own: one finds faces, one places their lips.

The first looks at the whole picture at half the size it is given, and once more at a small copy
where faces could be larger than the 340 pixels it knows. It gives a box and five points. By these
the mouth is laid upright into a square of 64 pixels, cut from the picture as it is given, in which
the second places 20 points around the lips.

Both are trained by `training/finder/`.

Source:
    Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023: no anchors, a face
    answered for by the cells around its centre.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from moue.face import lip_landmarks
from moue.face.haar import Detector, RawDetection
from moue.media.image import Grey, resize_to_fit
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

DETECTOR_MODEL = "faces"
"""The model in `lip_landmarks.MODELS`, with its card."""
STRIDES = (8, 16, 32)
LEAST, SURE = 0.5, 0.8
"""Score from which on a cell's face counts if its mouth is seen, and if it is not."""
CONFIDENT = 0.85
"""Score from which on a face is surely the right way up: of upright faces 98 of 100 reach it, of
faces upside down 1 of 100."""
TILTED, ON_ITS_SIDE = 0.75, 0.88
"""Score from which on a face counts in a copy turned by 45 degrees, and in one turned by more, in
which a close-up of one eye may look like a face upside down: up to 0.87 in 404 pictures."""
NMS_IOU = 0.4
"""Overlap from which on two boxes are of one face."""
REFINE_OFFSET = 0.07
"""Widths of a face by which a mouth corner may lie off before the lips are looked at again."""
HALF, CLOSE, NEAR = 2, 320, 96
"""How much smaller the whole picture is looked at; the sides of its small copy, and of a patch."""
Floats = npt.NDArray[np.float32]


def neural_detector() -> Detector:
    """Return the detector; the score of a face is that of the face times that of a mouth seen.

    Its landmarks are (20, 2): the outer border of the lips from the corner on the left of the
    picture along the lower lip. Faces below about 20 px of the grey picture are not found. A face
    whose mouth is hidden has a score near 0, and lips where they may be.

    Raises:
        ModelError: the models do not ship with this copy, or were changed.
    """
    detector, network = (
        lip_landmarks.lip_model(DETECTOR_MODEL),
        lip_landmarks.lip_model(lip_landmarks.LIP_MODEL),
    )

    def locate(grey: Grey) -> list[RawDetection]:
        half = resize_to_fit(grey, max(NEAR, max(grey.shape) // HALF))
        rows = [_rows(detector, half, grey)]
        if min(half.shape) > CLOSE:
            rows.append(_rows(detector, resize_to_fit(half, CLOSE), grey))
        distinct = _distinct(np.concatenate(rows))
        faces = zip(distinct[:, 0], _with_lips(network, grey, distinct), strict=True)
        # What has no mouth is seldom a face: lamps, letters, hands.
        return [face for score, face in faces if score >= SURE or face.score >= LEAST]

    return locate


def neural_local_detector() -> Callable[[Grey, Points], RawDetection | None]:
    """Return a way to find a face again, in a picture of its surroundings, from its old (4,) box.

    Raises:
        ModelError: as `neural_detector`.
    """
    detector, network = (
        lip_landmarks.lip_model(DETECTOR_MODEL),
        lip_landmarks.lip_model(lip_landmarks.LIP_MODEL),
    )

    def follow(grey: Grey, box: Points) -> RawDetection | None:
        rows = _distinct(_rows(detector, _near(grey), grey))
        apart = np.abs((rows[:, 1:3] + rows[:, 3:5] - box[:2] - box[2:]) / 2).max(1, initial=0)
        near = np.flatnonzero(apart < (box[2] - box[0]) / 2)
        if not len(near):
            return None
        nearest = near[[int(apart[near].argmin())]]
        return _with_lips(network, grey, rows[nearest])[0]

    return follow


def _near(grey: Grey) -> Grey:
    """Return a patch in NEAR pixels; whole numbers of pixels are averaged first, which is fast."""
    height, width = grey.shape
    factor = max(1, max(grey.shape) // NEAR)
    size = (max(1, width // factor), max(1, height // factor))
    whole = grey[: size[1] * factor, : size[0] * factor]
    coarse = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    scale = min(1.0, NEAR / max(size))
    size = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _rows(model: onnxruntime.InferenceSession, small: Grey, grey: Grey) -> Floats:
    """Return (N, 15) faces in pixels of `grey`, seen in a smaller copy: score, box, five points."""
    height, width = small.shape
    missing = (-height % STRIDES[-1], -width % STRIDES[-1])
    padded = cv2.copyMakeBorder(small, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    (cells,) = model.run(None, {"grey": padded[None]})
    kept = np.flatnonzero(cells[0, :, 0] > np.log(LEAST / (1 - LEAST)))
    found, (centres, strides) = cells[0, kept], _cells(*padded.shape)
    centres, strides = centres[kept], strides[kept, None]
    middle = centres + found[:, 1:3] * strides
    half = np.exp(found[:, 3:5].clip(-3, 4)) * strides / 2
    points = np.tile(centres, 5) + found[:, 5:] * strides
    places = np.concatenate([middle - half, middle + half, points], 1) + np.float32(0.5)
    places = places * np.float32(max(grey.shape) / max(small.shape)) - np.float32(0.5)
    scores = 1 / (1 + np.exp(-found[:, :1]))
    return np.concatenate([scores, places], 1).astype(np.float32)


@lru_cache(maxsize=8)
def _cells(height: int, width: int) -> tuple[Floats, Floats]:
    """Return (C, 2) centres of the cells of all grids, in pixels, and their (C,) strides."""
    grids, strides = [], []
    for stride in STRIDES:
        across, down = (np.arange(n // stride) * stride + (stride - 1) / 2 for n in (width, height))
        x, y = np.meshgrid(across, down)
        grids.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _distinct(rows: Floats) -> Floats:
    """Return the rows of which no better one is the same face, best first."""
    rows = rows[np.argsort(-rows[:, 0])]
    kept: list[int] = []
    same = _overlaps(rows[:, 1:5]) >= NMS_IOU
    free = np.ones(len(rows), bool)
    for i in range(len(rows)):
        if free[i]:
            kept.append(i)
            free &= ~same[i]
    return rows[kept]


def _overlaps(boxes: Floats) -> Floats:
    """Return how much each box and each other share; of one that holds the other, all."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    shared = (np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - low).clip(0).prod(2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    least = np.minimum(area[:, None], area[None])
    return np.asarray(
        np.maximum(shared / (area[:, None] + area[None] - shared), shared / least > 0.8)
    )


def _with_lips(
    network: onnxruntime.InferenceSession, grey: Grey, rows: Floats
) -> list[RawDetection]:
    """Return the faces of rows with their lips, looked at again where they lay elsewhere."""
    faces = [RawDetection(row[1:5], float(row[0]), row[1:5]) for row in rows]
    fives = rows[:, 5:].reshape(-1, 5, 2)
    found = lip_landmarks.predict_landmarks(network, grey, faces, list(fives))
    better = [_corrected(five, one) for five, one in zip(fives, found, strict=True)]
    apart = np.abs(np.array(better).reshape(-1, 5, 2) - fives).max((1, 2), initial=0)
    again = np.flatnonzero(apart > REFINE_OFFSET * (rows[:, 3] - rows[:, 1]))
    second = lip_landmarks.predict_landmarks(
        network, grey, [faces[i] for i in again], [better[i] for i in again]
    )
    for i, one in zip(again, second, strict=True):
        found[i] = one
    return found


def _corrected(five: Floats, face: RawDetection) -> Floats:
    """Return the five points with the corners of the lips found; the others follow halfway."""
    assert face.landmarks is not None
    corners = face.landmarks[[lip_landmarks.LEFT, lip_landmarks.RIGHT]]
    moved = five + (corners.mean(0) - five[3:].mean(0)) / 2
    moved[3:] = corners
    return np.asarray(moved, np.float32)
