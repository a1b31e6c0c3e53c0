"""Label suggestions of a model for crops without a label, to sort them by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moue.dataset.label_folders_write import LabelSuggestions
from moue.errors import ModelError
from moue.media.image import read_image
from moue.model.classifier import BATCH
from moue.predict.load_classifier import load_classifier
from moue.workspace.context import Context


def suggest_labels(context: Context, mouths: Sequence[str], model: Path | None) -> LabelSuggestions:
    """Return the probabilities of a model for crops.

    A model that knows no label of the workspace gives none.

    Args:
        mouths: their names.
        model: a run folder, a file or the name of a bundled model; None for the default one.

    Raises:
        ModelError: `model` is named and does not exist.
        ImageError: a crop cannot be read.
    """
    try:
        classifier = load_classifier(model)
    except ModelError as error:
        if model is not None:
            raise
        return LabelSuggestions(note=f"no model to sort them: {error}")
    known = classifier.spec.labels
    if not set(known) & set(context.labels.names):
        return LabelSuggestions(
            note=f"{classifier.where} knows only the labels {', '.join(known)}, so it sorts nothing"
        )
    missing = [label for label in context.labels.names if label not in known]
    note = f"{classifier.where} does not know {', '.join(missing)}" if missing else ""
    probabilities: dict[str, dict[str, float]] = {}
    starts = range(0, len(mouths), BATCH)
    for start in context.progress.track(starts, "sort by model", len(starts)):
        names = mouths[start : start + BATCH]
        crops = [read_image(context.workspace.mouth(name)) for name in names]
        for name, row in zip(names, classifier.probabilities(crops).tolist(), strict=True):
            probabilities[name] = dict(zip(known, row, strict=True))
    return LabelSuggestions(classifier.where, probabilities, note)
