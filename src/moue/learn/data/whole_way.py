"""The data of the figure `whole-way`: one picture on its way through all steps, and all numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.dataset.phash import phash
from moue.errors import MissingExtra
from moue.evaluation.metrics import wilson
from moue.face.mouth_crop import crop_mouth
from moue.learn import data
from moue.learn.data.dict_comprehension import compute as counts_of
from moue.learn.pack import pack, unpack
from moue.learn.source import CROP, LearnPicture, Source
from moue.media.image import header, read_image, resize_to_fit, to_grey
from moue.model.spec import resize

SIDE = 280
"""Maximum of the longer side of the picture in pixels."""


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return a picture, its face, its crop and its label, and the numbers of the data set.

    The query `picture` selects a picture. Without it, the picture is one that a model predicted
    without having seen it, if there is one.
    """
    names, labels, arrays = _predictions(source)
    picture = _picture(source, names, query.get("picture"))
    face, image = source.face(picture), read_image(picture.path)
    small = resize_to_fit(image, SIDE)
    zoom = small.shape[1] / image.shape[1]
    file = picture.path.read_bytes()
    values: dict[str, Any] = {
        "name": picture.name, "label": picture.label, "bytes": len(file),
        "format": header(file)[0], "size": [image.shape[1], image.shape[0]],
        "face": _rounded(face.box * zoom), "lips": _rounded(face.lips * zoom),
        "box": _rounded(face.mouth_box * zoom), "hash": f"{phash(to_grey(image)):016x}",
        "pictures": len(source.pictures), "mouths": len(source.mouths),
        "persons": len(set(source.mouths.persons)), **counts_of(source, {}),
    }  # fmt: skip
    crop = resize(crop_mouth(image, face.mouth_box, face.roll), CROP)
    shown: dict[str, npt.NDArray[Any]] = {"picture": small, "crop": crop}
    if names:
        values |= _result(arrays, labels)
        row = _row(names, picture.name)
        if row is not None:
            shown["probabilities"] = arrays["probabilities"][row]
    return pack(values, shown)


def _predictions(
    source: Source,
) -> tuple[list[str], list[str], Mapping[str, npt.NDArray[Any]]]:
    """Return names, labels and arrays of the figure `confusion`; empty ones without a model."""
    try:
        found = data.answer("confusion", source, {})
    except MissingExtra:
        return [], [], {}
    assert isinstance(found, bytes)
    values, arrays = unpack(found)
    return values["names"], values["labels"], arrays


def _picture(source: Source, names: Sequence[str], name: str | None) -> LearnPicture:
    if name:
        return source.picture(name)
    for picture in source.pictures:
        if picture.label == "smile" and _row(names, picture.name) is not None:
            return picture
    return source.picture(None)


def _row(names: Sequence[str], picture: str) -> int | None:
    """Return the row of the main mouth of a picture; None if it has no prediction."""
    for row, name in enumerate(names):
        if name == picture or name.startswith(f"{picture}_"):
            return row
    return None


def _result(arrays: Mapping[str, npt.NDArray[Any]], labels: Sequence[str]) -> dict[str, Any]:
    """Return the numbers of right and of all predictions, the interval, and the labels."""
    targets = arrays["targets"]
    right = int((arrays["probabilities"].argmax(axis=1) == targets).sum())
    interval = wilson(right, len(targets))
    return {"right": right, "predicted": len(targets), "interval": interval, "labels": labels}


def _rounded(box: npt.NDArray[np.float32]) -> list[float]:
    return [round(float(value), 1) for value in box]
