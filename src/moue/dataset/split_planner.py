"""Assign groups of labelled mouths to splits, one group after another, by their labels."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.workspace.catalog import Catalog
from moue.workspace.columns import MouthColumns, Numbers, digests
from moue.workspace.types import SPLITS

Splits = npt.NDArray[np.int8]
"""(G,) index into `SPLITS` of each group; -1 without a split."""


@dataclass(frozen=True, slots=True)
class LabelledGroups:
    """The groups of the labelled mouths in use. A group is a range of mouths.

    Attributes:
        keys: (G,) key of each group, in rising order.
        starts: (G + 1,) first mouth of each group, and M at the end.
        mouths: (M,) row numbers of the mouths; those of a group are in rising order.
        samples: (M,) row numbers of their samples.
        labels: (M,) indices into `names`.
        splits: (M,) indices into `SPLITS`; -1 without a split.
        names: labels.
    """

    keys: Numbers
    starts: Numbers
    mouths: Numbers
    samples: Numbers
    labels: npt.NDArray[np.int16]
    splits: npt.NDArray[np.int16]
    names: tuple[str, ...]

    @classmethod
    def of(cls, columns: MouthColumns, keys: Numbers) -> LabelledGroups:
        """Return the groups of the labelled mouths in use.

        Args:
            columns: mouths.
            keys: (M,) key of the group of each mouth.
        """
        used = np.flatnonzero(columns.labels >= 0)
        order = used[np.argsort(keys[used], kind="stable")]
        groups, starts = np.unique(keys[order], return_index=True)
        return cls(
            groups,
            np.append(starts, len(order)),
            columns.numbers[order],
            columns.samples[order],
            columns.labels[order],
            columns.splits[order],
            columns.names,
        )

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def of_mouths(self) -> Numbers:
        """(M,) index of the group of each mouth."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def table(self, splits: Splits, groups: npt.NDArray[np.bool_] | None = None) -> Numbers:
        """Return the number of mouths by split and label, (3, L).

        Args:
            splits: split of each group; the groups without a split are left out.
            groups: (G,) True for the groups to count; None for all.
        """
        width = len(self.names)
        of_mouths = self.of_mouths
        split = splits[of_mouths]
        wanted = split >= 0
        if groups is not None:
            wanted &= groups[of_mouths]
        cells = split[wanted].astype(np.int64) * width + self.labels[wanted]
        return np.bincount(cells, minlength=len(SPLITS) * width).reshape(len(SPLITS), width)


def hash_order(catalog: Catalog, oldest: Numbers, seed: int) -> Numbers:
    """Return the indices of the groups in the order of a hash, which is equal on every computer.

    Args:
        catalog: open catalog.
        oldest: (G,) row number of the oldest sample of each group.
        seed: random seed.
    """
    wanted, place = np.unique(oldest, return_inverse=True)
    hashes = np.zeros(len(wanted), np.uint64)
    numbers = wanted.tolist()
    at = 0
    for number, sha256 in digests(catalog):
        if at < len(numbers) and number == numbers[at]:
            digest = hashlib.sha256(f"{seed}:{sha256}".encode()).digest()
            hashes[at] = int.from_bytes(digest[:8], "big")
            at += 1
    return np.argsort(hashes[place], kind="stable")


def fill(
    groups: LabelledGroups,
    fractions: Mapping[str, float],
    order: Numbers,
    fixed: Splits,
    only: npt.NDArray[np.bool_] | None = None,
) -> Splits:
    """Return the split of every group; each new group goes to the split with the largest deficit.

    Args:
        fractions: target fraction of the mouths in each split.
        order: indices of the groups in the order of assignment.
        fixed: splits of groups that do not change; -1 for the others.
        only: (G,) True for the groups to assign; None for all.
    """
    chosen = np.ones(len(groups), bool) if only is None else only
    splits = fixed.copy()
    have: list[list[int]] = groups.table(fixed).tolist()
    total = groups.table(np.zeros(len(groups), np.int8), chosen)[0].tolist()
    targets = [[fractions[name] * count for count in total] for name in SPLITS]
    shares = [fractions[name] for name in SPLITS]
    labels, starts = groups.labels.tolist(), groups.starts.tolist()
    new = order[(chosen & (fixed < 0))[order]].tolist()
    for group in new:
        own = labels[starts[group] : starts[group + 1]]
        best, most = 0, -math.inf
        for split, share in enumerate(shares):
            lack = _lack(split, share, own, have[split], targets[split])
            if lack > most:
                best, most = split, lack
        splits[group] = best
        row = have[best]
        for label in own:
            row[label] += 1
    return splits


def _lack(
    split: int, share: float, labels: list[int], have: list[int], targets: list[float]
) -> float:
    """Return the deficit of the given labels in a split, relative to the target fraction."""
    if share == 0:
        return -math.inf
    if split == 0 and any(have[label] == 0 for label in labels):
        return math.inf  # a label without a training picture cannot be tested either
    # Relative to the fraction: otherwise the largest split would get all of the first groups.
    if len(labels) == 1:
        return (targets[labels[0]] - have[labels[0]]) / share
    counts = {label: labels.count(label) for label in dict.fromkeys(labels)}
    return sum(count * (targets[one] - have[one]) / share for one, count in counts.items())
