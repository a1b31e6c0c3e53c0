"""What is known of a model that ships, as people and programs read it."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

ONNX, TENSORS = ".onnx", ".safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSource:
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
class ModelInfo:
    """What a person says of a model; the rest of its card is found in its files.

    Attributes:
        version: of the weights, such as `1.0`.
        date: when they were trained, such as `2026-01-31`.
        licence: of the weights.
    """

    version: str
    date: str
    licence: str
    sources: tuple[TrainingSource, ...]
    scores: tuple[Score, ...]

    @property
    def research_only(self) -> tuple[str, ...]:
        """The sources whose terms exclude commercial use."""
        return tuple(source.name for source in self.sources if not source.commercial_use)

    @property
    def terms(self) -> str:
        """What may be done with the weights, in a few words for the line that names the model."""
        if self.licence.startswith("research only"):
            return "research use only"
        return "not cleared for commercial use" if self.research_only else self.licence


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """What a file's bytes must be: their number, and their SHA-256 in hex digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(ModelInfo):
    """All that is known of a shipped model.

    Attributes:
        labels: in the order of its outputs.
        files: by suffix, `ONNX` and `TENSORS`.
    """

    name: str
    labels: tuple[str, ...]
    files: dict[str, WeightsFile]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        data = dataclasses.asdict(self)
        first = {"name": self.name, "version": self.version}
        return first | data | {"research_only": list(self.research_only)}


def from_dict(name: str, data: dict[str, Any]) -> Card:
    """Return the card that `to_dict` wrote, of the model called `name`.

    Raises:
        ValueError: it holds what cannot be.
        TypeError: so too, or a name is missing or unknown, as with KeyError, AttributeError.
    """
    data = {key: value for key, value in data.items() if key != "research_only"}
    data["labels"] = tuple(data["labels"])
    data["sources"] = tuple(TrainingSource(**source) for source in data["sources"])
    data["scores"] = tuple(Score(**score) for score in data["scores"])
    data["files"] = {suffix: WeightsFile(**file) for suffix, file in data["files"].items()}
    made = Card(**data)
    if made.name != name:
        raise ValueError(f"it is the card of {made.name!r}")
    check(made)
    return made


def check(made: Card) -> None:
    """Raise a ValueError where a card holds what cannot be."""
    date.fromisoformat(made.date)
    told = [text for source in made.sources for text in (source.name, source.terms)]
    if not all(isinstance(v, str) and v for v in (made.version, made.licence, *made.labels, *told)):
        raise ValueError("version, licence, labels, names and terms are texts")
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
