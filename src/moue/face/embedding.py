"""Face embeddings by dlib's recognition model.

Faces of one person have similar embeddings. They are biometric data: moue compares them in memory
and never stores them. Both models are in the public domain, unlike that of the 68 landmarks.

Source:
    Davis King, https://github.com/davisking/dlib-models: a ResNet trained on 3 million faces.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from moue.errors import MissingExtra
from moue.extras import how_to_install
from moue.face.checksum import verify_sha256
from moue.face.dlib68 import model_folder, rectangle
from moue.face.mouth_crop import crop_mouth
from moue.geometry import square_around
from moue.workspace.types import Face, Image

Embedding = npt.NDArray[np.float32]
"""(128,), with a norm near 1.3."""
SIZE = 128
"""Length of an embedding."""

_RECOGNITION = (
    "dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
_FIVE_POINTS = (
    "shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
_PATCH = 400
"""Maximum side in pixels of the patch, which is twice as wide as the face."""


def available() -> bool:
    """Return whether dlib and its models are installed, without loading them."""
    found = [(model_folder() / name).is_file() for name, _ in (_RECOGNITION, _FIVE_POINTS)]
    return importlib.util.find_spec("dlib") is not None and all(found)


@lru_cache(maxsize=1)
def embedder() -> Callable[[Image, Face], Embedding]:
    """Return the function that computes the embedding of a face in a picture.

    Raises:
        MissingExtra: dlib or its models are not installed.
        ModelError: a model file has another checksum.
    """
    if not available():
        raise MissingExtra("recognising people", "dlib")
    import dlib

    place, network = dlib.shape_predictor(_model(_FIVE_POINTS)), _network(dlib)

    def embedding(image: Image, face: Face) -> Embedding:
        patch = _patch(image, face)
        quarter = patch.shape[0] / 4
        inner = np.array([quarter, quarter, 3 * quarter, 3 * quarter], np.float32)
        points = place(patch, dlib.rectangle(*rectangle(inner)))
        return np.array(network.compute_face_descriptor(patch, points), np.float32)

    return embedding


def _network(dlib: Any) -> Any:
    return dlib.face_recognition_model_v1(_model(_RECOGNITION))


def _model(known: tuple[str, str]) -> str:
    name, sha256 = known
    return str(verify_sha256(model_folder() / name, sha256, f"{how_to_install('dlib')} brings it"))


def _patch(image: Image, face: Face) -> Image:
    """Return the upright square twice as wide as the face, contiguous, at most `_PATCH` px."""
    patch = crop_mouth(image, square_around(face.box, 2), face.roll)
    if patch.shape[0] > _PATCH:
        patch = np.asarray(cv2.resize(patch, (_PATCH, _PATCH), interpolation=cv2.INTER_AREA))
    return np.ascontiguousarray(patch)
