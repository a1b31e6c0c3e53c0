"""One labelled mouth crop, as training and evaluation see it."""

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
        name: unique in the data set; named in reports.
        tags: what slices may be cut by, such as `{"source": "helen"}`.
    """

    name: str
    file: Path
    label: str
    tags: dict[str, str] = field(default_factory=dict)


def digest_of_examples(examples: Iterable[Example]) -> str:
    """Return 12 hex digits that tell whether two sets hold the same pictures and labels."""
    rows = sorted([example.name, example.label] for example in examples)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]
