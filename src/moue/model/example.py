"""A labelled mouth crop, the input of training and evaluation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A mouth crop on disk and its label.

    Attributes:
        name: unique name of the crop in the data set, shown in reports.
        file: path of the crop.
        label: label of the mouth.
        attributes: properties by which reports group the results, such as
            `{"source": "helen"}`.
    """

    name: str
    file: Path
    label: str
    attributes: dict[str, str] = field(default_factory=dict)


def digest_of_examples(examples: Iterable[Example]) -> str:
    """Return an order-independent digest of names and labels of examples, as 12 hex digits."""
    rows = sorted([example.name, example.label] for example in examples)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]
