"""Where face meets model: from a picture to its faces and their mouths. Needs no torch."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moue.draw import UNSURE, Mark, colours, marked
from moue.errors import ImageError
from moue.face.crop import crop_mouth
from moue.face.locate import FaceSettings, locate, preferring, resolve, smallest_face
from moue.image import Picture
from moue.model.abstention import threshold
from moue.model.classifier import Classifier
from moue.model.spec import ModelSpec
from moue.reading import MAX_BYTES, read_bytes
from moue.sample import Face, Image
from moue.video import frames


@dataclass(frozen=True, slots=True)
class Prediction:
    """A face and what its mouth shows.

    Attributes:
        label: None where the model abstains, which it does only when asked to keep an error.
        probability: of the likeliest label, also where the model abstains.
        probabilities: of every label, in the model's order; they sum to 1.
    """

    face: Face
    label: str | None
    probability: float
    probabilities: dict[str, float]

    @property
    def words(self) -> str:
        """For people: `smile 97%`, or `unsure 61%` where the model abstains."""
        return f"{self.label or 'unsure'} {self.probability:.0%}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        face = {k: v for k, v in self.face.to_dict().items() if k != "landmarks"}
        return face | {
            "label": self.label,
            "probability": round(self.probability, 4),
            "probabilities": {k: round(v, 4) for k, v in self.probabilities.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All faces of one picture or frame, largest first; or why there are none.

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
    faces: tuple[Prediction, ...] = ()
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


class Predictor:
    """Finds every face in a picture and tells what its mouth shows.

    Attributes:
        face: how faces are found, as far as can be the way the model learnt.
        least: the probability from which on there is a label; 0 where there always is one.
        max_bytes: larger files are not read.

    Example:
        predictor = Predictor.load()
        for face in predictor.predict("a.jpg"):
            print(face.label, face.probability)
    """

    def __init__(
        self,
        classifier: Classifier,
        face: FaceSettings | None = None,
        max_error: float | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.classifier = classifier
        self.max_bytes = max_bytes
        self.least = 0.0 if max_error is None else threshold(classifier.spec.abstain, max_error)
        self.face = _as_trained(face or FaceSettings(), classifier.spec)

    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        face: FaceSettings | None = None,
        threads: int = 1,
        max_error: float | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Predictor:
        """Load the model that ships, or another one.

        Faces are found as they were for its training, where that can be done here and `face`
        names no other way. Where it cannot, a UserWarning says so: mouths cut otherwise than
        the model is used to cost accuracy.

        Args:
            model: a run folder, an `.onnx` file, a checkpoint, or the name of a model that
                ships, of which a path that exists wins; None is the default model that ships.
            threads: that the model may use for one picture.
            max_error: the share of answers that may be wrong, such as 0.02: where the model is
                less sure than that takes, the label is None. It was measured on validation
                mouths, and holds for mouths like them. None always answers.
            max_bytes: larger files are not read; their result is an error.

        Raises:
            ModelError: no model there, not one of ours, or damaged; or it holds no threshold
                for `max_error`.
        """
        return cls(Classifier.load(model, threads), face, max_error, max_bytes)

    def predict(self, image: Path | str | Image) -> list[Prediction]:
        """Return a prediction for every face, largest first.

        Args:
            image: a file, or (H, W, 3) uint8 RGB.

        Raises:
            ImageError: the file cannot be decoded.
            OSError: the file cannot be read.
            ValueError: an array of another shape or dtype.
        """
        if isinstance(image, np.ndarray):
            return self._predict(Picture.from_array(image))
        return self._predict(Picture(read_bytes(Path(image), self.max_bytes)))

    def file(self, path: Path) -> Result:
        """Return what a picture file shows; a file that cannot be read gives its error."""
        return self._file(path)[0]

    def file_with_pixels(self, path: Path) -> tuple[Result, Image | None]:
        """Return what a picture file shows, and its pixels; None where it cannot be read."""
        result, picture = self._file(path)
        try:
            return result, None if picture is None else picture.rgb()
        except (ImageError, MemoryError) as error:
            return Result(file=str(path), error=_reason(error)), None

    def _file(self, path: Path) -> tuple[Result, Picture | None]:
        try:
            picture = Picture(read_bytes(path, self.max_bytes))
            return self._result(picture, file=str(path)), picture
        except (ImageError, OSError, MemoryError, UnicodeError) as error:
            return Result(file=str(path), error=_reason(error)), None

    def video(self, path: Path, every: float = 0.0) -> Iterator[tuple[Result, Image]]:
        """Yield the result and the pixels of each frame.

        Args:
            path: a video file.
            every: seconds between the frames looked at; 0 looks at all.

        Raises:
            MissingExtra: PyAV is not installed.
            SourceError: it cannot be read.
        """
        for frame in frames(path, every):
            picture = Picture.from_array(frame.image)
            result = self._result(picture, file=str(path), frame=frame.index, time=frame.time)
            yield result, frame.image

    def _result(self, picture: Picture, **where: Any) -> Result:
        faces = tuple(self._predict(picture))
        least = smallest_face(picture, self.face)
        return Result(
            width=picture.width,
            height=picture.height,
            min_face=least,
            faces=faces,
            note=picture.note,
            **where,
        )

    def _predict(self, picture: Picture) -> list[Prediction]:
        image = picture.rgb()  # first: decoding it in grey besides would cost half as much again
        faces = sorted(locate(picture, self.face), key=lambda face: -face.size)
        return self.judge(image, faces) if faces else []

    def judge(self, image: Image, faces: Sequence[Face]) -> list[Prediction]:
        """Return what the mouths of faces that were found in `image` show, in their order."""
        crops = [crop_mouth(image, face.mouth_box, face.roll) for face in faces]
        rows = self.classifier.probabilities(crops).tolist()
        return [self._answer(face, row) for face, row in zip(faces, rows, strict=True)]

    def _answer(self, face: Face, row: list[float]) -> Prediction:
        labels, highest = self.classifier.spec.labels, max(row)
        label = labels[row.index(highest)] if highest >= self.least else None
        return Prediction(face, label, highest, dict(zip(labels, row, strict=True)))


def annotated(image: Image, faces: tuple[Prediction, ...]) -> Image:
    """Return a copy with each mouth's box, label and probability, inside the picture."""
    # The largest last, so that it lies on top.
    return marked(image, [_mark(face) for face in reversed(faces)])


def _mark(face: Prediction) -> Mark:
    colour = UNSURE if face.label is None else colours(face.probabilities)[face.label]
    return Mark(face.face.mouth_box, face.words, colour)


def _as_trained(face: FaceSettings, spec: ModelSpec) -> FaceSettings:
    """Return the settings that find mouths as the model learnt them, as far as can be done."""
    chosen = dataclasses.replace(preferring(face, spec.found_by), crop_scale=spec.crop_scale)
    here = resolve(chosen)
    if spec.found_by is not None and here != spec.found_by:
        cure = "; `moue doctor` says what is missing" if face.backend == "auto" else ""
        warnings.warn(
            f"the model learnt mouths found by {spec.found_by}, here {here} finds them: expect "
            f"more mistakes{cure}",
            stacklevel=3,
        )
    return chosen


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory to read it"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
