"""Detect the faces of a picture with one of several backends; follow one face in a video."""

from __future__ import annotations

import dataclasses
import math
from functools import lru_cache
from typing import cast

import numpy as np

from moue.face import rotated_search
from moue.face.backend_table import (
    BACKENDS,
    BackendEntry,
    available_backends,
    resolve_backend,
)
from moue.face.detection import Detector, LocalDetector, RawDetection
from moue.face.face_settings import Backend, FaceSettings
from moue.face.main_face import main_first
from moue.face.mouth_crop import lip_points, upright_box
from moue.geometry import center_distance, clip_box, corners, scale_box
from moue.media.image import Grey, Picture, resize_to_fit, to_grey
from moue.workspace.types import Face, Image, Points

__all__ = [
    "MIXED",
    "Backend",
    "FaceSettings",
    "available_backends",
    "detect_faces",
    "detect_nearby",
    "detection_side",
    "grey_for",
    "resolve_backend",
    "smallest_face",
    "upright_only",
    "with_trained_backend",
]

MIXED = ", "
"""Separator of backend names, for a model that was trained on crops of several backends."""
MIN_SIDE = 160
"""Minimum of the longer side of the reduced picture that is searched, in pixels."""
LOCAL_ROLL = 30.0
"""Minimum roll at which the local search rotates the patch upright, in degrees."""
LOCAL_SCALE, LOCAL_SIDE = 2.0, 512
"""Side of the patch of the local search, as a multiple of the face size; maximum side in pixels."""
_ORIGIN = np.zeros(2, np.float32)


def with_trained_backend(settings: FaceSettings, backend: str | None) -> FaceSettings:
    """Replace the backend `auto` by the backend that a model was trained with, if installed.

    Args:
        settings: settings of the call.
        backend: name of the backend of the training; of several names separated by `MIXED`, the
            first one is used. None if unknown.

    Returns:
        The new settings; `settings` if its backend is not `auto`, or `backend` is not available or
        not allowed by the licence.
    """
    backend = None if backend is None else backend.partition(MIXED)[0]
    if settings.backend != "auto" or backend not in available_backends(settings):
        return settings
    return dataclasses.replace(settings, backend=cast(Backend, backend))


def detect_faces(picture: Picture, settings: FaceSettings, *, rotated: bool = True) -> list[Face]:
    """Detect all faces of a picture.

    The backend `moue` also detects tilted, sideways and upside-down heads: if no face has the score
    of an upright face, it searches rotated copies of the picture (`rotated_search`).

    Args:
        picture: picture to search.
        settings: backend and thresholds.
        rotated: False to skip the search in rotated copies; the result is then empty if no face
            has the score of an upright face.

    Returns:
        The faces in pixels of the picture, main face first (`main_first`).

    Raises:
        ImageError: the picture cannot be decoded.
    """
    pixels, scale = _reduced(picture, settings)
    detect = _detector(resolve_backend(settings), _loading(settings))
    faces = detect(pixels)
    if _backend(settings).rotated_copies:
        faces = rotated_search.search(pixels, faces, detect, rotated=rotated)
    kept = (_face(face, scale, settings) for face in faces if face.score >= settings.min_score)
    return main_first(face for face in kept if face.size >= (settings.min_face or 0))


def detect_nearby(picture: Picture, face: Face, settings: FaceSettings) -> Face | None:
    """Detect a face again near its box in the previous frame.

    Only a patch around the box is searched, so this is much faster than `detect_faces`, and
    its duration does not depend on the size of the picture.

    Args:
        picture: current frame.
        face: face in the previous frame.
        settings: backend and thresholds.

    Returns:
        The face in the current frame; None if it is not found.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    # A patch of twice the face size shows the whole face after a move of half its size.
    around = scale_box(face.box, LOCAL_SCALE)
    left, top, right, bottom = clip_box(around, picture.width, picture.height)
    colours = picture.rgb()[top : bottom + 1, left : right + 1]
    # Only the patch becomes grey, so that the time does not depend on the size of the frame.
    pixels = colours if _backend(settings).colour else to_grey(colours)
    patch = resize_to_fit(pixels, LOCAL_SIDE)
    scale = max(right - left, bottom - top, 1) / max(patch.shape[:2])
    corner = np.array([left, top], np.float32)
    box = (face.box - np.tile(corner, 2)) / np.float32(scale)
    detect = _local_detector(resolve_backend(settings), _loading(settings))
    # Detectors tolerate a smaller roll, so the time for rotating the patch is saved.
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
    """Convert a detection in a patch or reduced picture to a face in pixels of the whole picture.

    Args:
        found: detection in pixels of the patch.
        scale: size of the patch in the whole picture divided by its size in pixels.
        settings: backend and crop scale.
        corner: (2,) top left corner of the patch in the whole picture.
    """
    offset = np.tile(corner, 2)
    lips = found.lips * scale + offset
    landmarks = None if found.landmarks is None else found.landmarks * scale + corner
    # The corners of the axis-parallel lip box of a tilted head would give too large a mouth box.
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
    """Return the (H, W) grey picture, whose longer side is at least `detection_side`."""
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    # Rounding up keeps the longer side at least as long as the detector needs.
    return picture.grey(max(1, math.ceil(detection_side(picture, settings) * shorter / longer)))


def detection_side(picture: Picture, settings: FaceSettings) -> int:
    """Return the longer side of the reduced picture that the backend searches, in pixels."""
    longer, backend = max(picture.width, picture.height), _backend(settings)
    if settings.min_face is None:
        return min(longer, backend.side)
    # The picture is reduced until the smallest wanted face is as small as the backend can detect.
    return min(longer, max(MIN_SIDE, math.ceil(longer * backend.min_face / settings.min_face)))


def smallest_face(picture: Picture, settings: FaceSettings) -> int:
    """Return the width of the smallest face that the backend can detect in a picture, in pixels."""
    scale = max(picture.width, picture.height) / detection_side(picture, settings)
    return round(scale * _backend(settings).min_face)


def upright_only(settings: FaceSettings) -> str | None:
    """Return a hint if the backend detects upright heads only; None for other backends."""
    if _backend(settings).rotated_copies:
        return None
    name = resolve_backend(settings)
    return f"the backend {name} detects upright heads only; use the backend moue for tilted heads"


def _backend(settings: FaceSettings) -> BackendEntry:
    return BACKENDS[resolve_backend(settings)]


def _reduced(picture: Picture, settings: FaceSettings) -> tuple[Grey | Image, float]:
    # `Picture.grey` reduces by 1, 2, 4 or 8 only, which is cheap in a JPEG; the rest is resampled.
    pixels = picture.rgb() if _backend(settings).colour else grey_for(picture, settings)
    pixels = resize_to_fit(pixels, detection_side(picture, settings))
    return pixels, max(picture.width, picture.height) / max(pixels.shape[:2])


def _loading(settings: FaceSettings) -> FaceSettings:
    """Return the settings that loading a backend depends on; the others have their defaults."""
    return FaceSettings(
        scale_factor=settings.scale_factor,
        min_neighbors=settings.min_neighbors,
        dlib_model=settings.dlib_model,
    )


@lru_cache
def _detector(name: str, settings: FaceSettings) -> Detector:
    """Return the detector of a backend; it is loaded once for each combination of arguments."""
    return BACKENDS[name].load(settings)


@lru_cache
def _local_detector(name: str, settings: FaceSettings) -> LocalDetector:
    load = BACKENDS[name].load_local
    return load(settings) if load else _nearest(_detector(name, settings))


def _nearest(detect: Detector) -> LocalDetector:
    """Return a local detector that picks the detection of `detect` nearest to the previous box."""

    def nearest(grey: Grey, box: Points) -> RawDetection | None:
        faces = [(float(center_distance(face.box, box)), face) for face in detect(grey)]
        # A face whose center has left the previous box counts as another one.
        near = [(distance, face) for distance, face in faces if distance < (box[2] - box[0]) / 2]
        return min(near, key=lambda pair: pair[0])[1] if near else None

    return nearest
