"""Face embeddings by dlib's recognition model.

Faces of one subject have similar embeddings. Embeddings are biometric data: moue compares them in
memory and never stores them. Both models are in the public domain, unlike the 68-landmark model.

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
"""Array (128,), float32, with a norm of about 1.3."""
SIZE = 128
"""Number of elements of an embedding."""

_RECOGNITION = (
    "dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
_FIVE_POINTS = (
    "shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
_PATCH = 400
"""Maximum side of the input patch, in pixels; the patch is twice as wide as the face."""


def available() -> bool:
    """Return whether dlib and both models are installed; this loads none of them."""
    found = [(model_folder() / name).is_file() for name, _ in (_RECOGNITION, _FIVE_POINTS)]
    return importlib.util.find_spec("dlib") is not None and all(found)


@lru_cache(maxsize=1)
def embedder() -> Callable[[Image, Face], Embedding]:
    """Return the function that computes an embedding from an (H, W, 3) image and a face in it.

    Raises:
        MissingExtra: dlib or its models are not installed.
        ModelError: a model file has another checksum.
    """
    if not available():
        raise MissingExtra("recognising subjects", "dlib")
    import dlib

    place, network = dlib.shape_predictor(_model(_FIVE_POINTS)), _network(dlib)

    def embedding(image: Image, face: Face) -> Embedding:
        patch = _patch(image, face)
        # The patch is twice as wide as the face, so the face is its middle half.
        quarter = patch.shape[0] / 4
        inner = np.array([quarter, quarter, 3 * quarter, 3 * quarter], np.float32)
        points = place(patch, dlib.rectangle(*rectangle(inner)))
        return np.array(network.compute_face_descriptor(patch, points), np.float32)

    return embedding


def _network(dlib: Any) -> Any:
    return dlib.face_recognition_model_v1(_model(_RECOGNITION))


def _model(known: tuple[str, str]) -> str:
    name, sha256 = known
    return str(verify_sha256(model_folder() / name, sha256, f"run {how_to_install('dlib')}"))


def _patch(image: Image, face: Face) -> Image:
    """Return an upright square patch (S, S, 3) twice as wide as the face, S at most `_PATCH`."""
    patch = crop_mouth(image, square_around(face.box, 2), face.roll)
    if patch.shape[0] > _PATCH:
        # Averaged, because bilinear sampling would skip pixels of a large face.
        patch = np.asarray(cv2.resize(patch, (_PATCH, _PATCH), interpolation=cv2.INTER_AREA))
    return np.ascontiguousarray(patch)
