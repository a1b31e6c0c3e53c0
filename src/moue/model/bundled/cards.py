"""Model cards: version, licence, training data and scores of the bundled models."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

ONNX, TENSORS = ".onnx", ".safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSource:
    """A data set that a model was trained on.

    Attributes:
        terms: its licence or terms of use, in a few words.
        commercial_use: whether the terms allow commercial use.
    """

    name: str
    terms: str
    commercial_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A measurement of a model, with its 95 % interval.

    Attributes:
        on: the test set, such as `test set of lfw`.
        measure: the metric, such as `accuracy`.
        low, high: the interval.
        count: number of pictures.
        command: reproduces the number.
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
    """The part of a card that a person writes; the rest comes from the model's files.

    Attributes:
        version: of the weights, such as `1.0`.
        date: of the training, such as `2026-01-31`.
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
        """The terms of use in a few words, shown with the name of the model."""
        if self.licence.startswith("research only"):
            return "research use only"
        return "not cleared for commercial use" if self.research_only else self.licence


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """The size of a file and its SHA-256 in hex digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(ModelInfo):
    """The card of a bundled model.

    Attributes:
        labels: in the order of the outputs.
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
        ValueError, TypeError, KeyError, AttributeError: it is not a valid card.
    """
    data = {key: value for key, value in data.items() if key != "research_only"}
    data["labels"] = tuple(data["labels"])
    data["sources"] = tuple(TrainingSource(**source) for source in data["sources"])
    data["scores"] = tuple(Score(**score) for score in data["scores"])
    data["files"] = {suffix: WeightsFile(**file) for suffix, file in data["files"].items()}
    card = Card(**data)
    if card.name != name:
        raise ValueError(f"it is the card of {card.name!r}")
    check(card)
    return card


def check(card: Card) -> None:
    """Raise a ValueError if a value of the card is invalid."""
    date.fromisoformat(card.date)
    texts = [text for source in card.sources for text in (source.name, source.terms)]
    if not all(
        isinstance(v, str) and v for v in (card.version, card.licence, *card.labels, *texts)
    ):
        raise ValueError("version, licence, labels, names and terms must be strings")
    if set(card.files) != {ONNX, TENSORS}:
        raise ValueError(f"its files must be {ONNX} and {TENSORS}, not {', '.join(card.files)}")
    if not all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in card.files.values()):
        raise ValueError("a sha256 must be 64 hex digits")
    for source in card.sources:
        if not isinstance(source.commercial_use, bool):
            raise ValueError(f"commercial_use of {source.name} must be true or false")
    for score in card.scores:
        if not score.low <= score.value <= score.high:
            raise ValueError(f"{score.measure} {score.value} is outside its interval")
