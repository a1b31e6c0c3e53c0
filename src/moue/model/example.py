"""A labelled mouth crop, the input of training and evaluation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from moue.store import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A mouth crop on disk and its label.

    Attributes:
        name: unique name of the crop in the data set, shown in reports.
        file: place of the crop.
        label: label of the mouth.
        attributes: properties by which reports group the results, such as
            `{"source": "helen"}`.
    """

    name: str
    file: Location
    label: str
    attributes: dict[str, str] = field(default_factory=dict)


class Examples(Protocol):
    """A set of examples that can be read several times, such as a list or a query."""

    def __len__(self) -> int:
        """Return the number of examples."""
        ...

    def __iter__(self) -> Iterator[Example]:
        """Yield the examples, always in the same order."""
        ...


def digest_of_examples(examples: Iterable[Example]) -> str:
    """Return an order-independent digest of names and labels of examples, as 12 hex digits."""
    total = 0
    for example in examples:
        row = json.dumps([example.name, example.label]).encode()
        # A sum does not depend on the order, and needs no list of all rows.
        total += int.from_bytes(hashlib.sha256(row).digest(), "big")
    return hashlib.sha256(str(total).encode()).hexdigest()[:12]
