"""Agglomerative clustering of face embeddings into subjects.

Single linkage is not enough, because chains of near pairs would join the clusters of many subjects.
Two clusters are joined only if the mean square distance between their members is small.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from moue.dataset.union_find import UnionFind

Embeddings = npt.NDArray[np.float32]
"""(N, D) float32, one embedding in each row."""

MAX_DISTANCE = 0.5
"""Maximum root mean square distance between the members of two clusters of one subject."""
_BLOCK, _NEIGHBOURS = 1024, 32
"""Number of rows in a block, and of nearest neighbours of each row; both limit the memory."""


def find_subjects(embeddings: Embeddings, max_distance: float = MAX_DISTANCE) -> list[list[int]]:
    """Cluster embeddings by subject.

    Args:
        embeddings: (N, D) float32, one embedding in each row.
        max_distance: Maximum root mean square distance between the members of joined clusters.

    Returns:
        Row indices of each cluster, largest cluster first.
    """
    clusters = UnionFind(len(embeddings))
    # float64, because the distance is a small difference of large sums.
    sums = embeddings.astype(np.float64)
    squares = (sums**2).sum(1)
    counts = np.ones(len(embeddings))
    for one, other in _near_pairs(embeddings, max_distance):
        # The lower root stays the root after a union, so its row collects the sums.
        a, b = sorted((clusters.root(one), clusters.root(other)))
        if a == b:
            continue
        means = sums[[a, b]] / counts[[a, b], None]
        # The mean square distance between members of two clusters, from their sums alone.
        distance = (squares[[a, b]] / counts[[a, b]]).sum() - 2 * means[0] @ means[1]
        if distance < max_distance**2:
            clusters.union(a, b)
            sums[a] += sums[b]
            squares[a] += squares[b]
            counts[a] += counts[b]
    return sorted(clusters.members(), key=lambda rows: (-len(rows), rows))


def mean_similarities(embeddings: Embeddings) -> list[float]:
    """Return 1 minus the mean Euclidean distance of each embedding to all other embeddings."""
    others = max(1, len(embeddings) - 1)
    return [
        float(1 - np.linalg.norm(embeddings - one, axis=1).sum() / others)
        if len(embeddings) > 1
        else 1.0
        for one in embeddings
    ]


def _near_pairs(embeddings: Embeddings, max_distance: float) -> Iterator[tuple[int, int]]:
    """Yield pairs of indices of rows and their nearest neighbours, nearest pairs first."""
    squares = (embeddings**2).sum(1)
    firsts, seconds, distances = [], [], []
    for start in range(0, len(embeddings), _BLOCK):
        rows = embeddings[start : start + _BLOCK]
        # |a - b|² = |a|² + |b|² - 2ab: one matrix product, (block, N), instead of (block, N, D).
        distance = squares[start : start + _BLOCK, None] + squares[None] - 2 * rows @ embeddings.T
        # A row is not its own neighbour.
        distance[np.arange(len(rows)), start + np.arange(len(rows))] = np.inf
        count = min(_NEIGHBOURS, len(embeddings))
        # A partial sort takes linear time, and the order is needed only at the end.
        nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(distance, nearest, axis=1)
        row, column = np.nonzero(values < max_distance**2)
        firsts.append(row + start)
        seconds.append(nearest[row, column])
        distances.append(values[row, column])
    if not firsts:
        return
    one, other = np.concatenate(firsts), np.concatenate(seconds)
    # Equal distances are sorted by index, so that the clusters are reproducible.
    order = np.lexsort((other, one, np.concatenate(distances)))
    yield from zip(one[order].tolist(), other[order].tolist(), strict=True)
