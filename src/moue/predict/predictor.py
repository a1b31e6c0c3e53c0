"""Predict the mouth expression of every face in a picture. Works without torch."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, TypeAlias, cast, overload

from moue.errors import MoueError, reason_of
from moue.face.backends import FaceSettings, detect_faces, smallest_face, upright_only
from moue.face.mouth_crop import crop_mouth
from moue.media.image import Picture
from moue.media.read_file import MAX_BYTES
from moue.media.video import frames
from moue.model.abstention import abstention_threshold
from moue.model.classifier import Classifier
from moue.model.licence import Licence
from moue.model.providers import Device
from moue.predict.inputs import PictureInput, name_of, open_picture
from moue.predict.load_classifier import load_classifier
from moue.predict.prediction import Label, Prediction, Result
from moue.predict.trained_face_settings import as_trained
from moue.workspace.types import Face, Image

__all__ = ["AnyPredictor", "Predictor"]


class Predictor(Generic[Label]):
    """Detect every face in a picture and classify its mouth.

    A picture is a path, the bytes of a picture file, an open binary file, a Pillow picture, or
    pixels: (H, W, 3) uint8 RGB or (H, W) uint8 grey.

    Attributes:
        classifier: mouth classifier.
        face: settings of face detection, with the face backend and crop scale of the model.
        min_probability: minimum probability of a predicted label; 0 if the model never abstains.
        max_bytes: maximum size of a picture file, in bytes.

    Example:
        predictor = Predictor.load()
        for face in predictor.predict("a.jpg"):
            print(face.label, face.probability)

        # OpenCV returns BGR pixels; convert them to RGB first:
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
        thresholds = classifier.spec.abstention_thresholds
        self.min_probability = (
            0.0 if max_error is None else abstention_threshold(thresholds, max_error)
        )
        self.face = as_trained(face or FaceSettings(), classifier.spec)

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
        licence: Licence | None = None,
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
        licence: Licence | None = None,
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
        licence: Licence | None = None,
    ) -> Predictor[Any]:
        """Load a model and return its predictor.

        Faces are detected with the face backend that the model was trained with, if that backend
        is installed and `face` does not name another one. Otherwise a UserWarning is issued: the
        crops then differ from the training crops, and accuracy falls.

        Args:
            model: run folder, `.onnx` file, weights file or name of a bundled model; an existing
                path takes precedence over a name. None selects the default bundled model.
            face: settings of face detection.
            threads: number of CPU threads.
            max_error: maximum error rate of the predicted labels, such as 0.02. The model
                abstains (the label is None) below the probability that met this error rate on
                the validation set; other pictures may have another error rate. With None the
                model never abstains, and for type checkers every label is a `str`.
            max_bytes: maximum size of a picture file, in bytes; a larger file is an error.
            device: device of the mouth classifier: `cpu`, `cuda`, or `auto`, which uses CUDA if
                it works. Faces are always detected on the CPU.
            licence: `free` to load only bundled networks that anybody may use for any purpose,
                `any` to allow all. None takes the value in `face`.

        Raises:
            ConfigError: `device` is `cuda`, but CUDA does not work; or the licence does not allow
                the face backend.
            ModelError: the model does not exist, is damaged, or has no threshold for `max_error`;
                or the licence does not allow it.
        """
        face = face or FaceSettings()
        if licence is not None:
            face = dataclasses.replace(face, licence=licence)
        classifier = load_classifier(model, threads, device, face.licence)
        return cls(classifier, face, max_error, max_bytes)

    def __call__(self, picture: PictureInput) -> list[Prediction[Label]]:
        """Return the predictions of `predict` for a picture."""
        return self.predict(picture)

    def predict(self, picture: PictureInput) -> list[Prediction[Label]]:
        """Return a prediction for every face in a picture, the main face first.

        Args:
            picture: path, bytes, open binary file, Pillow picture or pixels, as described for
                the class. An open file is read to its end and is not closed.

        Raises:
            ImageError: the picture cannot be decoded, or is too large.
            OSError: the file cannot be read.
            SourceError: the path is a URL; prediction does not download pictures.
            TypeError: `picture` has another type.
            ValueError: the array has another shape or dtype.
        """
        return list(self._result(open_picture(picture, self.max_bytes), file="").faces)

    @overload
    def predict_file(
        self, picture: PictureInput, *, return_image: Literal[False] = False
    ) -> Result[Label]: ...

    @overload
    def predict_file(
        self, picture: PictureInput, *, return_image: Literal[True]
    ) -> tuple[Result[Label], Image | None]: ...

    def predict_file(
        self, picture: PictureInput, *, return_image: bool = False
    ) -> Result[Label] | tuple[Result[Label], Image | None]:
        """Return the result for a picture; for an unreadable picture it contains the error.

        Args:
            picture: path, bytes, open binary file, Pillow picture or pixels, as described for
                the class.
            return_image: True to return a pair of the result and the pixels, (H, W, 3) uint8 RGB;
                the pixels of an unreadable picture are None.

        Raises:
            TypeError: `picture` has another type.
            ValueError: the array has another shape or dtype.
        """
        name = name_of(picture)
        try:
            opened = open_picture(picture, self.max_bytes)
            result = self._result(opened, file=name)
            return (result, opened.rgb()) if return_image else result
        except (MoueError, OSError, MemoryError, UnicodeError) as error:
            memory = isinstance(error, MemoryError)
            reason = "not enough memory to read the picture" if memory else reason_of(error)
            failed = Result[Label](file=name, error=reason)
            return (failed, None) if return_image else failed

    def predict_video(
        self, path: Path | str, every: float = 0.0
    ) -> Iterator[tuple[Result[Label], Image]]:
        """Yield the result and the pixels, (H, W, 3) uint8 RGB, of each frame of a video.

        Args:
            path: path of the video file.
            every: minimum interval between the predicted frames, in seconds; 0 predicts all frames.

        Raises:
            MissingExtra: PyAV is not installed.
            SourceError: the file cannot be read, or is not a video.
        """
        path = Path(path)
        for frame in frames(path, every):
            picture = Picture.from_array(frame.image)
            result = self._result(picture, file=str(path), frame=frame.index, time=frame.time)
            yield result, frame.image

    def classify_faces(self, image: Image, faces: Sequence[Face]) -> list[Prediction[Label]]:
        """Classify the mouths of faces that were detected in an image.

        Args:
            image: (H, W, 3) uint8 RGB.
            faces: detected faces.

        Returns:
            One prediction per face, in the order of `faces`.
        """
        crops = [crop_mouth(image, face.mouth_box, face.roll) for face in faces]
        # All mouths of a picture in one batch: one call of the network instead of N.
        rows = self.classifier.probabilities(crops).tolist()
        return [self._prediction(face, row) for face, row in zip(faces, rows, strict=True)]

    def with_options(
        self, max_error: float | None = None, min_face: int | None = None
    ) -> Predictor[Any]:
        """Return a predictor with other options and the same loaded model.

        Args:
            max_error: maximum error rate, as for `load`; None keeps the threshold of this one.
            min_face: minimum face size in pixels; None keeps that of this one.

        Raises:
            ModelError: the model has no threshold for `max_error`.
        """
        other: Predictor[Any] = copy.copy(self)
        if max_error is not None:
            thresholds = self.classifier.spec.abstention_thresholds
            other.min_probability = abstention_threshold(thresholds, max_error)
        if min_face is not None:
            other.face = dataclasses.replace(self.face, min_face=min_face)
        return other

    def predict_picture(
        self, picture: Picture, file: str, max_faces: int | None = None
    ) -> Result[Label]:
        """Return the result for an opened picture.

        Args:
            picture: opened picture.
            file: name of the picture in the result.
            max_faces: maximum number of faces to classify, the main face first; a note tells how
                many were left out. None classifies all faces.

        Raises:
            ImageError: the picture cannot be decoded.
        """
        return self._result(picture, max_faces, file=file)

    def _result(
        self, picture: Picture, max_faces: int | None = None, **location: Any
    ) -> Result[Label]:
        # RGB is decoded first, so that the detector computes grey from it. Decoding grey first
        # would decode the file twice and take 1.5 times as long.
        image = picture.rgb()
        found = detect_faces(picture, self.face)
        chosen = found[:max_faces]
        faces = tuple(self.classify_faces(image, chosen)) if chosen else ()
        left_out = len(found) - len(faces)
        limit = f"only the first {len(faces)} of {len(found)} faces were classified"
        notes = (
            picture.note,
            None if found else upright_only(self.face),
            limit if left_out else None,
        )
        return Result(
            width=picture.width,
            height=picture.height,
            faces=faces,
            min_face=smallest_face(picture, self.face),
            note="; ".join(filter(None, notes)) or None,
            **location,
        )

    def _prediction(self, face: Face, row: list[float]) -> Prediction[Label]:
        labels, highest = self.classifier.spec.labels, max(row)
        label = labels[row.index(highest)] if highest >= self.min_probability else None
        probabilities = dict(zip(labels, row, strict=True))
        return Prediction(face, cast(Label, label), highest, probabilities)


AnyPredictor: TypeAlias = Predictor[str | None]
