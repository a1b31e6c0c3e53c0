"""What the splits share, and what a plain shuffle would have made them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moue.catalog import Catalog
from moue.dataset.folder import labelled
from moue.dataset.phash import near_pairs
from moue.dataset.split import grouped
from moue.owned import put_json
from moue.sample import SPLITS

RADIUS = 8
_SHOWN = 20
_SHUFFLES = 20


@dataclass(frozen=True, slots=True)
class _Row:
    """What is needed of a picture; all are held at once."""

    name: str
    split: str
    group: str
    sha256: str
    phash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """What the splits share.

    Attributes:
        straddling: groups that are in more than one split.
        same_bytes: pictures with the same bytes in two splits.
        alike: the nearest pairs across splits: two names, their splits, and in how many of 64
            bits their hashes differ; at most 20, none of more than 8 bits.
        shuffled: of the groups with several pictures, dropped duplicates included, how many a
            plain 9:1 shuffle of the files puts on both sides: the mean of 20 shuffles.
        groups: how many such groups there are.
    """

    straddling: int
    same_bytes: int
    alike: tuple[tuple[str, str, str, str, int], ...]
    shuffled: float
    groups: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def leakage(catalog: Catalog, target: Path) -> Leakage:
    """Compare the splits with each other and write what they share to `target` as JSON."""
    groups = grouped(catalog)
    pictures = {
        s.name: _Row(s.name, str(mouth.split), groups[s.name], s.sha256, s.phash or 0)
        for mouth, s in labelled(catalog)
    }
    rows = list(pictures.values())
    found = Leakage(
        straddling=_in_several((row.group, row.split) for row in rows),
        same_bytes=_in_several((row.sha256, row.split) for row in rows),
        alike=_alike(rows),
        shuffled=_shuffled(list(groups.values())),
        groups=sum(count > 1 for count in Counter(groups.values()).values()),
    )
    put_json(catalog, target, found.to_dict(), "split")
    return found


def _in_several(keys: Iterable[tuple[str, str]]) -> int:
    """How many keys occur with more than one split."""
    return sum(count > 1 for count in Counter(key for key, _ in set(keys)).values())


def _alike(rows: list[_Row]) -> tuple[tuple[str, str, str, str, int], ...]:
    hashes = np.array([row.phash for row in rows], np.uint64)
    splits = np.array([SPLITS.index(row.split) for row in rows])
    nearest: list[tuple[int, int, int]] = []
    for first, second, distance in near_pairs(hashes, RADIUS):
        cross = np.flatnonzero(splits[first] != splits[second])
        columns = distance[cross], first[cross], second[cross]
        best = np.lexsort(columns[::-1])[:_SHOWN]  # there may be very many: never keep them all
        found = zip(*(column[best].tolist() for column in columns), strict=True)
        nearest = sorted({*nearest, *found})[:_SHOWN]
    return tuple(
        (rows[i].name, rows[j].name, rows[i].split, rows[j].split, d) for d, i, j in nearest
    )


def _shuffled(groups: list[str]) -> float:
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    shared = []
    for seed in range(_SHUFFLES):
        held_out = np.random.default_rng(seed).permutation(len(groups)) < len(groups) / 10
        out = np.bincount(index, weights=held_out)
        shared.append(int(((out > 0) & (out < sizes)).sum()))
    return float(np.mean(shared))
