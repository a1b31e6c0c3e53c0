"""The baseline: sections 3.1, 3.2, 3.3 and 4.4 of the tutorial, reimplemented.

Its faults are kept where they affect time: it searches the whole colour picture, uses the first
box, ends the lips at point 66, and moves the square back into the picture, in one place by the
width instead of the height. Prints, windows and the deletion of originals are left out.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.tutorial_training import SimpleConv3

LABELS = ("none", "pout", "smile", "open")
YELLOW, RED = (0, 255, 255), (0, 0, 255)


def unify(source: Path, target: Path) -> None:
    """3.1: read any picture as colour, write a JPEG of OpenCV's default quality (95)."""
    cv2.imwrite(str(target), _read(source))


def faces(source: Path) -> np.ndarray:
    """3.2: the boxes (x, y, width, height) that decide whether a picture is kept."""
    return detect(_read(source))


def save_mouth(source: Path, target: Path) -> bool:
    """3.3: the first face, its 68 points, the square around the lips, as PNG.

    In the tutorial, the line that writes the crop is commented out; a data set needs it.

    Returns:
        Whether there was a face. The tutorial's bare `except` also hides every other error.
    """
    image = _read(source)
    boxes = detect(image)
    if not len(boxes):
        return False
    x, y, side = _square(_landmarks(image, boxes[0]), image.shape[0], image.shape[1])
    return bool(cv2.imwrite(str(target), _cut(image, x, y, side)))


class Recogniser:
    """4.4: from a picture file to a label, and a copy with the box and the label drawn."""

    def __init__(self, weights: dict[str, Any]) -> None:
        self.network = SimpleConv3()
        self.network.load_state_dict(weights)
        self.network.eval()

    def recognise(self, source: Path, target: Path | None) -> str | None:
        """Return the label of the first face; None without a face or with an empty crop.

        Args:
            target: file of the annotated copy; None writes none, unlike the tutorial.
        """
        found = self.frame(_read(source))
        if found is None:
            return None
        (x, y, side), label = found
        if target is not None:
            shown = _read(source)
            low, high = (int(x), int(y)), (int(x + side), int(y + side))
            cv2.rectangle(shown, low, high, YELLOW, 2)
            cv2.putText(shown, label, high, cv2.FONT_HERSHEY_SIMPLEX, 1.5, RED, 2)
            cv2.imwrite(str(target), shown)
        return label

    def frame(self, image: np.ndarray) -> tuple[tuple[float, float, float], str] | None:
        """Return left, top and side of the first face's mouth in BGR pixels, and its label."""
        import torch
        from torch.nn import functional

        boxes = detect(image)
        if not len(boxes):
            return None
        # The tutorial uses the width instead of the height here.
        x, y, side = _square(_landmarks(image, boxes[0]), image.shape[1], image.shape[1])
        crop = _cut(image, x, y, side)
        if not crop.size:
            return None  # the tutorial ends here with an error
        crop = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), (48, 48)).astype(np.float32) / 255
        values = torch.from_numpy(crop.transpose(2, 0, 1).copy()).sub(0.5).div(0.5)[None]
        # The tutorial calls `torch.no_grad()` without effect, so torch records gradients.
        probabilities = functional.softmax(self.network(values), dim=1)
        return (x, y, side), LABELS[int(np.argmax(probabilities.detach().numpy()))]


def landmark_model() -> Path | None:
    """Return the file of the 68-point model; None without the `dlib` extra."""
    spec = importlib.util.find_spec("face_recognition_models")
    if importlib.util.find_spec("dlib") is None or spec is None:
        return None
    (folder,) = spec.submodule_search_locations or ("",)
    return Path(folder) / "models" / "shape_predictor_68_face_landmarks.dat"


def _read(source: Path) -> np.ndarray:
    return np.asarray(cv2.imread(str(source), cv2.IMREAD_COLOR))


def detect(image: np.ndarray) -> np.ndarray:
    """Return the (N, 4) boxes xywh of BGR pixels."""
    return np.asarray(_cascade().detectMultiScale(image, 1.3, 5))


@cache
def _cascade() -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(
        str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
    )


@cache
def _predictor() -> Any:
    import dlib

    return dlib.shape_predictor(str(landmark_model()))


def _landmarks(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the (68, 2) points; BGR goes in, as in the tutorial."""
    import dlib

    x, y, width, height = map(int, box)
    parts = _predictor()(image, dlib.rectangle(x, y, x + width, y + height)).parts()
    return np.array([[point.x, point.y] for point in parts])


def _square(points: np.ndarray, rows: int, columns: int) -> tuple[float, float, float]:
    """Return left, top and side of 1.5 times the lips, moved into `rows` x `columns`."""
    lips = points[48:67]
    low, size = lips.min(axis=0), np.ptp(lips, axis=0)
    side = 1.5 * float(size.max())
    x, y = (
        _pushed(float(start), float(length), side, limit)
        for start, length, limit in zip(low, size, (columns, rows), strict=True)
    )
    return x, y, side


def _pushed(start: float, length: float, side: float, limit: int) -> float:
    margin = (side - length) / 2
    if start < margin:
        return 0
    return start - margin if start + length + margin < limit else limit - side


def _cut(image: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    return image[int(y) : int(y + side), int(x) : int(x + side)]
