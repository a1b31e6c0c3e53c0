"""MediaPipe's face landmarker, for the comparison of detectors: 478 landmarks of each face.

The user installs the package `mediapipe`, which is too large for an extra of moue.

Source:
    Google's face_landmarker.task, float16, version 1 (Apache-2.0).
"""

from __future__ import annotations

import atexit
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from moue.errors import ModelError
from moue.face.checksum import verify_sha256
from moue.face.mouth_crop import mouth_box
from moue.geometry import bounding_box
from moue.media.image import Picture
from moue.workspace.types import Face

SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
HINT = "give the path of Google's face_landmarker.task, float16, version 1"
MAX_FACES = 20
"""Maximum number of faces in a picture, an option of the landmarker."""
# Indices of the outer border of the lips in the 478 landmarks.
OUTER_LIPS = [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
]  # fmt: skip


def mediapipe(model: Path) -> Callable[[Picture], list[Face]]:
    """Return the landmarker as a detector for the comparison; all its scores are 1.

    Args:
        model: path of face_landmarker.task.

    Raises:
        ModelError: the file is missing or has another checksum, or the package is not installed.
    """
    path = verify_sha256(model, SHA256, HINT)
    try:
        package: Any = importlib.import_module("mediapipe")
        tasks: Any = importlib.import_module("mediapipe.tasks.python")
    except ImportError as error:
        raise ModelError(f"{path}: run `pip install mediapipe` to use it ({error})") from error
    options = tasks.vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=str(path)), num_faces=MAX_FACES
    )
    landmarker = tasks.vision.FaceLandmarker.create_from_options(options)
    atexit.register(landmarker.close)  # at interpreter shutdown it would fail

    def find(picture: Picture) -> list[Face]:
        rgb = np.ascontiguousarray(picture.rgb())
        image = package.Image(image_format=package.ImageFormat.SRGB, data=rgb)
        # The coordinates of the landmarks are fractions of width and height.
        size = np.array([picture.width, picture.height], np.float32)
        return [
            _face(np.array([(p.x, p.y) for p in points], np.float32) * size)
            for points in landmarker.detect(image).face_landmarks
        ]

    return find


def _face(points: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Face:
    lips = bounding_box(points[OUTER_LIPS])
    return Face(bounding_box(points), 1.0, None, lips, mouth_box(lips))
