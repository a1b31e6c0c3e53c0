"""The mouth to explain: one of the catalog, or the main mouth of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from moue.errors import DataError
from moue.evaluation.corruptions import CropFunction
from moue.evaluation.labelled_mouths import LabelledMouth
from moue.evaluation.test_set import crop_function_of
from moue.face.backends import FaceSettings, detect_faces
from moue.face.mouth_crop import crop_moved
from moue.media.image import Picture
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


class NoFaceError(DataError):
    """The picture to explain shows no face."""


@dataclass(frozen=True, slots=True)
class MouthSubject:
    """A mouth to explain.

    Attributes:
        name: name of the mouth or picture, for the user.
        crop_mouth: function that crops the mouth.
        in_context: True if the function crops the mouth from its whole picture. Otherwise, shifted,
            enlarged and rotated crops repeat the border of the crop.
    """

    name: str
    crop_mouth: CropFunction
    in_context: bool


def subject_of_mouth(
    workspace: Workspace, catalog: Catalog, name: str, crop_scale: float
) -> MouthSubject:
    """Return a mouth of the catalog.

    Args:
        workspace: workspace of the catalog.
        catalog: catalog of the workspace.
        name: name of the mouth.
        crop_scale: crop scale of the model.

    Raises:
        DataError: the mouth is a collected crop that shows too little for the model.
        CatalogError: no mouth has this name.
        ImageError: the crop cannot be decoded.
        OSError: the crop cannot be read.
    """
    mouth = catalog.mouth(name)
    found = LabelledMouth(mouth, catalog.sample(mouth.sample), workspace)
    crop_mouth, in_context = crop_function_of(found, crop_scale)
    return MouthSubject(name, crop_mouth, in_context)


def subject_of_picture(
    name: str, picture: Picture, settings: FaceSettings, *, crop: bool = False
) -> MouthSubject:
    """Return the main mouth of a picture.

    Args:
        name: name of the picture, for the user.
        picture: picture.
        settings: settings of face detection.
        crop: True if the picture is a mouth crop, so that no face is searched.

    Raises:
        NoFaceError: no face was found.
        ImageError: the picture cannot be decoded.
    """
    image = picture.rgb()
    if crop:
        box = np.array([0, 0, picture.width, picture.height], np.float32)
        side = max(picture.width, picture.height)
        square = np.array([0, 0, side, side], np.float32)
        return MouthSubject(name, partial(crop_moved, image, square + _centred(box, side)), False)
    faces = detect_faces(picture, settings)
    if not faces:
        raise NoFaceError(
            f"{name}: no face was found; use a picture with a visible face, or `--crop` for a "
            "mouth crop"
        )
    face = faces[0]
    return MouthSubject(name, partial(crop_moved, image, face.mouth_box, upright=face.roll), True)


def _centred(box: np.ndarray, side: int) -> np.ndarray:
    """Return the offset that centres a square on a box."""
    x, y = (box[2] - side) / 2, (box[3] - side) / 2
    return np.array([x, y, x, y], np.float32)
