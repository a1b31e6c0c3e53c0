"""Model cards: version, licence, training data and scores of the bundled models."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias, get_args

from moue.model.licence import FREE_LICENCES

ONNX, TENSORS = ".onnx", ".safetensors"
COMPUTED = ("free", "research_only")
"""Fields of the JSON of a card that follow from the others."""


Role: TypeAlias = Literal["training", "background", "teacher", "upstream"]
"""How a source was used: its pictures were trained on or were backgrounds; its networks gave labels
or measures; or other people trained the network on it (`upstream`) and published the network under
the licence of the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSource:
    """A group of pictures, or a network, that a model owes something to.

    Attributes:
        name: name of the data set or network.
        terms: short description of its licence or terms of use.
        commercial_use: True if the terms allow commercial use.
        licence: SPDX identifier of the licence, or `none stated`.
        count: number of its pictures that were used; None if unknown, or for a network.
        source: URL of the source, or the command that makes the pictures; may be empty.
        role: how the source was used.
    """

    name: str
    terms: str
    commercial_use: bool
    licence: str = "none stated"
    count: int | None = None
    source: str = ""
    role: Role = "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric of a model on one test set, with its 95 % confidence interval.

    Attributes:
        on: name of the test set, such as `test set of lfw`.
        measure: name of the metric, such as `accuracy`.
        value: value of the metric.
        low, high: limits of the confidence interval.
        count: number of pictures in the test set.
        command: command that reproduces the value.
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
    """The fields of a model card that are written by hand.

    Attributes:
        version: version of the weights, such as `1.0`.
        date: date of the training, such as `2026-01-31`.
        licence: licence of the weights.
        sources: data sets that the model was trained on.
        scores: metrics of the model.
    """

    version: str
    date: str
    licence: str
    sources: tuple[TrainingSource, ...]
    scores: tuple[Score, ...]

    @property
    def research_only(self) -> tuple[str, ...]:
        """The names of the sources whose terms exclude commercial use."""
        return tuple(source.name for source in self.sources if not source.commercial_use)

    @property
    def free(self) -> bool:
        """True if anybody may use the model for any purpose: a network of the free set."""
        return self.licence in FREE_LICENCES and not self.research_only

    @property
    def terms(self) -> str:
        """A short description of the terms of use, shown next to the name of the model."""
        if self.licence.startswith("research only"):
            return "research use only"
        return "not cleared for commercial use" if self.research_only else self.licence


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """The size of a weights file, in bytes, and its SHA-256, in hex digits."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(ModelInfo):
    """The model card of a bundled model: `ModelInfo` and the fields computed from its files.

    Attributes:
        name: name of the model.
        labels: labels in the order of the model outputs.
        files: sizes and checksums of the weights files, by suffix: `ONNX`, and `TENSORS` if the
            model can be fine-tuned.
    """

    name: str
    labels: tuple[str, ...]
    files: dict[str, WeightsFile]

    @property
    def can_be_fine_tuned(self) -> bool:
        """True if the files contain weights for training."""
        return TENSORS in self.files

    def to_dict(self) -> dict[str, Any]:
        """Return the card as a JSON-serialisable dict."""
        data = dataclasses.asdict(self)
        first = {"name": self.name, "version": self.version}
        computed = {"free": self.free, "research_only": list(self.research_only)}
        return first | data | computed


def from_dict(name: str, data: dict[str, Any]) -> Card:
    """Create the card of the model `name` from a dict that `Card.to_dict` returned.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: the dict is not a valid card of this
            model.
    """
    data = {key: value for key, value in data.items() if key not in COMPUTED}
    data["labels"] = tuple(data["labels"])
    data["sources"] = tuple(TrainingSource(**source) for source in data["sources"])
    data["scores"] = tuple(Score(**score) for score in data["scores"])
    data["files"] = {suffix: WeightsFile(**file) for suffix, file in data["files"].items()}
    card = Card(**data)
    if card.name != name:
        raise ValueError(f"the card belongs to the model {card.name!r}")
    check(card)
    return card


def check(card: Card) -> None:
    """Validate the fields of a card; raise ValueError if a field is invalid."""
    date.fromisoformat(card.date)
    texts = [text for source in card.sources for text in (source.name, source.terms)]
    if not all(
        isinstance(v, str) and v for v in (card.version, card.licence, *card.labels, *texts)
    ):
        raise ValueError("version, licence, labels, names and terms must be non-empty strings")
    if ONNX not in card.files or not set(card.files) <= {ONNX, TENSORS}:
        raise ValueError(f"files must be {ONNX} and perhaps {TENSORS}, not {list(card.files)}")
    if not all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in card.files.values()):
        raise ValueError("each sha256 must be a string of 64 hex digits")
    for source in card.sources:
        if not isinstance(source.commercial_use, bool):
            raise ValueError(f"commercial_use of {source.name} must be true or false")
        if source.role not in get_args(Role) or not source.licence:
            raise ValueError(f"{source.name} has the role {source.role!r} or no licence")
    for score in card.scores:
        if not score.low <= score.value <= score.high:
            raise ValueError(f"{score.measure} {score.value} is outside its confidence interval")
