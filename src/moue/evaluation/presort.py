"""Label suggestions of a model for crops without a label, to sort them by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moue.dataset.label_folders_write import LabelSuggestions
from moue.errors import ImageError, ModelError
from moue.media.image import read_image
from moue.model.classifier import BATCH
from moue.predict.load_classifier import load_classifier
from moue.workspace.context import Context


def guesses(context: Context, mouths: Sequence[str], model: Path | None) -> LabelSuggestions:
    """Return the probabilities of a model for crops; a crop that cannot be read has none.

    A model that knows no label of the workspace gives none.

    Args:
        mouths: their names.
        model: a run folder, a file or the name of a bundled model; None for the default one.

    Raises:
        ModelError: a model was named, and there is none.
    """
    try:
        classifier = load_classifier(model)
    except ModelError as error:
        if model is not None:
            raise
        return LabelSuggestions(note=f"no model sorts them: {error}")
    known = classifier.spec.labels
    if not set(known) & set(context.labels.names):
        return LabelSuggestions(
            note=f"{classifier.where} knows only {', '.join(known)}: nothing is sorted by it"
        )
    missing = [label for label in context.labels.names if label not in known]
    note = f"{classifier.where} does not know {', '.join(missing)}" if missing else ""
    found: dict[str, dict[str, float]] = {}
    starts = range(0, len(mouths), BATCH)
    for start in context.progress.track(starts, "sort by model", len(starts)):
        names, crops = [], []
        for name in mouths[start : start + BATCH]:
            try:
                crops.append(read_image(context.workspace.mouth(name)))
            except (ImageError, OSError):
                continue
            names.append(name)
        for name, row in zip(names, classifier.probabilities(crops).tolist(), strict=True):
            found[name] = dict(zip(known, row, strict=True))
    return LabelSuggestions(classifier.where, found, note)
