"""Load the test set of a workspace and compute the logits of a model for the test set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from moue.dataset.attributes import attributes, colour_of
from moue.errors import DataError, ImageError
from moue.evaluation.corruptions import CropFunction
from moue.evaluation.example_table import ExampleTable
from moue.evaluation.labelled_mouths import LabelledMouth, LabelledMouths, load_labelled_mouths
from moue.face.mouth_crop import crop_moved, mouth_box_of
from moue.media.image import read_image
from moue.model.classifier import BATCH, Classifier
from moue.model.example import Example
from moue.model.licence import Licence
from moue.model.spec import Floats
from moue.predict.load_classifier import load_classifier
from moue.predict.model_crops import face_of, has_scale, read_model_crop
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import LabelSet
from moue.workspace.layout import mouth_key
from moue.workspace.workspace import Workspace


def load_test_set(workspace: Workspace, catalog: Catalog) -> tuple[str, LabelledMouths]:
    """Return `test` and the mouths of the test set; without a test set, `val` and its mouths.

    Raises:
        DataError: both sets are empty.
    """
    for split in ("test", "val"):
        chosen = load_labelled_mouths(workspace, catalog, split)
        if len(chosen):
            return split, chosen
    raise DataError("the test and validation sets are empty; label mouths, then run `moue split`")


def load_model_for(path: Path, mouths: LabelledMouths, licence: Licence) -> Classifier:
    """Load a model and check that it has all labels of the mouths.

    Raises:
        DataError: the model does not have a label of a mouth.
        ModelError: the model does not exist, or `licence` does not allow it.
    """
    classifier = load_classifier(path, licence=licence)
    check_labels_of(classifier, path, mouths)
    return classifier


def check_labels_of(classifier: Classifier, path: Path, mouths: LabelledMouths) -> None:
    """Check that a model has all labels of the mouths.

    Raises:
        DataError: the model does not have a label of a mouth; the message contains `path`.
    """
    unknown = sorted(mouths.labels - set(classifier.spec.labels))
    if unknown:
        raise DataError(
            f"{path}: the model does not have the labels {', '.join(unknown)} of the test set; "
            "train a new model"
        )


def predict_logits(
    classifier: Classifier, mouths: Sequence[LabelledMouth], task: str, progress: Progress
) -> Floats:
    """Return the logits of a model for mouths, (N, K) float32.

    Args:
        classifier: model.
        mouths: labelled mouths, whose crops are read at the crop scale of the model.
        task: name of the task, for the progress bar.
        progress: progress bar.

    Raises:
        DataError: a collected mouth crop shows too little for the model.
    """
    parts, scale = [], classifier.spec.crop_scale
    starts = range(0, len(mouths), BATCH)
    for start in progress.track(starts, task, len(starts)):
        crops = [
            read_model_crop(one.workspace, one.sample, one.mouth, scale, classifier.where)
            for one in mouths[start : start + BATCH]
        ]
        parts.append(classifier.logits(crops))
    return np.concatenate(parts)


def make_examples(
    mouths: LabelledMouths,
    colours: Iterable[str] | None = None,
) -> ExampleTable:
    """Return mouths as examples with attributes for slices.

    The paths are relative to the store, so that results stay valid if the store is moved.

    Args:
        mouths: labelled mouths.
        colours: results of `colour_of` in the order of the mouths; None to read the crops.
    """
    labels = LabelSet(tuple(sorted(mouths.labels)))
    return ExampleTable(
        Example(
            name=mouth.mouth.name,
            file=Path(mouth_key(mouth.mouth.name)),
            label=mouth.label,
            attributes={"colour": colour} | attributes(mouth.mouth, mouth.sample, labels),
        )
        for mouth, colour in _with_colours(mouths, colours)
    )


def _with_colours(
    mouths: LabelledMouths, colours: Iterable[str] | None
) -> Iterator[tuple[LabelledMouth, str]]:
    if colours is not None:
        yield from zip(mouths, colours, strict=True)
        return
    for mouth in mouths:
        yield mouth, colour_of(read_image(mouth.crop))


def crop_function_of(mouth: LabelledMouth, crop_scale: float) -> tuple[CropFunction, bool]:
    """Return a function that crops a mouth again, and True if it uses the whole picture.

    If the whole picture cannot be used, the function works on the pixels of the crop, and the
    second value is False. This is the case if the original is itself a mouth crop or is missing, or
    if cropping the picture again gives other pixels.

    Args:
        mouth: mouth to crop.
        crop_scale: crop scale of the model.

    Raises:
        DataError: a collected mouth crop shows too little for the model.
    """
    workspace, face = mouth.workspace, face_of(mouth.sample, mouth.mouth)
    crop = read_model_crop(workspace, mouth.sample, mouth.mouth, crop_scale)
    if face is not None and mouth.sample.kind == "photo":
        box = face.mouth_box if has_scale(face, crop_scale) else mouth_box_of(face, crop_scale)
        try:
            picture = read_image(workspace.image(mouth.sample.name))
        except (ImageError, OSError):
            pass
        else:
            crop_again: CropFunction = partial(crop_moved, picture, box, upright=face.roll)
            if np.array_equal(crop_again(), crop):
                return crop_again, True
    height, width = crop.shape[:2]
    return partial(crop_moved, crop, np.array([0, 0, width, height], np.float32)), False
