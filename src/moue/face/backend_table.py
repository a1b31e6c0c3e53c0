"""The backends of face detection: how they are loaded, and who may use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from moue.errors import ConfigError
from moue.face import detector, dlib68, haar, mediapipe, yunet
from moue.face.detection import Detector, LocalDetector
from moue.face.face_settings import Backend, FaceSettings
from moue.model.licence import ADVICE, Licence


class BackendEntry(NamedTuple):
    """One implementation of face detection.

    Attributes:
        load: function that creates the detector.
        load_local: function that creates the local detector; None to use the nearest detection of
            the detector.
        side: default for the longer side of the reduced picture that is searched, in pixels.
        min_face: width of the smallest detectable face in the reduced picture, in pixels.
        rotated_copies: True if upright faces get higher scores than rotated faces, so that
            `rotated_search` can compare them. Otherwise, rotated copies would add false
            positives.
        colour: True if the detectors need (H, W, 3) RGB instead of grey.
        licence: licence of its networks or cascades, as an SPDX identifier or in words.
        trained_on: pictures that they were trained on.
        free: True if the licence `free` allows the backend.
    """

    load: Callable[[FaceSettings], Detector]
    load_local: Callable[[FaceSettings], LocalDetector] | None = None
    side: int = 640
    min_face: int = 24
    rotated_copies: bool = False
    colour: bool = False
    licence: str = ""
    trained_on: str = ""
    free: bool = False


FREE_BACKEND: Backend = "mediapipe"
"""The backend of the licence `free`, if none is named."""
BACKENDS = {
    "haar": BackendEntry(
        lambda _: haar.haar(),
        lambda _: haar.haar_local_detector(),
        licence="Intel License Agreement, like BSD-3-Clause",
        trained_on="pictures of Intel, not published",
        free=True,
    ),
    "haar-tutorial": BackendEntry(
        lambda settings: haar.tutorial_cascade(settings.scale_factor, settings.min_neighbors),
        licence="Intel License Agreement, like BSD-3-Clause",
        trained_on="pictures of Intel, not published",
        free=True,
    ),
    "dlib68": BackendEntry(
        lambda settings: dlib68.dlib68(settings.dlib_model),
        lambda settings: dlib68.dlib68_local_detector(settings.dlib_model),
        licence="research only",
        trained_on="iBUG 300-W, which excludes commercial use",
    ),
    "dlib68-tutorial": BackendEntry(
        lambda settings: dlib68.dlib68_tutorial(
            settings.dlib_model, settings.scale_factor, settings.min_neighbors
        ),
        licence="research only",
        trained_on="iBUG 300-W, which excludes commercial use",
    ),
    "yunet": BackendEntry(
        lambda _: yunet.yunet_detector(),
        lambda _: yunet.yunet_local_detector(),
        side=640,
        min_face=16,
        licence="MIT",
        trained_on="WIDER FACE, which excludes commercial use (CC BY-NC-ND 4.0)",
    ),
    "mediapipe": BackendEntry(
        lambda _: mediapipe.mediapipe_detector(),
        lambda _: mediapipe.mediapipe_local_detector(),
        side=960,
        min_face=32,
        colour=True,
        licence="Apache-2.0",
        trained_on="pictures of Google, not published",
        free=True,
    ),
    "moue": BackendEntry(
        lambda _: detector.neural_detector(),
        lambda _: detector.neural_local_detector(),
        side=960,
        rotated_copies=True,
        licence="research only",
        trained_on="UTKFace, HELEN and web pictures; see the model card",
    ),
}
"""The backends by name, in the order of the documentation."""


def available_backends(settings: FaceSettings) -> list[str]:
    """Return the names of the backends that are installed and that the licence allows."""
    return [
        name
        for name, backend in BACKENDS.items()
        if (backend.free or settings.licence == "any")
        and (not name.startswith("dlib68") or dlib68.available(settings.dlib_model))
    ]


def backend_licences() -> dict[str, tuple[str, str, bool]]:
    """Return licence, training pictures and `free` of each backend, by name."""
    return {name: (b.licence, b.trained_on, b.free) for name, b in BACKENDS.items()}


def default_backend(licence: Licence) -> str:
    """Return the backend of the setting `auto`."""
    return FREE_BACKEND if licence == "free" else "moue"


def resolve_backend(settings: FaceSettings) -> str:
    """Return the name of the backend in use.

    For the setting `auto`, it is `moue`, or `FREE_BACKEND` with the licence `free`.

    Raises:
        ConfigError: the licence does not allow the backend.
    """
    if settings.backend == "auto":
        return default_backend(settings.licence)
    backend = BACKENDS[settings.backend]
    if settings.licence == "free" and not backend.free:
        raise ConfigError(
            f"`--licence free` does not allow the backend {settings.backend} ({backend.licence}; "
            f"trained on {backend.trained_on}); use the backend {FREE_BACKEND}, or {ADVICE}"
        )
    return settings.backend
