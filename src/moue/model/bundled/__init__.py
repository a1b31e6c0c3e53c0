"""The models that ship with the package. Needs no torch.

A model called NAME is three files beside this one, written by `moue.model.ship.ship`:

    NAME.onnx          predicts
    NAME.safetensors   the same weights, to go on training from
    NAME.json          its card: what it is, what it was trained on, how right it is

No byte of the first two is used before it is found to be the one that the card names.
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
    "File",
    "ModelInfo",
    "Score",
    "TrainingSource",
    "check",
    "find_model",
    "load_card",
    "model_names",
    "read_verified",
    "sha256_of",
]  # fmt: skip

FOLDER = Path(__file__).parent
DEFAULT = "mouth"
"""The model that is used where none is named."""
CARD = ".json"


def model_names(folder: Path | None = None) -> list[str]:
    """Return the models that ship, the default first."""
    found = (path.stem for path in (folder or FOLDER).glob(f"*{CARD}"))
    return sorted(found, key=lambda name: (name != DEFAULT, name))


def find_model(model: Path | str | None) -> Card | None:
    """Return the card of the shipped model that is meant; None where a path is meant.

    Args:
        model: a name or a path, of which a path that exists wins; None is the default model.

    Raises:
        ModelError: no model ships, or its card is broken.
    """
    if model is None:
        return load_card(DEFAULT)
    if Path(model).exists() or str(model) not in model_names():
        return None
    return load_card(str(model))


def load_card(name: str, folder: Path | None = None) -> Card:
    """Return the card of the model called `name`.

    Raises:
        ModelError: no such model, or its card is broken.
    """
    folder = folder or FOLDER
    known = model_names(folder)
    if not known:
        raise ModelError(
            f"{folder}: this copy of moue has no bundled model; train one with `moue train`, then "
            "name its run folder"
        )
    if name not in known:
        raise ModelError(f"no bundled model is called {name!r}; choose from {', '.join(known)}")
    path = folder / f"{name}{CARD}"
    try:
        return from_dict(name, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path}: is not a valid model card ({error}); reinstall moue") from error


def read_verified(of: Card, suffix: str, folder: Path | None = None) -> bytes:
    """Return a shipped file's bytes, once they are found to be those of the card.

    Args:
        suffix: `ONNX` or `TENSORS`.

    Raises:
        ModelError: the file is missing, or a byte of it differs.
    """
    path, known = (folder or FOLDER) / f"{of.name}{suffix}", of.files[suffix]
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"{path}: is missing; reinstall moue") from error
    if sha256_of(data) != known:
        raise ModelError(
            f"{path}: its {len(data):,} bytes are not the {known.bytes:,} of its card (sha256 "
            f"{known.sha256[:8]}...), so moue did not load it; reinstall moue"
        )
    return data


def sha256_of(data: bytes) -> WeightsFile:
    """Return what a card says of these bytes."""
    return WeightsFile(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
