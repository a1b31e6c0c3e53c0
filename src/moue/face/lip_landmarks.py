"""The lips of faces that are known roughly, by a small network of our own.

It sees the mouth laid upright into a square of 64 pixels, and places 20 points around the lips.
How it is trained: `training/finder/`.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.detection import RawDetection
from moue.geometry import bounding_box
from moue.media.image import Grey, resize_to_fit
from moue.model import bundled
from moue.workspace.types import Points

if TYPE_CHECKING:
    import onnxruntime

MODELS = bundled.FOLDER / "finder"
LIP_MODEL = "lips"
"""The model in MODELS, with its card."""
CROP, ROOM, LOWER = 64, 1.9, 0.1
"""Side of the mouth's square in pixels, then in distances of eyes to mouth; how far it sits low."""
LEFT, RIGHT = 0, 10
"""The corners among the 20 points."""
Floats = npt.NDArray[np.float32]


def predict_landmarks(
    network: onnxruntime.InferenceSession,
    grey: Grey,
    faces: list[RawDetection],
    fives: list[Points],
) -> list[RawDetection]:
    """Return faces with the lips that the network sees, from (5, 2) points of each."""
    if not faces:
        return []
    squares = [mouth_square(five) for five in fives]
    (values,) = network.run(None, {"grey": np.stack([_cut(grey, square) for square in squares])})
    return [_found(*one) for one in zip(faces, squares, values, strict=True)]


def mouth_square(five: Points) -> Points:
    """Return the (2, 3) transform that lays the mouth upright into a (CROP, CROP) square.

    Args:
        five: (5, 2) middles of the eyes, nose tip, mouth corners.
    """
    eyes, mouth = five[:2].mean(0), five[3:].mean(0)
    across = (five[1] - five[0]) + (five[4] - five[3])
    across = across / max(float(np.hypot(*across)), 1e-6)
    side = ROOM * max(float(np.hypot(*(mouth - eyes))), float(np.hypot(*(five[1] - five[0]))), 1.0)
    down = np.array([-across[1], across[0]])
    centre = mouth + LOWER / ROOM * side * down
    linear = np.stack([across, down]) * (CROP / side)
    return np.column_stack([linear, (CROP - 1) / 2 - linear @ centre])


@lru_cache
def lip_model(name: str) -> onnxruntime.InferenceSession:
    """Return a model of MODELS, its bytes checked against its card; made once.

    Raises:
        ModelError: it does not ship with this copy, or was changed.
    """
    import onnxruntime  # takes a tenth of a second, which many commands need not wait

    data = bundled.read_verified(bundled.load_card(name, MODELS), bundled.ONNX, MODELS)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _cut(grey: Grey, square: Points) -> Grey:
    """Return the mouth's square; a large mouth is cut larger first, so that no pixel is lost."""
    finer = max(1, int(1 / float(np.hypot(*square[0, :2]))))
    side = finer * CROP
    # Pixel centres lie at halves, to OpenCV at whole numbers.
    shift = finer * square[:, 2] + (finer - 1) / 2
    made = cv2.warpAffine(
        grey,
        np.column_stack([finer * square[:, :2], shift]),
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return resize_to_fit(np.asarray(made, np.uint8), CROP)


def _found(face: RawDetection, square: Points, values: Floats) -> RawDetection:
    seen = 1 / (1 + float(np.exp(-values[0])))
    there = (values[1:].reshape(-1, 2) + 0.5) * CROP
    lips = ((there - square[:, 2]) @ np.linalg.inv(square[:, :2]).T).astype(np.float32)
    # The corners tell a head's tilt best: within 2 degrees, where eyes and nose give up to 12.
    across, down = (float(n) for n in lips[RIGHT] - lips[LEFT])
    roll = math.degrees(math.atan2(down, across))
    return RawDetection(face.box, face.score * seen, bounding_box(lips), lips, roll)
