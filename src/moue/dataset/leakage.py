"""Do the splits share anything? And what would a plain shuffle have shared?"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moue.catalog import Catalog
from moue.dataset.folder import labelled
from moue.dataset.phash import near_pairs
from moue.dataset.split import grouped
from moue.files import write_json
from moue.sample import Sample

RADIUS = 10
_SHUFFLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """What the splits share.

    Attributes:
        straddling: groups that are in more than one split.
        same_bytes: pictures with the same bytes in two splits.
        alike: the nearest pairs across splits: two names, their splits, and in how many of 64
            bits their hashes differ; at most 20, none of more than 10 bits.
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
    rows = {sample.name: (str(mouth.split), sample) for mouth, sample in labelled(catalog)}
    found = Leakage(
        straddling=_in_several({n: groups[n] for n in rows}, rows),
        same_bytes=_in_several({n: s.sha256 for n, (_, s) in rows.items()}, rows),
        alike=_alike(rows),
        shuffled=_shuffled(list(groups.values())),
        groups=sum(count > 1 for count in Counter(groups.values()).values()),
    )
    write_json(target, found.to_dict())
    return found


def _in_several(keys: dict[str, str], rows: dict[str, tuple[str, Sample]]) -> int:
    """How many keys occur in more than one split."""
    splits: dict[str, set[str]] = {}
    for name, key in keys.items():
        splits.setdefault(key, set()).add(rows[name][0])
    return sum(len(names) > 1 for names in splits.values())


def _alike(rows: dict[str, tuple[str, Sample]]) -> tuple[tuple[str, str, str, str, int], ...]:
    names = list(rows)
    hashes = np.array([rows[name][1].phash or 0 for name in names], np.uint64)
    pairs: dict[tuple[str, str], int] = {}
    for first, second, distance in near_pairs(hashes, RADIUS):
        for i, j, d in zip(first.tolist(), second.tolist(), distance.tolist(), strict=True):
            if rows[names[i]][0] != rows[names[j]][0]:
                pairs[names[i], names[j]] = d
    nearest = sorted(pairs.items(), key=lambda item: (item[1], item[0]))[:20]
    return tuple((a, b, rows[a][0], rows[b][0], d) for (a, b), d in nearest)


def _shuffled(groups: list[str]) -> float:
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    shared = []
    for seed in range(_SHUFFLES):
        held_out = np.random.default_rng(seed).random(len(groups)) < 0.1
        out = np.bincount(index, weights=held_out)
        shared.append(int(((out > 0) & (out < sizes)).sum()))
    return float(np.mean(shared))
