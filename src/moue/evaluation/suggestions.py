"""Predict the labels of all mouths with a model, and keep the predictions in the catalog.

The studio suggests labels and sorts mouths by these predictions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from moue.errors import ImageError, ModelError
from moue.face.backends import FaceSettings
from moue.model import bundled
from moue.model.classifier import BATCH, Classifier
from moue.model.licence import Licence
from moue.predict.load_classifier import load_classifier
from moue.predict.model_crops import read_model_crop
from moue.progress import Summary
from moue.workspace import predictions
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.predictions import MouthPrediction, PredictingModel
from moue.workspace.types import Mouth, Sample
from moue.workspace.workspace import Workspace


def model_sha256(model: Path | str | None, licence: Licence = "any") -> str:
    """Return the hex SHA-256 of a model file.

    Args:
        model: run folder, model file or name of a bundled model; None for the default bundled
            model.
        licence: value of the setting, which determines the default model.

    Raises:
        ModelError: the model does not exist, or `licence` does not allow it.
    """
    card = bundled.find_model(model, licence)
    if card is not None:
        return card.files[bundled.ONNX].sha256
    path = Path(str(model))
    path = path / "model.onnx" if path.is_dir() else path
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error


def predict_all_mouths(context: Context, model: Path | None) -> Summary:
    """Predict all mouths in use that have no current prediction of a model.

    The lock of the workspace is released while the model runs, so that a person can label
    meanwhile. The same call completes an interrupted one.

    Args:
        context: workspace, catalog and progress of the call.
        model: run folder, model file or name of a bundled model; None for the default bundled
            model.

    Raises:
        DataError: a collected mouth crop shows too little for the model.
        ModelError: the model does not exist, or the licence does not allow it.
    """
    licence = context.config.get(FaceSettings).licence
    catalog, classifier = context.catalog, load_classifier(model, licence=licence)
    name = model.name if model is not None else bundled.DEFAULTS[licence]
    digest = model_sha256(model, licence)
    known = predictions.register_model(catalog, digest, name, classifier.spec.labels)
    total = predictions.count_outdated(catalog, known)
    parts = _outdated_parts(catalog, known)
    predicted = unreadable = 0
    for crops in context.progress.track(parts, "predict mouths", -(-total // BATCH)):
        mouths = list(catalog.with_samples(map(catalog.mouth, crops)))
        with context.pause():
            found = _predicted(context.workspace, classifier, mouths, crops)
        predictions.save(catalog, known, found)
        predicted += len(found)
        unreadable += len(crops) - len(found)
    return _summary(known, predicted, unreadable)


def _outdated_parts(catalog: Catalog, model: PredictingModel) -> Iterator[dict[str, str]]:
    """Yield the SHA-256 of the crops without a current prediction, by mouth name, in parts."""
    last = 0
    while part := predictions.outdated(catalog, model, last, BATCH):
        last = part[-1][0]
        yield {name: sha256 for _, name, sha256 in part}


def _predicted(
    workspace: Workspace,
    classifier: Classifier,
    mouths: list[tuple[Mouth, Sample]],
    crops: Mapping[str, str],
) -> list[MouthPrediction]:
    names, images = [], []
    scale, where = classifier.spec.crop_scale, classifier.where
    for mouth, sample in mouths:
        try:
            images.append(read_model_crop(workspace, sample, mouth, scale, where))
        except (ImageError, OSError):
            continue
        names.append(mouth.name)
    if not images:
        return []
    rows = classifier.probabilities(images).tolist()
    return [
        MouthPrediction(name, crops[name], tuple(row))
        for name, row in zip(names, rows, strict=True)
    ]


def _summary(model: PredictingModel, done: int, unreadable: int) -> Summary:
    notes = [f"{unreadable:,} crops cannot be read; run `moue crop`"] if unreadable else []
    return Summary(
        stage="label", done=done, counts={"predicted": done}, notes=notes,
        result={"model": model.name, "sha256": model.sha256},
    )  # fmt: skip
