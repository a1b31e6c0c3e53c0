"""A few mouths of each label, which several figures show."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from moue.learn.source import Mouths, Source


def chosen_mouths(mouths: Mouths, per_label: int, split: str | None = None) -> list[int]:
    """Return the indices of mouths of each label, from different persons where possible."""
    found = []
    for label in range(len(mouths.labels)):
        rows = np.flatnonzero(mouths.targets == label)
        if split is not None:
            rows = rows[np.isin(rows, mouths.of_split(split))]
        # Evenly spaced: neighbours often show the same person.
        places = np.linspace(0, len(rows) - 1, 2 * per_label + 1)[1::2].astype(int)
        found += [int(rows[place]) for place in np.unique(places)] if len(rows) else []
    return found


def mouth_arrays(source: Source, rows: list[int]) -> tuple[dict[str, Any], npt.NDArray[np.uint8]]:
    """Return names and labels of mouths for JSON, and their (N, 64, 64, 3) pixels."""
    mouths = source.mouths
    labels = [mouths.labels[mouths.targets[row]] for row in rows]
    values = {"names": [mouths.names[row] for row in rows], "labels": labels}
    return {**values, "source": source.kind}, mouths.pixels[rows]
