"""What a predictor answers: a face with its label, and all faces of one picture or frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from moue.face.measures import MouthMeasures, measure
from moue.workspace.types import Face

Label = TypeVar("Label", bound=str | None, covariant=True)
"""`str` of a model that always answers, `str | None` of one that may abstain."""


# No slots: a generic class with them cannot be called by its alias, as `AnyPrediction(...)`.
@dataclass(frozen=True)
class Prediction(Generic[Label]):
    """A face and what its mouth shows.

    `Prediction[str]` has a label always, `Prediction[str | None]` not where the model abstains.

    Attributes:
        label: None where the model abstains, which it does only when asked to keep an error.
        probability: of the likeliest label, also where the model abstains.
        probabilities: of every label, in the model's order; they sum to 1.
    """

    face: Face
    label: Label
    probability: float
    probabilities: dict[str, float]

    @property
    def measures(self) -> MouthMeasures | None:
        """How far the mouth is open, wide, smiling and puckered.

        None where the backend that found the face gives no points around the lips.
        """
        return measure(self.face)

    @property
    def words(self) -> str:
        """For people: `smile 97%`, or `unsure 61%` where the model abstains."""
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
"""Of a model of which it is not known whether it may abstain."""


@dataclass(frozen=True, kw_only=True)
class Result(Generic[Label]):
    """All faces of one picture or frame, the main face first; or why there are none.

    Attributes:
        frame: number of a video's frame, from 0; None for a picture.
        time: of the frame, seconds from the first one.
        note: what a person should know of how the file was read, such as that it is an
            animation of which one frame was looked at.
        min_face: width of the smallest face that was looked for, px.
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
