"""Which embeddings are of one person: clusters whose members are near each other on average.

A chain of near pairs is not enough: among many people it would join them all. So two clusters are
joined only while the mean square distance between their members is small.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from moue.dataset.union_find import UnionFind

Embeddings = npt.NDArray[np.float32]
"""(N, D), one embedding in each row."""

NEAR = 0.5
"""Root of the mean square distance below which clusters are of one person."""
_BLOCK, _NEIGHBOURS = 1024, 32
"""Rows compared with all others at once; nearest pairs kept of each row, so that memory is flat."""


def clusters(found: Embeddings, near: float = NEAR) -> list[list[int]]:
    """Return the rows of each person, most rows first; every row is in one cluster."""
    tied = UnionFind(len(found))
    sums = found.astype(np.float64)
    squares = (sums**2).sum(1)
    counts = np.ones(len(found))
    for one, other in _near_pairs(found, near):
        a, b = sorted((tied.root(one), tied.root(other)))
        if a == b:
            continue
        means = sums[[a, b]] / counts[[a, b], None]
        # The mean square distance between members of two clusters, from their sums alone.
        apart = (squares[[a, b]] / counts[[a, b]]).sum() - 2 * means[0] @ means[1]
        if apart < near**2:
            tied.union(a, b)
            sums[a] += sums[b]
            squares[a] += squares[b]
            counts[a] += counts[b]
    return sorted(tied.members(), key=lambda rows: (-len(rows), rows))


def similarities(found: Embeddings) -> list[float]:
    """Return how near each row is to the others on average: 1 less the mean distance."""
    others = max(1, len(found) - 1)
    return [
        float(1 - np.linalg.norm(found - one, axis=1).sum() / others) if len(found) > 1 else 1.0
        for one in found
    ]


def _near_pairs(found: Embeddings, near: float) -> Iterator[tuple[int, int]]:
    """Yield the near pairs, nearest first: of each row, with its nearest neighbours."""
    squares = (found**2).sum(1)
    firsts, seconds, distances = [], [], []
    for start in range(0, len(found), _BLOCK):
        rows = found[start : start + _BLOCK]
        apart = squares[start : start + _BLOCK, None] + squares[None] - 2 * rows @ found.T
        apart[np.arange(len(rows)), start + np.arange(len(rows))] = np.inf
        count = min(_NEIGHBOURS, len(found))
        nearest = np.argpartition(apart, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(apart, nearest, axis=1)
        row, column = np.nonzero(values < near**2)
        firsts.append(row + start)
        seconds.append(nearest[row, column])
        distances.append(values[row, column])
    if not firsts:
        return
    one, other = np.concatenate(firsts), np.concatenate(seconds)
    order = np.lexsort((other, one, np.concatenate(distances)))
    yield from zip(one[order].tolist(), other[order].tolist(), strict=True)
