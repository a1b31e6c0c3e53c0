"""The data of the figure `receptive-field`: one mouth of each label."""

from __future__ import annotations

from collections.abc import Mapping

from moue.learn.data import transforms
from moue.learn.source import Source


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return names, labels and (N, 64, 64, 3) pixels of mouths."""
    return transforms.compute(source, query)
