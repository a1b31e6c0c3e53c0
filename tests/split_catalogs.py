"""Catalogs to split, and how they were split."""

from __future__ import annotations

from collections import Counter

from moue.dataset.split import SplitSettings, split
from moue.workspace.types import LABELS, SPLITS
from rows import add, sample


def put(catalog, name, label, **fields):
    add(catalog, sample(name, **fields))
    for one in catalog.mouths(sample=name):
        catalog.update_mouth(one.name, label=label)


def many(catalog, count, start=0, **fields):
    """`count` pictures, alternately of each label."""
    with catalog.transaction():
        for i in range(start, start + count):
            put(catalog, f"{i:04d}", LABELS[i % 4], **fields)


def run(catalog, ratio="7:1.5:1.5", **settings):
    return split(catalog, SplitSettings(ratio=ratio, **settings))


def splits(catalog):
    return {one.name: one.split for one in catalog.mouths()}


def shares(catalog):
    """For each label, how its mouths are shared out."""
    counts = {label: Counter() for label in LABELS}
    for one in catalog.mouths_in_use("label IS NOT NULL"):
        counts[one.label][one.split] += 1
    return {label: [c[s] / c.total() for s in SPLITS] for label, c in counts.items()}
