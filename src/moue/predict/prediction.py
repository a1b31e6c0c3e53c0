"""The results of prediction: one face with its label; all faces of one picture or frame."""

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

    A `Prediction[str]` always has a label; a `Prediction[str | None]` has none where the model
    abstains.

    Attributes:
        label: the predicted label; None where the model abstains (only with `max_error`).
        probability: of the most likely label, also where the model abstains.
        probabilities: of all labels, in the model's order; they sum to 1.
    """

    face: Face
    label: Label
    probability: float
    probabilities: dict[str, float]

    @property
    def measures(self) -> MouthMeasures | None:
        """How far the mouth is open, wide, smiling and puckered.

        None where the backend has no lip landmarks.
        """
        return measure(self.face)

    def describe(self) -> str:
        """Return text such as `smile 97%`, or `unsure 61%` where the model abstains."""
        return f"{self.label or 'unsure'} {self.probability:.0%}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
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
    """All faces of one picture or frame, the main face first; or an error.

    Attributes:
        file: the path, or `<bytes>` and the like.
        width, height: of the picture, in pixels; None with an error.
        min_face: the minimum face width that the detector searches for, in pixels.
        error: why the file cannot be read; None without an error.
        frame: the number of a video frame, from 0; None for a picture.
        time: of the frame, in seconds from the first one.
        note: such as that the file is an animation of which one frame was used, or that the
            backend finds upright heads only.
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
