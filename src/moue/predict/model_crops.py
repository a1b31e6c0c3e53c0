"""Read the mouth crops of a workspace at the crop scale of a model.

The stored crops have the crop scale of the workspace. A model with another crop scale gets new
crops of the pictures, because its answers on the stored crops would be wrong.
"""

from __future__ import annotations

from moue.errors import DataError
from moue.face.mouth_crop import crop_mouth, mouth_box_of
from moue.media.image import read_image
from moue.workspace.types import Face, Image, Mouth, Sample
from moue.workspace.workspace import Workspace

SAME_SCALE = 0.02
"""Relative difference of two crop scales that counts as none: lip boxes are rounded to 0.1 px."""
MAX_ENLARGED = 1.3
"""Maximum side of a crop as a multiple of a collected mouth crop; the rest repeats its border."""


def read_model_crop(
    workspace: Workspace, sample: Sample, mouth: Mouth, crop_scale: float, where: str = "the model"
) -> Image:
    """Return the crop of a mouth for a model, (S, S, 3) uint8 RGB.

    Args:
        workspace: workspace of the mouth.
        sample: sample of the mouth.
        mouth: mouth to read.
        crop_scale: crop scale of the model.
        where: name of the model, for the error message.

    Raises:
        DataError: the sample is a collected mouth crop that shows too little for the model.
        ImageError: the crop or the picture cannot be decoded.
        OSError: the crop or the picture cannot be read.
    """
    face = face_of(sample, mouth)
    if face is None or has_scale(face, crop_scale):
        return read_image(workspace.mouth(mouth.name))
    box = mouth_box_of(face, crop_scale)
    if sample.kind == "mouth" and _ratio(face, crop_scale) > MAX_ENLARGED:
        raise DataError(
            f"{mouth.name} is a mouth crop that was collected without its picture; {where} needs "
            f"{crop_scale:g} times the lips in view. Use another model, or collect the pictures"
        )
    return crop_mouth(read_image(workspace.image(sample.name)), box, face.roll)


def has_scale(face: Face, crop_scale: float) -> bool:
    """Return whether the mouth box of a face has a crop scale."""
    return abs(_ratio(face, crop_scale) - 1) <= SAME_SCALE


def face_of(sample: Sample, mouth: Mouth) -> Face | None:
    """Return the face of a mouth; None if the sample has no such face."""
    faces = sample.faces or ()
    return faces[mouth.face] if mouth.face < len(faces) else None


def _ratio(face: Face, crop_scale: float) -> float:
    """Return the side of the mouth box at a crop scale, divided by the side of the stored box."""
    needed, stored = mouth_box_of(face, crop_scale), face.mouth_box
    return float((needed[2] - needed[0]) / max(float(stored[2] - stored[0]), 1e-6))
