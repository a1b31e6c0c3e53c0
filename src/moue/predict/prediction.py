"""The results of prediction: `Prediction` for one face, `Result` for one picture or frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from moue.face.measures import MouthMeasures, measure
from moue.workspace.types import Face

__all__ = ["AnyPrediction", "AnyResult", "Prediction", "Result"]

Label = TypeVar("Label", bound=str | None, covariant=True)
"""`str`, or `str | None` where the model may abstain."""


# No slots: a generic class with them cannot be called by its alias, as `AnyPrediction(...)`.
@dataclass(frozen=True)
class Prediction(Generic[Label]):
    """A face and the predicted label of its mouth.

    A `Prediction[str]` always has a label; the label of a `Prediction[str | None]` is None if the
    model abstains.

    Attributes:
        face: detected face.
        label: predicted label; None if the model abstains, which only happens with `max_error`.
        probability: probability of the most likely label, even if the model abstains.
        probabilities: probability of each label, in the order of the model's labels; their sum
            is 1.
    """

    face: Face
    label: Label
    probability: float
    probabilities: dict[str, float]

    @property
    def measures(self) -> MouthMeasures | None:
        """The measures of the mouth, computed from its landmarks; None if there are none."""
        return measure(self.face)

    def describe(self) -> str:
        """Return label and probability, such as `smile 97%`; `unsure 61%` if the model abstains."""
        return f"{self.label or 'unsure'} {self.probability:.0%}"

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as a JSON-serialisable dict."""
        face = {k: v for k, v in self.face.to_dict().items() if k != "landmarks"}
        measures = self.measures
        return face | {
            "label": self.label,
            "probability": round(self.probability, 4),
            "probabilities": {k: round(v, 4) for k, v in self.probabilities.items()},
            "measures": None if measures is None else measures.to_dict(),
        }


AnyPrediction: TypeAlias = Prediction[str | None]
"""A prediction of any model, whether it may abstain or not."""


@dataclass(frozen=True, kw_only=True)
class Result(Generic[Label]):
    """The predictions for one picture or frame, or the error that prevented them.

    Attributes:
        file: path of the picture, or the type of the input, such as `<bytes>`.
        width, height: size of the picture, in pixels; None if it could not be read.
        min_face: minimum width of a face that the detector searches for, in pixels.
        error: reason why the picture was not read or its annotated copy was not written; None if
            there was no error.
        faces: predictions, the main face first.
        frame: number of the video frame, from 0; None for a picture.
        time: time of the frame, in seconds from the first frame; None for a picture.
        note: remark for the user, for example that only one frame of an animation was used; None
            for most pictures.
    """

    file: str
    width: int | None = None
    height: int | None = None
    min_face: int | None = None
    error: str | None = None
    faces: tuple[Prediction[Label], ...] = ()
    frame: int | None = None
    time: float | None = None
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that `moue predict --json` prints."""
        data: dict[str, Any] = {"file": self.file}
        if self.frame is not None and self.time is not None:
            data |= {"frame": self.frame, "time": round(self.time, 3)}
        return data | {
            "width": self.width,
            "height": self.height,
            "min_face": self.min_face,
            "error": self.error,
            "note": self.note,
            "faces": [face.to_dict() for face in self.faces],
        }


AnyResult: TypeAlias = Result[str | None]
