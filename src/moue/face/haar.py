"""The backends `haar` and `haar-tutorial`: face detection with the Haar cascades of OpenCV.

A cascade classifies windows of a fixed size, so it slides over the picture at many scales. Small
faces take the most time. `haar` therefore searches twice: coarse steps over the whole picture give
candidates, and fine steps in a small patch around each candidate verify it. A small padded copy
serves for close-ups, whose faces touch the border.

Source:
    Viola and Jones, Rapid object detection using a boosted cascade of simple features, 2001.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from moue.errors import ModelError
from moue.face.detection import Detector, LocalDetector, RawDetection, remove_duplicates
from moue.face.mouth_crop import crop_square
from moue.geometry import center
from moue.media.image import Grey, resize_to_fit
from moue.workspace.types import Points

# Three scales per octave, up to faces of a quarter of the longer side; larger ones are close-ups.
STEP = 1.26
CLOSE_SIDE, CLOSE_MARGIN, CLOSE_STEP = 160, 0.25, 1.2
# With a patch of 48 px, 9 instead of 31 of 34 small faces were found again in tracking.
PATCH, PATCH_AROUND, PATCH_STEP = 72, 1.65, 1.07
MIN_NEIGHBOURS = 7
SCALE_FACTOR, MIN_NEIGHBORS = 1.3, 5
"""Settings of the tutorial, under the names that OpenCV gives them."""
WIDE, NARROW = "frontalface_default", "frontalface_alt2"
# Left, top, right, bottom of the lips as fractions of the face box.
LIPS = np.array([0.32, 0.71, 0.66, 0.85], np.float32)


def tutorial_cascade(
    scale_factor: float = SCALE_FACTOR, min_neighbors: int = MIN_NEIGHBORS
) -> Detector:
    """Return the detector of the backend `haar-tutorial`: one call of `detectMultiScale`.

    All scores are 1.

    Args:
        scale_factor: factor between two window sizes, above 1; OpenCV's `scaleFactor`.
        min_neighbors: minimum number of overlapping windows of a face; OpenCV's `minNeighbors`.
    """
    _cascade(WIDE)  # a missing file raises now, not at the first picture

    def locate(grey: Grey) -> list[RawDetection]:
        boxes = _cascade(WIDE).detectMultiScale(grey, scale_factor, min_neighbors)
        return [_found(box, 1.0) for box in _boxes(boxes)]

    return locate


def plain_cascade() -> Callable[[Grey], Points]:
    """Return the live detector of the tutorial: a function from a grey picture to (N, 4) boxes."""
    _cascade(WIDE)
    return lambda grey: _boxes(_cascade(WIDE).detectMultiScale(grey, 1.1, 5, minSize=(30, 30)))


def haar() -> Detector:
    """Return the detector of the backend `haar`.

    The score is the number of overlapping windows that the cascade accepts. Faces of less than 24
    px in the searched picture are not detected.
    """
    _cascade(WIDE), _cascade(NARROW)

    def locate(grey: Grey) -> list[RawDetection]:
        wide, narrow = _cascade(WIDE), _cascade(NARROW)
        hits = [*_wide(wide, grey), *_close_ups(wide, grey)]
        faces = [_refine(narrow, grey, box) for box in _grouped(hits)]
        return remove_duplicates([face for face in faces if face.score >= MIN_NEIGHBOURS])

    return locate


def haar_local_detector() -> LocalDetector:
    """Return the local detector of the backend `haar`, a search near the previous box."""
    _cascade(NARROW)

    def follow(grey: Grey, box: Points) -> RawDetection | None:
        face = _refine(_cascade(NARROW), grey, box)
        return face if face.score >= MIN_NEIGHBOURS else None

    return follow


def estimate_lips(box: Points) -> Points:
    """Estimate the (4,) lip box from the (4,) face box by fixed fractions.

    The fractions are medians of dlib's lip boxes on 103 faces. On 130 other faces the IoU of the
    mouth box with that of dlib has a median of 0.71, and is below 0.5 for 10 % of the faces. An
    open mouth extends below the estimated box.
    """
    corner, size = np.tile(box[:2], 2), np.tile(box[2:] - box[:2], 2)
    return np.asarray(corner + LIPS * size, np.float32)


def _wide(cascade: cv2.CascadeClassifier, grey: Grey) -> list[Points]:
    """Return the (4,) boxes of all windows that the cascade accepts, octave by octave.

    OpenCV moves the window in steps of two pixels up to twice its size, and of one pixel above.
    Halving the picture for each octave keeps the step at two pixels, which takes half the time.
    """
    window = min(cascade.getOriginalWindowSize())
    hits: list[Points] = []
    octave = 0
    while octave == 0 or window << octave < max(grey.shape) // 4:
        height, width = (max(1, n >> octave) for n in grey.shape)
        reduced = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        # Without grouping (0 neighbours): the windows of all octaves are grouped together later.
        # Each octave ends one pixel before the next begins, so that no size is searched twice.
        boxes = cascade.detectMultiScale(
            reduced, STEP, 0, minSize=(window, window), maxSize=(2 * window - 1, 2 * window - 1)
        )
        hits.extend(_boxes(boxes) * np.float32(max(grey.shape) / max(reduced.shape)))
        octave += 1
    return hits


def _close_ups(cascade: cv2.CascadeClassifier, grey: Grey) -> list[Points]:
    """Return the (4,) boxes of all windows that the cascade accepts in a small padded copy."""
    small = resize_to_fit(grey, CLOSE_SIDE)
    margin = round(CLOSE_MARGIN * max(small.shape))
    padded = cv2.copyMakeBorder(
        small, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=float(small.mean())
    )
    # A quarter of the side, where the octaves of `_wide` end: a gap between both would lose faces.
    size = (CLOSE_SIDE >> 2, CLOSE_SIDE >> 2)
    boxes = cascade.detectMultiScale(padded, CLOSE_STEP, 0, minSize=size)
    return list((_boxes(boxes) - margin) * np.float32(max(grey.shape) / max(small.shape)))


def _grouped(hits: list[Points]) -> list[Points]:
    """Return the mean (4,) box of each group of overlapping boxes; a group may have one member."""
    xywh = [(*box[:2], *(box[2:] - box[:2])) for box in hits]
    # OpenCV drops groups of one box, so each box is passed twice.
    boxes, _ = cv2.groupRectangles([[round(float(v)) for v in b] for b in xywh * 2], 1, 0.3)
    return list(_boxes(boxes))


def _refine(cascade: cv2.CascadeClassifier, grey: Grey, box: Points) -> RawDetection:
    """Return the best detection of a fine search around a (4,) box; score 0 if it finds no face."""
    half = max(1, round(float(box[2] - box[0]) * PATCH_AROUND / 2))
    # Whole pixels, so that `crop_square` does not round the corner again.
    corner = np.round(center(box)).astype(np.float32) - half
    square = np.concatenate([corner, corner + 2 * half])
    patch = cv2.resize(crop_square(grey, square), (PATCH, PATCH), interpolation=cv2.INTER_AREA)
    face = PATCH / PATCH_AROUND
    # Fewer scales, from 0.85 to 1.18, find slightly fewer faces again (`docs/experiments.md`).
    low, high = round(face * 0.7), round(face * 1.3)
    boxes, counts = cascade.detectMultiScale2(
        patch, PATCH_STEP, 1, minSize=(low, low), maxSize=(high, high)
    )
    if not len(boxes):
        return _found(box, 0.0)
    best = int(np.argmax(counts))
    scale = 2 * half / PATCH
    return _found(_boxes(boxes)[best] * scale + np.tile(corner, 2), float(np.ravel(counts)[best]))


def _found(box: Points, score: float) -> RawDetection:
    return RawDetection(np.asarray(box, np.float32), score, estimate_lips(box))


def _boxes(xywh: object) -> Points:
    """Convert OpenCV rectangles (x, y, width, height), or an empty tuple, to (N, 4) boxes."""
    boxes = np.array(xywh, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


_of_thread = threading.local()
"""Cascades of each thread, because a cascade is not thread-safe: it stores the picture."""


def _cascade(name: str) -> cv2.CascadeClassifier:
    """Return a cascade of the current thread; each thread loads it once."""
    loaded: dict[str, cv2.CascadeClassifier] = _of_thread.__dict__
    if name not in loaded:
        loaded[name] = _load(name)
    return loaded[name]


def _load(name: str) -> cv2.CascadeClassifier:
    path = Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise ModelError(f"{path} cannot be loaded; pip install 'opencv-python-headless>=4.10,<5'")
    return cascade
