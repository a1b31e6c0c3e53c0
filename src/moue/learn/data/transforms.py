"""The data of the figure `transforms`: one mouth of each label."""

from __future__ import annotations

from collections.abc import Mapping

from moue.learn.data.mouth_examples import chosen_mouths, mouth_arrays
from moue.learn.pack import pack
from moue.learn.source import Source


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return names, labels and (N, 64, 64, 3) pixels of mouths."""
    values, pixels = mouth_arrays(source, chosen_mouths(source.mouths, 1))
    return pack(values, {"mouths": pixels})
