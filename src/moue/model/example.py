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
        name: unique in the data set; shown in reports.
        attributes: properties to slice by, such as `{"source": "helen"}`.
    """

    name: str
    file: Path
    label: str
    attributes: dict[str, str] = field(default_factory=dict)


def digest_of_examples(examples: Iterable[Example]) -> str:
    """Return 12 hex digits that are equal for sets of the same names and labels."""
    rows = sorted([example.name, example.label] for example in examples)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]
