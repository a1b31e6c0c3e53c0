"""Access to the bundled models, which are part of the package. Does not import torch.

A model NAME has three files in this folder, written by `moue.training.publish`:

    NAME.onnx          for prediction
    NAME.safetensors   the same weights, for fine-tuning
    NAME.json          the model card: version, training data, scores, SHA-256 of both files

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

__all__ = [
    "CARD",
    "DEFAULT",
    "FOLDER",
    "ONNX",
    "TENSORS",
    "Card",
    "ModelInfo",
    "Score",
    "TrainingSource",
    "check",
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
CARD = ".json"


def model_names(folder: Path | None = None) -> list[str]:
    """Return the names of the bundled models, the default model first."""
    names = (path.stem for path in (folder or FOLDER).glob(f"*{CARD}"))
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def names_hint() -> str:
    """Return a sentence for error messages that lists the bundled models; empty if none exist."""
    return f" Bundled models: {', '.join(model_names())}." if model_names() else ""


def find_model(model: Path | str | None) -> Card | None:
    """Return the card of a bundled model; None if `model` is a path.

    Args:
        model: name of a bundled model or path of another model; an existing path takes
            precedence over a name. None selects the default model.

    Raises:
        ModelError: the package contains no bundled models, or the card is damaged.
    """
    if model is None:
        return load_card(DEFAULT)
    if Path(model).exists() or str(model) not in model_names():
        return None
    return load_card(str(model))


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
        ModelError: the file is missing, or its SHA-256 differs from the card.
    """
    path, known = (folder or FOLDER) / f"{card.name}{suffix}", card.files[suffix]
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
