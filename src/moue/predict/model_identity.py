"""The identity of a loaded model: name, version, checksum and terms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from moue.model import bundled
from moue.model.classifier import Classifier
from moue.model.runs import fine_tuned_from


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What tells one model from another.

    Attributes:
        name: name of the bundled model, of the run, or of the file.
        version: version of a bundled model; None for an own model.
        sha256: SHA-256 of the ONNX file, in hexadecimal digits.
        labels: labels in the order of the probabilities.
        terms: terms of use of a bundled model, or of the bundled model that an own model was
            fine-tuned from; None for another own model.
        commercial_use: True if these terms allow commercial use; None if moue does not know.
    """

    name: str
    version: str | None
    sha256: str
    labels: tuple[str, ...]
    terms: str | None
    commercial_use: bool | None


def identify(classifier: Classifier, model: Path | str | None, licence: str) -> ModelIdentity:
    """Return the identity of a classifier.

    Args:
        classifier: loaded classifier.
        model: run folder, file or name that it was loaded from; None for the default model.
        licence: value of the setting `licence`, `free` or `any`.
    """
    card = bundled.find_model(model, "free" if licence == "free" else "any")
    labels = classifier.spec.labels
    if card is not None:
        return ModelIdentity(
            card.name, card.version, classifier.sha256, labels, card.terms, card.free
        )
    path = Path(str(model))
    start = fine_tuned_from(path if path.is_dir() else path.parent)
    if start is None:
        return ModelIdentity(path.name, None, classifier.sha256, labels, None, None)
    base = bundled.load_card(start)
    terms = f"fine-tuned from {start}: {base.terms}"
    commercial = None if base.free else False
    return ModelIdentity(path.name, None, classifier.sha256, labels, terms, commercial)
