"""The pictures that a model is judged by, and its answers to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from moue.dataset.attributes import attributes, colour_of
from moue.errors import DataError, ImageError
from moue.evaluation.corruptions import CropFunction
from moue.face.mouth_crop import crop_moved
from moue.media.image import read_image
from moue.model.classifier import BATCH, Classifier
from moue.model.example import Example
from moue.model.spec import Floats
from moue.predict.load_classifier import load_classifier
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import LabelSet
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import Mouth, Sample
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LabelledMouth:
    """A labelled mouth and the picture it was cut from."""

    mouth: Mouth
    sample: Sample
    crop: Path

    @property
    def label(self) -> str:
        """What the mouth shows."""
        return str(self.mouth.label)


def load_test_set(workspace: Workspace, catalog: Catalog) -> tuple[str, list[LabelledMouth]]:
    """Return the test set, or the validation set where there is none, and which it is.

    Raises:
        DataError: nothing is split.
    """
    known = list(dataset_mouths(catalog))
    for split in ("test", "val"):
        chosen = [
            LabelledMouth(m, s, workspace.mouth(m.name)) for m, s in known if m.split == split
        ]
        if chosen:
            return split, chosen
    raise DataError("the test set is empty; label some mouths, then run `moue split`")


def load_model_for(path: Path, judged: Sequence[LabelledMouth]) -> Classifier:
    """Return the model at `path`.

    Raises:
        DataError: it does not know a label of these pictures.
        ModelError: no model there.
    """
    classifier = load_classifier(path)
    unknown = sorted({one.label for one in judged} - set(classifier.spec.labels))
    if unknown:
        raise DataError(
            f"{path}: the model does not know the labels {', '.join(unknown)}; train a new one"
        )
    return classifier


def predict_logits(
    classifier: Classifier, judged: Sequence[LabelledMouth], what: str, progress: Progress
) -> Floats:
    """Return the model's logits, (N, K) float32.

    Args:
        what: is being done, for the progress.
    """
    parts = []
    starts = range(0, len(judged), BATCH)
    for start in progress.track(starts, what, len(starts)):
        crops = [read_image(one.crop) for one in judged[start : start + BATCH]]
        parts.append(classifier.logits(crops))
    return np.concatenate(parts)


def examples(workspace: Workspace, judged: Sequence[LabelledMouth]) -> list[Example]:
    """Return the mouths with all that is known of them as tags.

    Files are named from the workspace, so that a result reads the same when it is moved.
    """
    labels = LabelSet(tuple(dict.fromkeys(one.label for one in judged)))
    return [
        Example(
            name=one.mouth.name,
            file=one.crop.relative_to(workspace.root),
            label=one.label,
            attributes={"colour": colour_of(read_image(one.crop))}
            | attributes(one.mouth, one.sample, labels),
        )
        for one in judged
    ]


def crop_function_of(workspace: Workspace, one: LabelledMouth) -> tuple[CropFunction, bool]:
    """Return how a mouth is cut anew, and whether there is picture around it.

    There is none where the picture is a mouth crop already or is gone, and where the faces were
    found anew since, so that the same crop cannot be cut again.
    """
    crop = read_image(one.crop)
    faces = (one.sample.faces or ())[one.mouth.face : one.mouth.face + 1]
    if faces and one.sample.kind == "photo":
        try:
            cut: CropFunction = partial(
                crop_moved,
                read_image(workspace.image(one.sample.name)),
                faces[0].mouth_box,
                upright=faces[0].roll,
            )
        except (ImageError, OSError):
            pass
        else:
            if np.array_equal(cut(), crop):
                return cut, True
    height, width = crop.shape[:2]
    return partial(crop_moved, crop, np.array([0, 0, width, height], np.float32)), False
