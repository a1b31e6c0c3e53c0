"""Access to the bundled models, which are part of the package. Does not import torch.

A model NAME has two or three files in this folder:

    NAME.onnx          for prediction
    NAME.safetensors   the same weights, only if the model can be fine-tuned
    NAME.json          the model card: version, training data, scores, SHA-256 of the other files

The SHA-256 of a weights file is verified before the file is used.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from moue.errors import ModelError
from moue.model.bundled.cards import (
    ONNX,
    TENSORS,
    Card,
    ModelInfo,
    Score,
    TrainingSource,
    WeightsFile,
    check,
    from_dict,
)
from moue.model.licence import ADVICE, Licence

__all__ = [
    "CARD",
    "DEFAULT",
    "DEFAULTS",
    "FOLDER",
    "ONNX",
    "TENSORS",
    "Card",
    "ModelInfo",
    "Score",
    "TrainingSource",
    "allowed",
    "check",
    "check_file",
    "find_model",
    "load_card",
    "model_names",
    "names_hint",
    "read_verified",
    "sha256_of",
]  # fmt: skip

FOLDER = Path(__file__).parent
DEFAULT = "mouth"
"""The name of the default model."""
DEFAULTS: dict[Licence, str] = {"any": DEFAULT, "free": "free"}
"""The name of the default model for each value of the setting `licence`."""
CARD = ".json"


def model_names(folder: Path | None = None) -> list[str]:
    """Return the names of the bundled models, the default model first."""
    names = (path.stem for path in (folder or FOLDER).glob(f"*{CARD}"))
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def names_hint() -> str:
    """Return a sentence for error messages that lists the bundled models; empty if none exist."""
    return f" Bundled models: {', '.join(model_names())}." if model_names() else ""


def find_model(model: Path | str | None, licence: Licence = "any") -> Card | None:
    """Return the card of a bundled model; None if `model` is a path.

    Args:
        model: name of a bundled model or path of another model; an existing path takes
            precedence over a name. None selects the default model.
        licence: `free` rejects models that are not free for any use.

    Raises:
        ModelError: the package contains no bundled models, the card is damaged, or `licence` does
            not allow the model.
    """
    if model is None:
        return allowed(load_card(DEFAULTS[licence]), licence)
    if Path(model).exists() or str(model) not in model_names():
        return None
    return allowed(load_card(str(model)), licence)


def allowed(card: Card, licence: Licence) -> Card:
    """Return the card of a bundled network if `licence` allows it.

    Raises:
        ModelError: `licence` is `free`, and the network is not part of the free set.
    """
    if licence == "any" or card.free:
        return card
    raise ModelError(
        f"{card.name}: `--licence free` does not allow this model ({card.terms}); use the "
        f"bundled model `{DEFAULTS['free']}`, or {ADVICE}"
    )


def check_file(data: bytes, where: str, licence: Licence) -> None:
    """Check that a model file is no copy of a bundled model that `licence` does not allow.

    Args:
        data: content of the file.
        where: path of the file, for the error message.
        licence: value of the setting.

    Raises:
        ModelError: the file is such a copy.
    """
    if licence == "any":
        return
    own = sha256_of(data)
    for card in map(load_card, model_names()):
        if not card.free and own in card.files.values():
            raise ModelError(
                f"{where}: is a copy of the bundled model {card.name}, which `--licence free` does "
                f"not allow ({card.terms}); {ADVICE}"
            )


def load_card(name: str, folder: Path | None = None) -> Card:
    """Return the card of the bundled model `name`.

    Args:
        name: name of the bundled model.
        folder: folder of the model files; by default, the folder of the bundled models.

    Raises:
        ModelError: the model does not exist, or its card is damaged.
    """
    folder = folder or FOLDER
    known = model_names(folder)
    if not known:
        raise ModelError(
            f"{folder}: this installation contains no bundled models; train a model with "
            "`moue train` and use its run folder as the model"
        )
    if name not in known:
        raise ModelError(f"no bundled model is called {name!r}; bundled models: {', '.join(known)}")
    path = folder / f"{name}{CARD}"
    try:
        return from_dict(name, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path}: is not a valid model card ({error}); reinstall moue") from error


def read_verified(card: Card, suffix: str, folder: Path | None = None) -> bytes:
    """Return the content of a weights file of a bundled model after verifying its SHA-256.

    Args:
        card: model card of the bundled model.
        suffix: suffix of the file, `ONNX` or `TENSORS`.
        folder: folder of the model files; by default, the folder of the bundled models.

    Raises:
        ModelError: the model has no such file, the file is missing, or its SHA-256 differs from
            the card.
    """
    path, known = (folder or FOLDER) / f"{card.name}{suffix}", card.files.get(suffix)
    if known is None:
        raise ModelError(f"{card.name}: this model can be used, but not fine-tuned or exported")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{path}: is missing; reinstall moue") from error
    if sha256_of(data) != known:
        raise ModelError(
            f"{path} fails its checksum, so the file was not loaded ({len(data):,} bytes instead "
            f"of {known.bytes:,} with SHA-256 {known.sha256[:8]}…); reinstall moue"
        )
    return data


def sha256_of(data: bytes) -> WeightsFile:
    """Return the size and the SHA-256 of `data`, as a model card lists them."""
    return WeightsFile(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
