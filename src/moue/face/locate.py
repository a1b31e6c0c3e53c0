"""Where the faces are: one call, several backends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from moue.face import dlib68, haar
from moue.face.crop import CROP_SCALE, mouth_box
from moue.face.haar import Found
from moue.image import Grey, Picture, fit
from moue.sample import Face
from moue.settings import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSettings:
    """How faces are found and their mouths cut out."""

    backend: Annotated[
        Literal["auto", "haar", "haar-lesson", "dlib68"], Setting("how faces are found")
    ] = "auto"
    side: Annotated[int, Setting("longer side while detecting, px", low=160)] = 640
    crop_scale: Annotated[float, Setting("mouth square / longer side of lips", low=1, high=4)] = (
        CROP_SCALE
    )
    dlib_model: Annotated[str | None, Setting("file of dlib's 68-point model")] = None


_BACKENDS: dict[str, Callable[[FaceSettings], Callable[[Grey], list[Found]]]] = {
    "haar": lambda settings: haar.haar(),
    "haar-lesson": lambda settings: haar.lesson(),
    "dlib68": lambda settings: dlib68.dlib68(settings.dlib_model),
}


def resolve(settings: FaceSettings) -> str:
    """Return the name of the backend that is used: what `auto` stands for here."""
    if settings.backend != "auto":
        return settings.backend
    return "dlib68" if dlib68.available(settings.dlib_model) else "haar"


def locate(picture: Picture, settings: FaceSettings) -> list[Face]:
    """Return every face, best first, in pixels of the whole picture.

    Raises:
        ImageError: the picture cannot be decoded.
    """
    grey, scale = _reduced(picture, settings.side)
    found = _locator(settings)(grey)
    return [_face(one, scale, settings.crop_scale) for one in sorted(found, key=_rank)]


def _rank(found: Found) -> float:
    return -found.score


def _face(found: Found, scale: float, crop_scale: float) -> Face:
    lips = found.lips * scale
    return Face(
        box=found.box * scale,
        score=found.score,
        landmarks=None if found.landmarks is None else found.landmarks * scale,
        lips=lips,
        mouth_box=mouth_box(lips, crop_scale),
    )


def _reduced(picture: Picture, side: int) -> tuple[Grey, float]:
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    grey = fit(picture.grey(max(1, math.ceil(side * shorter / longer))), side)
    return grey, longer / max(grey.shape)


@lru_cache(maxsize=4)
def _locator(settings: FaceSettings) -> Callable[[Grey], list[Found]]:
    return _BACKENDS[resolve(settings)](settings)
