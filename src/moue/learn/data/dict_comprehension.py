"""The data of the figure `dict-comprehension`: numbers of mouths by label and by split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from moue.learn.source import Source
from moue.workspace.types import SPLITS


def compute(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the numbers of mouths by label and by split."""
    mouths = source.mouths
    targets = Counter(mouths.targets.tolist())
    splits = Counter(mouths.splits)
    return {
        "counts": {label: targets[index] for index, label in enumerate(mouths.labels)},
        "sets": {split: splits[split] for split in SPLITS},
        "source": source.kind,
    }
