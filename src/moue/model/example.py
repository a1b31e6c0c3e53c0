"""One labelled mouth crop, as training and evaluation see it."""

from __future__ import annotations

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
