"""Where the faces are: one call, several backends."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, TypeAlias, cast

from moue.face import dlib68, haar, lips
from moue.face.crop import CROP_SCALE, mouth_box
from moue.face.haar import Found, Locator
from moue.image import Grey, Picture, fit
from moue.sample import Face
from moue.settings import Setting

Backend: TypeAlias = Literal["auto", "haar", "haar-lesson", "dlib68", "haar-lips"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """How faces are found and their mouths cut out."""

    backend: Annotated[Backend, Setting("how faces are found")] = "auto"
    side: Annotated[int, Setting("longer side while detecting, px", low=160)] = 640
    crop_scale: Annotated[float, Setting("mouth square / longer side of lips", low=1, high=4)] = (
        CROP_SCALE
    )
    dlib_model: Annotated[str | None, Setting("file of dlib's 68-point model")] = None


_BACKENDS: dict[str, Callable[[FaceSettings], Locator]] = {
    "haar": lambda settings: haar.haar(),
    "haar-lesson": lambda settings: haar.lesson(),
    "dlib68": lambda settings: dlib68.dlib68(settings.dlib_model),
    "haar-lips": lambda settings: lips.on_haar(),
}


def resolve(settings: FaceSettings) -> str:
    """Return the name of the backend that is used: what `auto` stands for here."""
    if settings.backend != "auto":
        return settings.backend
    if dlib68.available(settings.dlib_model):
        return "dlib68"
    return "haar-lips" if lips.available() else "haar"


def preferring(settings: FaceSettings, backend: str | None) -> FaceSettings:
    """Return settings in which `auto` means `backend`, where that can be had here."""
    missing = backend == "dlib68" and not dlib68.available(settings.dlib_model)
    if settings.backend != "auto" or backend not in _BACKENDS or missing:
        return settings
    return dataclasses.replace(settings, backend=cast(Backend, backend))


def locate(picture: Picture, settings: FaceSettings) -> list[Face]:
    """Return every face, largest first, in pixels of the whole upright picture.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    grey, scale = _reduced(picture, settings.side)
    found = _locator(settings.backend, settings.dlib_model)(grey)
    return [_face(one, scale, settings.crop_scale) for one in sorted(found, key=_by_size)]


def _by_size(found: Found) -> float:
    return -float(found.box[2] - found.box[0])


def _face(found: Found, scale: float, crop_scale: float) -> Face:
    lips = found.lips * scale
    return Face(
        box=found.box * scale,
        score=found.score,
        landmarks=None if found.landmarks is None else found.landmarks * scale,
        lips=lips,
        mouth_box=mouth_box(lips, crop_scale),
    )


def grey_for(picture: Picture, side: int) -> Grey:
    """Return the picture in grey, its longer side at least `side` where it was; see `grey`."""
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    return picture.grey(max(1, math.ceil(side * shorter / longer)))


def _reduced(picture: Picture, side: int) -> tuple[Grey, float]:
    grey = fit(grey_for(picture, side), side)
    return grey, max(picture.width, picture.height) / max(grey.shape)


@lru_cache
def _locator(backend: Backend, dlib_model: str | None) -> Locator:
    """Return the backend, made once; no other setting makes it, or loads its model, again."""
    settings = FaceSettings(backend=backend, dlib_model=dlib_model)
    return _BACKENDS[resolve(settings)](settings)
