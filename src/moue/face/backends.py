"""Where the faces are: one call, several backends; and where one is that was just there."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, TypeAlias, cast

import numpy as np

from moue.face import detector, dlib68, haar, rotated_search
from moue.face.detection import Detector, LocalDetector, RawDetection, remove_duplicates
from moue.face.main_face import main_first
from moue.face.mouth_crop import CROP_SCALE, lip_points, upright_box
from moue.geometry import center_distance, clip_box, corners, normalize_angle, scale_box
from moue.media.image import Grey, Picture, resize_to_fit, to_grey
from moue.settings import Setting
from moue.workspace.types import Face, Points

Backend: TypeAlias = Literal["auto", "haar", "haar-tutorial", "dlib68", "moue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """How faces are found and their mouths cut out."""

    backend: Annotated[
        Backend,
        Setting(
            "Face detection backend. auto uses the one that the model was trained with, else moue."
        ),
    ] = "auto"
    min_face: Annotated[
        int | None,
        Setting(
            "Minimum face size in pixels. Unset: about 1/40 of the longer side of the picture.",
            low=8,
        ),
    ] = None
    min_score: Annotated[
        float,
        Setting("Minimum detection score. The moue backend scores from 0 to 1.", low=0),
    ] = 0.0
    crop_scale: Annotated[
        float,
        Setting(
            "Side of the mouth crop, as a multiple of the longer side of the lip box.",
            low=1,
            high=4,
        ),
    ] = CROP_SCALE
    dlib_model: Annotated[
        str | None, Setting("Path of dlib's 68-point landmark model, for the dlib68 backend.")
    ] = None


class InputSize(NamedTuple):
    """How large a backend's picture must be.

    Attributes:
        side: the longer side where no smallest face is named, px.
        least: width of the smallest face that it finds, px of its picture.
    """

    side: int = 640
    least: int = 24


MIXED = ", "
"""Between the names of several backends, in a model that learnt from the mouths of all."""

_BACKENDS: dict[str, Callable[[FaceSettings], Detector]] = {
    "haar": lambda settings: haar.haar(),
    "haar-tutorial": lambda settings: haar.tutorial_cascade(),
    "dlib68": lambda settings: dlib68.dlib68(settings.dlib_model),
    "moue": lambda settings: detector.neural_detector(),
}
_LOOKS = {"moue": InputSize(side=960, least=24)}
_FOLLOWERS: dict[str, Callable[[FaceSettings], LocalDetector]] = {
    "haar": lambda settings: haar.haar_local_detector(),
    "dlib68": lambda settings: dlib68.dlib68_local_detector(settings.dlib_model),
    "moue": lambda settings: detector.neural_local_detector(),
}
"""Backends that have a cheaper way to find a face again; the others find as ever, nearby."""

_CONFIDENT = {"moue": (detector.UPRIGHT_SCORE, detector.TILTED_SCORE, detector.SIDEWAYS_SCORE)}
"""Backends whose score tells whether a picture is the right way up: the score of a face as it
stands that says so, and those of one in a copy turned by 45 degrees, and by more. Only with these
backends are turned copies looked at: the others would find false faces in them."""
TURNED_SIDE = 640
"""Longer side of what is turned, px: five copies are to cost little where there is no face."""
SAME_ROLL = 60.0
"""Degrees by which the rolls of two heads of one picture differ less."""
FOLLOW_TURNED = 30.0
"""Degrees of roll from which on a face is followed in a copy in which it stands upright."""
AROUND, NEAR_SIDE = 2.0, 512
"""How much of the picture is looked at to follow a face: in its sizes, and in pixels at most."""
_ORIGIN = np.zeros(2, np.float32)


def available_backends(settings: FaceSettings) -> list[str]:
    """Return the backends that can be used here."""
    return [n for n in _BACKENDS if n != "dlib68" or dlib68.available(settings.dlib_model)]


def resolve_backend(settings: FaceSettings) -> str:
    """Return the name of the backend that is used: what `auto` stands for here."""
    return "moue" if settings.backend == "auto" else settings.backend


def with_trained_backend(settings: FaceSettings, backend: str | None) -> FaceSettings:
    """Return settings in which `auto` means `backend`, where that can be had here.

    Args:
        backend: of several with `MIXED` between them, the first counts.
    """
    backend = None if backend is None else backend.partition(MIXED)[0]
    missing = backend == "dlib68" and not dlib68.available(settings.dlib_model)
    if settings.backend != "auto" or backend not in _BACKENDS or missing:
        return settings
    return dataclasses.replace(settings, backend=cast(Backend, backend))


def detect_faces(picture: Picture, settings: FaceSettings, *, rotated: bool = True) -> list[Face]:
    """Return every face, the main one first (`main_first`), in pixels of the whole picture.

    Where nothing confident is found, copies rotated by `rotated_search.TURNS` are searched too, so
    that tilted, sideways and upside-down heads are found, and the better of two ways up
    counts. Only the backend `moue` does so.

    Args:
        rotated: False looks at no turned copies, and then gives no face where none surely
            stands upright.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    grey, scale = _reduced(picture, settings)
    locator = _locator(settings.backend, settings.dlib_model)
    found = locator(grey)
    if resolve_backend(settings) in _CONFIDENT:
        confident, *least = _CONFIDENT[resolve_backend(settings)]
        if all(one.score < confident for one in found):
            found = _search_rotated(grey, found, locator, *least) if rotated else []
    sure = [one for one in found if one.score >= settings.min_score]
    return main_first(_face(one, scale, settings) for one in sure)


def _search_rotated(
    grey: Grey, unsure: list[RawDetection], locator: Detector, tilted: float, side: float
) -> list[RawDetection]:
    """Return what turned copies show confidently and what was found, the better of the same.

    Less sure ones that are another way up than the surest are left out: seldom are they faces.
    """
    sure: list[RawDetection] = []
    small = resize_to_fit(grey, TURNED_SIDE)
    scale = max(grey.shape) / max(small.shape)
    for roll in rotated_search.TURNS:
        copy, matrix = rotated_search.turned(small, roll)
        for one in locator(copy):
            if one.score >= (tilted if abs(roll) <= 45 else side):
                sure.append(rotated_search.laid_back(one, matrix, roll).scaled(scale))
    if not sure:
        return unsure
    faces = remove_duplicates(sure + unsure)
    best = max(faces, key=lambda one: one.score)
    return [one for one in faces if one.score >= side or _have_same_roll(one, best)]


def _have_same_roll(one: RawDetection, other: RawDetection) -> bool:
    return abs(normalize_angle(one.roll - other.roll)) < SAME_ROLL


def detect_nearby(picture: Picture, face: Face, settings: FaceSettings) -> Face | None:
    """Return a face that was there a frame before, where it is now; None where it is lost.

    Only its surroundings are looked at, so that this costs a part of `detect_faces`, the same in a
    picture of any size.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    left, top, right, bottom = clip_box(scale_box(face.box, AROUND), picture.width, picture.height)
    patch = resize_to_fit(to_grey(picture.rgb()[top : bottom + 1, left : right + 1]), NEAR_SIDE)
    scale = max(right - left, bottom - top, 1) / max(patch.shape)
    corner = np.array([left, top], np.float32)
    follower = _follower(settings.backend, settings.dlib_model)
    box = (face.box - np.tile(corner, 2)) / np.float32(scale)
    if abs(face.roll) < FOLLOW_TURNED:
        found = follower(patch, box)
    else:
        copy, matrix = rotated_search.turned(patch, face.roll)
        found = follower(copy, rotated_search.into_copy(box, matrix, face.roll))
        found = None if found is None else rotated_search.laid_back(found, matrix, face.roll)
    if found is None or found.score < settings.min_score:
        return None
    return _face(found, scale, settings, corner)


def _face(
    found: RawDetection, scale: float, settings: FaceSettings, corner: Points = _ORIGIN
) -> Face:
    """Return a face in pixels of the picture of which a reduced part begins at `corner`."""
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
    """Return the picture in grey, at least as large as faces are looked for in; see `grey`."""
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    return picture.grey(max(1, math.ceil(detection_side(picture, settings) * shorter / longer)))


def detection_side(picture: Picture, settings: FaceSettings) -> int:
    """Return the longer side that the picture is reduced to, px; never more than it has."""
    longer, look = max(picture.width, picture.height), _look(settings)
    if settings.min_face is None:
        return min(longer, look.side)
    return min(longer, max(160, math.ceil(longer * look.least / settings.min_face)))


def smallest_face(picture: Picture, settings: FaceSettings) -> int:
    """Return the width of the smallest face that is found in the picture, px."""
    scale = max(picture.width, picture.height) / detection_side(picture, settings)
    return round(scale * _look(settings).least)


def _look(settings: FaceSettings) -> InputSize:
    return _LOOKS.get(resolve_backend(settings), InputSize())


def _reduced(picture: Picture, settings: FaceSettings) -> tuple[Grey, float]:
    grey = resize_to_fit(grey_for(picture, settings), detection_side(picture, settings))
    return grey, max(picture.width, picture.height) / max(grey.shape)


@lru_cache
def _follower(backend: Backend, dlib_model: str | None) -> LocalDetector:
    settings = FaceSettings(backend=backend, dlib_model=dlib_model)
    name = resolve_backend(settings)
    if name in _FOLLOWERS:
        return _FOLLOWERS[name](settings)
    return _nearest(_locator(backend, dlib_model))


def _nearest(locator: Detector) -> LocalDetector:
    """Return a follower for a backend that has none of its own: what it finds nearest."""

    def nearest(grey: Grey, box: Points) -> RawDetection | None:
        faces = [(float(center_distance(found.box, box)), found) for found in locator(grey)]
        near = [(distance, found) for distance, found in faces if distance < (box[2] - box[0]) / 2]
        return min(near, key=lambda pair: pair[0])[1] if near else None

    return nearest


@lru_cache
def _locator(backend: Backend, dlib_model: str | None) -> Detector:
    """Return the backend, made once; no other setting makes it, or loads its model, again."""
    settings = FaceSettings(backend=backend, dlib_model=dlib_model)
    return _BACKENDS[resolve_backend(settings)](settings)
