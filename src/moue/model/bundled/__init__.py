"""The bundled models: they are part of the package. Needs no torch.

A model NAME has three files in this folder, written by `moue.training.publish`:

    NAME.onnx          for prediction
    NAME.safetensors   the same weights, for fine-tuning
    NAME.json          its card: version, training data, scores and the SHA-256 of both files

Both weights files are checked against the card before use.
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
    """Return the names of the bundled models, the default first."""
    names = (path.stem for path in (folder or FOLDER).glob(f"*{CARD}"))
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def names_hint() -> str:
    """Return a sentence that lists the bundled models; empty without any."""
    return f" Built in: {', '.join(model_names())}." if model_names() else ""


def find_model(model: Path | str | None) -> Card | None:
    """Return the card of a bundled model; None if `model` is a path.

    Args:
        model: a name or a path; an existing path wins. None is the default model.

    Raises:
        ModelError: there are no bundled models, or the card is damaged.
    """
    if model is None:
        return load_card(DEFAULT)
    if Path(model).exists() or str(model) not in model_names():
        return None
    return load_card(str(model))


def load_card(name: str, folder: Path | None = None) -> Card:
    """Return the card of the model called `name`.

    Raises:
        ModelError: no such model, or its card is damaged.
    """
    folder = folder or FOLDER
    known = model_names(folder)
    if not known:
        raise ModelError(
            f"{folder}: this copy of moue has no bundled models; train one with `moue train` and "
            "give its run folder"
        )
    if name not in known:
        raise ModelError(f"no bundled model is called {name!r}; bundled models: {', '.join(known)}")
    path = folder / f"{name}{CARD}"
    try:
        return from_dict(name, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path}: is not a valid model card ({error}); reinstall moue") from error


def read_verified(card: Card, suffix: str, folder: Path | None = None) -> bytes:
    """Return the bytes of a bundled file after checking its SHA-256.

    Args:
        suffix: `ONNX` or `TENSORS`.

    Raises:
        ModelError: the file is missing or fails the checksum.
    """
    path, known = (folder or FOLDER) / f"{card.name}{suffix}", card.files[suffix]
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{path}: is missing; reinstall moue") from error
    if sha256_of(data) != known:
        raise ModelError(
            f"{path}: fails its checksum ({len(data):,} bytes; the card says {known.bytes:,} with "
            f"SHA-256 {known.sha256[:8]}…), so moue did not load it; reinstall moue"
        )
    return data


def sha256_of(data: bytes) -> WeightsFile:
    """Return the size and SHA-256 of a file, as a card has them."""
    return WeightsFile(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
