"""Inputs of the exported networks: test vectors, and mouth crops with labels.

All come from pictures of faces, because random pixels hide errors that real pictures show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from moue.demo.raw_folder import demo_pictures
from moue.errors import DataError
from moue.evaluation.labelled_mouths import LabelledMouths, load_labelled_mouths
from moue.evaluation.test_set import load_test_set
from moue.export.networks import CLASSIFIER
from moue.face import blazeface, detector, face_mesh, lip_landmarks, mediapipe, yunet
from moue.face.backends import detect_faces, resolve_backend
from moue.face.mouth_crop import crop_mouth, crop_square
from moue.geometry import square_around
from moue.media.image import Picture, read_image, resize_to_fit, to_grey
from moue.model.spec import resize
from moue.predict.model_crops import read_model_crop
from moue.predict.predictor import AnyPredictor
from moue.workspace.types import Face, Image
from moue.workspace.workspace import Workspace

VECTORS = 200
"""Number of test vectors of each network."""
MOST_LABELLED = 1000
"""Maximum number of crops with labels; of more, as many are taken at equal distances."""
Bytes: TypeAlias = npt.NDArray[np.uint8]
Vectors: TypeAlias = dict[str, list[Bytes]]
"""Inputs of each network, uint8: (1, H, W, 3), (1, H, W) or (1, 3, H, W), as its ONNX file."""


@dataclass(frozen=True, slots=True)
class LabelledCrops:
    """Mouth crops with labels.

    Attributes:
        crops: (H, W, 3) uint8 RGB each.
        labels: label of each crop.
        source: description of the pictures.
    """

    crops: Sequence[Image]
    labels: Sequence[str]
    source: str

    def subset(self, indices: Iterable[int], source: str) -> LabelledCrops:
        """Return the crops at these indices, with a new description of the pictures."""
        chosen = list(indices)
        crops, labels = [self.crops[i] for i in chosen], [self.labels[i] for i in chosen]
        return LabelledCrops(crops, labels, source)

    def some(self, most: int) -> LabelledCrops:
        """Return at most `most` of the crops, at equal distances."""
        if len(self.crops) <= most:
            return self
        chosen = np.linspace(0, len(self.crops) - 1, most).round().astype(int).tolist()
        return self.subset(chosen, self.source)


def make_vectors(predictor: AnyPredictor, sides: Mapping[str, int] | None = None) -> Vectors:
    """Return `VECTORS` inputs of each network, from the bundled pictures at several sizes.

    Args:
        predictor: model and face settings.
        sides: side of the square input of each network; None for inputs of several sizes.

    Raises:
        MissingExtra: the demo pictures are not installed.
    """
    images = [read_image(picture.path) for picture in demo_pictures()]
    vectors: Vectors = {}
    for number in range(VECTORS):
        image = images[number % len(images)]
        # Pictures that come a second time are smaller.
        side = max(image.shape) - 40 * (number // len(images)) - number % 7
        image = resize_to_fit(image, side)
        faces = detect_faces(Picture.from_array(image), predictor.face)
        if not faces:
            continue
        crop = crop_mouth(image, faces[0].mouth_box, faces[0].roll)
        found = {CLASSIFIER: crop if sides is None else resize(crop, sides[CLASSIFIER])}
        found |= _face_inputs(predictor, image, faces[0], 1.6 + number % 3 / 4, sides)
        for name, value in found.items():
            vectors.setdefault(name, []).append(np.ascontiguousarray(value[None]))
    return vectors


def _face_inputs(
    predictor: AnyPredictor,
    image: Image,
    face: Face,
    scale: float,
    sides: Mapping[str, int] | None,
) -> dict[str, Bytes]:
    """Return the input of each face network for one face, without the axis N."""
    backend, grey = resolve_backend(predictor.face), to_grey(image)
    if backend == "mediapipe":
        around = crop_square(image, square_around(face.box, scale))
        return {
            mediapipe.DETECTOR: _into_square(image, blazeface.SIDE),
            mediapipe.MESH: _resized(around, face_mesh.SIDE, face_mesh.SIDE),
        }
    if sides is None:
        width, height = (32 * max(2, n // 64) for n in (image.shape[1], image.shape[0]))
        searched = _resized(grey, width, height)
    else:
        name = yunet.NAME if backend == "yunet" else detector.DETECTOR_MODEL
        searched = _into_square(grey, sides[name])
    if backend == "yunet":
        return {yunet.NAME: np.repeat(searched[None], 3, axis=0)}
    around = crop_square(grey, square_around(face.lips, scale))
    lips = _resized(around, lip_landmarks.CROP_SIDE, lip_landmarks.CROP_SIDE)
    names = (lip_landmarks.LIP_MODEL, lip_landmarks.TIGHT_MODEL)
    return {detector.DETECTOR_MODEL: searched} | dict.fromkeys(names, lips)


def _resized(image: Bytes, width: int, height: int) -> Bytes:
    smaller = width * height < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=interpolation), np.uint8)


def _into_square(image: Bytes, side: int) -> Bytes:
    """Resize a picture to a longer side, and repeat its border on the right and at the bottom."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    resized = _resized(image, max(1, round(width * scale)), max(1, round(height * scale)))
    missing = side - resized.shape[0], side - resized.shape[1]
    padded = cv2.copyMakeBorder(resized, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)


def labelled_crops(predictor: AnyPredictor, workspace: Workspace | None) -> LabelledCrops:
    """Return the mouths of the test set of a workspace, or else those of the bundled pictures.

    The bundled pictures are used if there is no workspace, if its test set is empty, and if it has
    a label that the model does not have. Without a common label, the result is empty.

    Raises:
        DataError: a mouth crop of the test set shows too little for the model.
        MissingExtra: the bundled pictures are needed, but not installed.
    """
    found = None
    if workspace is not None and workspace.exists:
        with workspace.reading() as catalog:
            try:
                split, mouths = load_test_set(workspace, catalog)
            except DataError:  # both sets are empty
                return _bundled(predictor)
        found = _crops(predictor, workspace, mouths, split)
    return found or _bundled(predictor)


def calibration_crops(
    predictor: AnyPredictor, workspace: Workspace | None, tested: LabelledCrops
) -> tuple[LabelledCrops, LabelledCrops]:
    """Return crops that calibrate an int8 model, and other crops that measure its accuracy.

    The training set of the workspace calibrates a model that its test set measures. Otherwise
    every second crop calibrates it, and the rest measures it.

    Args:
        predictor: model and face settings.
        workspace: workspace of the training set.
        tested: result of `labelled_crops`.
    """
    if workspace is not None and tested.source.startswith("test set"):
        with workspace.reading() as catalog:
            mouths = load_labelled_mouths(workspace, catalog, "train")
            found = _crops(predictor, workspace, mouths, "training")
        if found is not None:
            return found.some(VECTORS), tested
    count, source = len(tested.crops), f"every second mouth of the {tested.source}"
    first = tested.subset(range(0, count, 2), source)
    return first.some(VECTORS), tested.subset(range(1, count, 2), source)


def _crops(
    predictor: AnyPredictor, workspace: Workspace, mouths: LabelledMouths, split: str
) -> LabelledCrops | None:
    """Return mouths of a set with their crops; None if the model does not have their labels."""
    if not len(mouths) or not mouths.labels <= set(predictor.classifier.spec.labels):
        return None
    if (count := len(mouths)) > MOST_LABELLED:
        mouths = mouths.some(np.linspace(0, count - 1, MOST_LABELLED).round().astype(int))
    scale, where = predictor.classifier.spec.crop_scale, predictor.classifier.where
    crops, labels = [], []
    for one in mouths:
        crops.append(read_model_crop(workspace, one.sample, one.mouth, scale, where))
        labels.append(one.label)
    source = f"{split} set of the workspace {workspace.root.name}"
    return LabelledCrops(crops, labels, source)


def _bundled(predictor: AnyPredictor) -> LabelledCrops:
    """Return the mouths of the bundled pictures in which a face is detected."""
    crops, labels = [], []
    for picture in demo_pictures():
        if picture.label not in predictor.classifier.spec.labels:
            continue
        image = read_image(picture.path)
        faces = detect_faces(Picture.from_array(image), predictor.face)
        if faces:
            crops.append(crop_mouth(image, faces[0].mouth_box, faces[0].roll))
            labels.append(picture.label)
    return LabelledCrops(crops, labels, "bundled pictures")
