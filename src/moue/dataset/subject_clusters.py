"""Agglomerative clustering of face embeddings into subjects.

Single linkage is not enough, because chains of near pairs would join the clusters of many subjects.
Two clusters are joined only if the mean square distance between their members is small.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from moue.dataset.near_embeddings import Embeddings, near_pairs
from moue.dataset.union_find import UnionFind

Rows = npt.NDArray[np.int64]
"""(S,) row indices of embeddings."""

MAX_DISTANCE = 0.5
"""Maximum root mean square distance between the members of two clusters of one subject."""
_BLOCK = 1024
"""Number of embeddings that are copied at a time."""
_ONES = 8
"""Number of embeddings that are compared with a block."""
_STORED = 8
"""Smallest number of members of a cluster whose sum is stored."""


def find_subjects(embeddings: Embeddings, max_distance: float = MAX_DISTANCE) -> Iterator[Rows]:
    """Cluster embeddings by subject.

    In addition to the embeddings, memory grows by at most about 600 bytes for each row: 12 bytes
    for each of its near neighbours, and the float64 sums of large clusters.

    Args:
        embeddings: (N, D) float32, one embedding in each row.
        max_distance: Maximum root mean square distance between the members of joined clusters.

    Yields:
        Row indices of each cluster in rising order, largest cluster first.
    """
    return _joined(embeddings, max_distance).largest_first()


def mean_similarities(embeddings: Embeddings, rows: Rows) -> npt.NDArray[np.float32]:
    """Return 1 minus the mean Euclidean distance of each of some embeddings to the others.

    Args:
        embeddings: (N, D) embeddings.
        rows: (S,) indices of the embeddings to compare.
    """
    similarities = np.ones(len(rows), np.float32)
    if len(rows) < 2:
        return similarities
    for first in range(0, len(rows), _ONES):
        ones = embeddings[rows[first : first + _ONES]]
        distances = np.empty((len(ones), len(rows)), np.float32)
        for start in range(0, len(rows), _BLOCK):
            members = embeddings[rows[start : start + _BLOCK]]
            for one, found in zip(ones, distances, strict=True):
                found[start : start + _BLOCK] = np.linalg.norm(members - one, axis=1)
        similarities[first : first + _ONES] -= distances.sum(axis=1) / (len(rows) - 1)
    return similarities


def _joined(embeddings: Embeddings, max_distance: float) -> UnionFind:
    clusters = _Clusters(embeddings)
    for one, other in near_pairs(embeddings, max_distance):
        clusters.join_if_near(one, other, max_distance**2)
    return clusters.found


class _Clusters:
    """Clusters that are joined one after another.

    The sum of a small cluster is computed when it is needed, by the same additions that joined the
    cluster: a stored sum takes 1 KB.

    Attributes:
        found: the clusters.
    """

    def __init__(self, embeddings: Embeddings) -> None:
        count = len(embeddings)
        self.found = UnionFind(count)
        self._embeddings = embeddings
        # float64, because the distance is a small difference of large sums.
        self._squares = array("d", bytes(8 * count))
        squares = np.frombuffer(self._squares)
        for start in range(0, count, _BLOCK):
            block = embeddings[start : start + _BLOCK].astype(np.float64)
            squares[start : start + _BLOCK] = (block**2).sum(1)
        self._counts = array("i", [1]) * count
        self._sums: dict[int, npt.NDArray[np.float64]] = {}
        # The clusters that were joined to a cluster, by their roots, as a linked list.
        self._first, self._last, self._next = (array("i", [-1]) * count for _ in range(3))

    def join_if_near(self, one: int, other: int, limit: float) -> None:
        """Join the clusters of two rows if the mean square distance of their members is small."""
        # The lower root stays the root after a union, so its row collects the sums.
        a, b = sorted((self.found.root(one), self.found.root(other)))
        if a == b:
            return
        sums = self._sum(a), self._sum(b)
        squares, counts = self._squares, self._counts
        means = sums[0] / counts[a], sums[1] / counts[b]
        # The mean square distance between members of two clusters, from their sums alone.
        distance = squares[a] / counts[a] + squares[b] / counts[b] - 2 * means[0] @ means[1]
        if distance < limit:
            self.found.union(a, b)
            squares[a] += squares[b]
            counts[a] += counts[b]
            self._append(a, b)
            self._sums.pop(b, None)
            if counts[a] >= _STORED:
                self._sums[a] = sums[0] + sums[1]

    def _append(self, root: int, joined: int) -> None:
        if self._last[root] < 0:
            self._first[root] = joined
        else:
            self._next[self._last[root]] = joined
        self._last[root] = joined

    def _sum(self, root: int) -> npt.NDArray[np.float64]:
        """Return the sum of the members of a cluster, (D,)."""
        stored = self._sums.get(root)
        if stored is not None:
            return stored
        total: npt.NDArray[np.float64] = self._embeddings[root].astype(np.float64)
        joined = self._first[root]
        while joined >= 0:
            total += self._sum(joined)
            joined = self._next[joined]
        return total
