"""Where face meets model: from a picture to its faces and their mouths. Needs no torch."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeAlias, cast, overload

from moue.errors import ImageError, MoueError
from moue.face.backends import (
    FaceSettings,
    detect_faces,
    resolve_backend,
    smallest_face,
    with_trained_backend,
)
from moue.face.mouth_crop import crop_mouth
from moue.media.draw import UNSURE, Mark, colours, draw_boxes
from moue.media.image import Picture
from moue.media.read_file import MAX_BYTES
from moue.media.video import frames
from moue.model.abstention import threshold
from moue.model.classifier import Classifier
from moue.model.providers import Device
from moue.model.spec import ModelSpec
from moue.predict.inputs import PictureInput, name_of, open_picture
from moue.predict.load_classifier import load_classifier
from moue.predict.prediction import AnyPrediction, Label, Prediction, Result
from moue.workspace.types import Face, Image


class Predictor(Generic[Label]):
    """Finds every face in a picture and tells what its mouth shows.

    Pictures are given as a path, the bytes of a picture file, an open binary file, a Pillow
    picture, or pixels: (H, W, 3) uint8 RGB or (H, W) uint8 grey.

    Attributes:
        face: how faces are found, as far as can be the way the model learnt.
        least: the probability from which on there is a label; 0 where there always is one.
        max_bytes: larger files are not read.

    Example:
        predictor = Predictor.load()
        for face in predictor.predict("a.jpg"):
            print(face.label, face.probability)

        # OpenCV's pixels are BGR; moue cannot see that, and takes them for RGB. Turn them round:
        predictor.predict(cv2.cvtColor(cv2.imread("a.jpg"), cv2.COLOR_BGR2RGB))
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

    @overload
    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        face: FaceSettings | None = None,
        threads: int = 1,
        *,
        max_error: None = None,
        max_bytes: int = MAX_BYTES,
        device: Device = "cpu",
    ) -> Predictor[str]: ...

    @overload
    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        face: FaceSettings | None = None,
        threads: int = 1,
        *,
        max_error: float | None,
        max_bytes: int = MAX_BYTES,
        device: Device = "cpu",
    ) -> Predictor[str | None]: ...

    @classmethod
    def load(
        cls,
        model: Path | str | None = None,
        face: FaceSettings | None = None,
        threads: int = 1,
        *,
        max_error: float | None = None,
        max_bytes: int = MAX_BYTES,
        device: Device = "cpu",
    ) -> Predictor[Any]:
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
                mouths, and holds for mouths like them. None always answers: then, to type
                checkers too, every label is a `str`.
            max_bytes: larger files are not read; their result is an error.
            device: where the network that judges mouths runs: `cpu`, `cuda`, or `auto`, which
                takes CUDA where onnxruntime has it and it works. Faces are found on the CPU.

        Raises:
            ConfigError: CUDA is asked for and does not work.
            ModelError: no model there, not one of ours, or damaged; or it holds no threshold
                for `max_error`.
        """
        return cls(load_classifier(model, threads, device), face, max_error, max_bytes)

    def __call__(self, picture: PictureInput) -> list[Prediction[Label]]:
        """Return what `predict` returns."""
        return self.predict(picture)

    def predict(self, picture: PictureInput) -> list[Prediction[Label]]:
        """Return a prediction for every face, the main face first: large and surely a face.

        Args:
            picture: in any form that the class names. An open file is read to its end, and stays
                open.

        Raises:
            ImageError: it cannot be decoded.
            OSError: it cannot be read.
            SourceError: a URL; moue downloads nothing to predict it.
            TypeError: something else than a picture.
            ValueError: an array of another shape or dtype.
        """
        return self._predict(open_picture(picture, self.max_bytes))

    def file(self, picture: PictureInput) -> Result[Label]:
        """Return what a picture shows, in any form; one that cannot be read gives its error.

        Raises:
            TypeError: something else than a picture.
            ValueError: an array of another shape or dtype.
        """
        return self._file(picture)[0]

    def file_with_pixels(self, picture: PictureInput) -> tuple[Result[Label], Image | None]:
        """Return what a picture shows, and its pixels; None where it cannot be read."""
        result, opened = self._file(picture)
        try:
            return result, None if opened is None else opened.rgb()
        except (ImageError, MemoryError) as error:
            return Result(file=name_of(picture), error=_reason(error)), None

    def _file(self, given: PictureInput) -> tuple[Result[Label], Picture | None]:
        try:
            picture = open_picture(given, self.max_bytes)
            return self._result(picture, file=name_of(given)), picture
        except (MoueError, OSError, MemoryError, UnicodeError) as error:
            return Result(file=name_of(given), error=_reason(error)), None

    def video(self, path: Path | str, every: float = 0.0) -> Iterator[tuple[Result[Label], Image]]:
        """Yield the result and the pixels of each frame.

        Args:
            path: a video file.
            every: seconds between the frames looked at; 0 looks at all.

        Raises:
            MissingExtra: PyAV is not installed.
            SourceError: it cannot be read.
        """
        path = Path(path)
        for frame in frames(path, every):
            picture = Picture.from_array(frame.image)
            result = self._result(picture, file=str(path), frame=frame.index, time=frame.time)
            yield result, frame.image

    def _result(self, picture: Picture, **where: Any) -> Result[Label]:
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

    def _predict(self, picture: Picture) -> list[Prediction[Label]]:
        image = picture.rgb()  # first: decoding it in grey besides would cost half as much again
        faces = detect_faces(picture, self.face)
        return self.judge(image, faces) if faces else []

    def judge(self, image: Image, faces: Sequence[Face]) -> list[Prediction[Label]]:
        """Return what the mouths of faces that were found in `image` show, in their order."""
        crops = [crop_mouth(image, face.mouth_box, face.roll) for face in faces]
        rows = self.classifier.probabilities(crops).tolist()
        return [self._answer(face, row) for face, row in zip(faces, rows, strict=True)]

    def _answer(self, face: Face, row: list[float]) -> Prediction[Label]:
        labels, highest = self.classifier.spec.labels, max(row)
        label = labels[row.index(highest)] if highest >= self.least else None
        shares = dict(zip(labels, row, strict=True))
        return Prediction(face, cast(Label, label), highest, shares)


AnyPredictor: TypeAlias = Predictor[str | None]


def annotate(image: Image, faces: tuple[AnyPrediction, ...]) -> Image:
    """Return a copy with each mouth's box, label and probability, inside the picture."""
    # The main face last, so that it lies on top.
    return draw_boxes(image, [_mark(face) for face in reversed(faces)])


def _mark(face: AnyPrediction) -> Mark:
    colour = UNSURE if face.label is None else colours(face.probabilities)[face.label]
    return Mark(face.face.mouth_box, face.words, colour)


def _as_trained(face: FaceSettings, spec: ModelSpec) -> FaceSettings:
    """Return the settings that find mouths as the model learnt them, as far as can be done."""
    chosen = dataclasses.replace(
        with_trained_backend(face, spec.found_by), crop_scale=spec.crop_scale
    )
    here = resolve_backend(chosen)
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
