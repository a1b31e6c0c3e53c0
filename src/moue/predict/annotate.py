"""Draw the predictions of a picture on a copy of it."""

from __future__ import annotations

from moue.media.draw import UNSURE, Mark, colours, draw_boxes
from moue.predict.prediction import AnyPrediction
from moue.workspace.types import Image


def annotate(image: Image, faces: tuple[AnyPrediction, ...]) -> Image:
    """Return a copy of the image with the box, label and probability of each mouth."""
    # The main face comes last, so that it lies on top.
    return draw_boxes(image, [_mark(face) for face in reversed(faces)])


def _mark(face: AnyPrediction) -> Mark:
    colour = UNSURE if face.label is None else colours(face.probabilities)[face.label]
    return Mark(face.face.mouth_box, face.describe(), colour)
