"""The models that ship with the package. Needs no torch.

A model called NAME is three files beside this one, written by `moue.model.ship.ship`:

    NAME.onnx          predicts
    NAME.safetensors   the same weights, to go on training from
    NAME.json          its card: what it is, what it was trained on, how right it is

No byte of the first two is used before it is found to be the one that the card names.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from moue.errors import ModelError

FOLDER = Path(__file__).parent
DEFAULT = "mouth"
"""The model that is used where none is named."""
ONNX, TENSORS, CARD = ".onnx", ".safetensors", ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A data set that weights were trained on.

    Attributes:
        terms: its licence or terms of use, in a few words.
        commercial_use: whether these terms allow it.
    """

    name: str
    terms: str
    commercial_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A measurement of a model, with its 95 % interval.

    Attributes:
        on: what it was measured on, such as `test set of lfw`.
        measure: such as `accuracy`.
        count: of pictures.
        command: gives the number again.
    """

    on: str
    measure: str
    value: float
    low: float
    high: float
    count: int
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a person says of a model; the rest of its card is found in its files.

    Attributes:
        version: of the weights, such as `1.0`.
        date: when they were trained, such as `2026-01-31`.
        licence: of the weights.
    """

    version: str
    date: str
    licence: str
    sources: tuple[Source, ...]
    scores: tuple[Score, ...]

    @property
    def research_only(self) -> tuple[str, ...]:
        """The sources whose terms exclude commercial use."""
        return tuple(source.name for source in self.sources if not source.commercial_use)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What a file's bytes must be: their number, and their SHA-256 in hex digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(About):
    """All that is known of a shipped model.

    Attributes:
        labels: in the order of its outputs.
        files: by suffix, `ONNX` and `TENSORS`.
    """

    name: str
    labels: tuple[str, ...]
    files: dict[str, File]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        data = dataclasses.asdict(self)
        first = {"name": self.name, "version": self.version}
        return first | data | {"research_only": list(self.research_only)}


def names(folder: Path | None = None) -> list[str]:
    """Return the models that ship, the default first."""
    found = (path.stem for path in (folder or FOLDER).glob(f"*{CARD}"))
    return sorted(found, key=lambda name: (name != DEFAULT, name))


def find(model: Path | str | None) -> Card | None:
    """Return the card of the shipped model that is meant; None where a path is meant.

    Args:
        model: a name or a path, of which a path that exists wins; None is the default model.

    Raises:
        ModelError: no model ships, or its card is broken.
    """
    if model is None:
        return card(DEFAULT)
    if Path(model).exists() or str(model) not in names():
        return None
    return card(str(model))


def card(name: str, folder: Path | None = None) -> Card:
    """Return the card of the model called `name`.

    Raises:
        ModelError: no such model, or its card is broken.
    """
    folder = folder or FOLDER
    known = names(folder)
    if not known:
        raise ModelError(
            f"{folder}: no model ships with this copy of moue; train one with `moue train`, then "
            "name its run folder"
        )
    if name not in known:
        raise ModelError(f"no model called {name!r} ships with moue; there is {', '.join(known)}")
    path = folder / f"{name}{CARD}"
    try:
        return _card(name, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path}: is no card of a model ({error}); reinstall moue") from error


def read(of: Card, suffix: str, folder: Path | None = None) -> bytes:
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
    if digest(data) != known:
        raise ModelError(
            f"{path}: its {len(data):,} bytes are not the {known.bytes:,} of its card (sha256 "
            f"{known.sha256[:8]}...), so it was not loaded; reinstall moue"
        )
    return data


def digest(data: bytes) -> File:
    """Return what a card says of these bytes."""
    return File(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())


def _card(name: str, data: dict[str, Any]) -> Card:
    data = {key: value for key, value in data.items() if key != "research_only"}
    data["labels"] = tuple(data["labels"])
    data["sources"] = tuple(Source(**source) for source in data["sources"])
    data["scores"] = tuple(Score(**score) for score in data["scores"])
    data["files"] = {suffix: File(**file) for suffix, file in data["files"].items()}
    made = Card(**data)
    if made.name != name:
        raise ValueError(f"it is the card of {made.name!r}")
    check(made)
    return made


def check(made: Card) -> None:
    """Raise a ValueError where a card holds what cannot be."""
    date.fromisoformat(made.date)
    if not all(isinstance(v, str) and v for v in (made.version, made.licence, *made.labels)):
        raise ValueError("version, licence and labels are texts")
    if set(made.files) != {ONNX, TENSORS}:
        raise ValueError(f"it names the files {', '.join(made.files)}")
    if not all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in made.files.values()):
        raise ValueError("a sha256 is 64 hex digits")
    for source in made.sources:
        if not isinstance(source.commercial_use, bool):
            raise ValueError(f"commercial_use of {source.name} is true or false")
    for score in made.scores:
        if not score.low <= score.value <= score.high:
            raise ValueError(f"{score.measure} {score.value} is outside its interval")
