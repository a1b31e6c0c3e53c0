"""Label suggestions of a model for unlabelled mouth crops, by which the crops are sorted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from moue.dataset.label_folders_write import LabelSuggestions
from moue.errors import ModelError
from moue.face.backends import FaceSettings
from moue.model.classifier import BATCH, Classifier
from moue.predict.load_classifier import load_classifier
from moue.predict.model_crops import read_model_crop
from moue.workspace.catalog import batched
from moue.workspace.context import Context
from moue.workspace.types import Image


def suggest_labels(context: Context, model: Path | None) -> LabelSuggestions:
    """Load a model that predicts the labels of mouth crops.

    If the model has none of the labels of the workspace, the result contains only a note. The
    function `predict` of the result raises DataError if a collected mouth crop is too narrow for
    the model, and ImageError if a crop cannot be read.

    Args:
        context: workspace, catalog and labels of the call.
        model: run folder, model file or name of a bundled model; None for the default bundled
            model.

    Raises:
        ModelError: `model` is given and does not exist.
    """
    licence = context.config.get(FaceSettings).licence
    try:
        classifier = load_classifier(model, licence=licence)
    except ModelError as error:
        if model is not None:
            raise
        return LabelSuggestions(note=f"the crops are not sorted by a model: {error}")
    known = classifier.spec.labels
    if not set(known) & set(context.labels.names):
        return LabelSuggestions(
            note=f"{classifier.where} is not used, since it has only the labels {', '.join(known)}"
        )
    missing = [label for label in context.labels.names if label not in known]
    note = f"{classifier.where} does not have the labels {', '.join(missing)}" if missing else ""
    return LabelSuggestions(classifier.where, note, partial(_predict, context, classifier))


def _predict(
    context: Context, classifier: Classifier, mouths: Sequence[str]
) -> dict[str, dict[str, float]]:
    probabilities: dict[str, dict[str, float]] = {}
    for names in batched(mouths, BATCH):
        crops = [_crop(context, name, classifier) for name in names]
        for name, row in zip(names, classifier.probabilities(crops).tolist(), strict=True):
            probabilities[name] = dict(zip(classifier.spec.labels, row, strict=True))
    return probabilities


def _crop(context: Context, name: str, model: Classifier) -> Image:
    mouth = context.catalog.mouth(name)
    sample = context.catalog.sample(mouth.sample)
    return read_model_crop(context.workspace, sample, mouth, model.spec.crop_scale, model.where)
