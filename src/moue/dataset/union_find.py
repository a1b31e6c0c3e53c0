"""Union-find: clusters of items that are linked in pairs."""

from __future__ import annotations

from collections import defaultdict


class UnionFind:
    """Clusters of the indices from 0 to `count` - 1; the root of a cluster is its lowest index."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, index: int) -> int:
        """Return the lowest index in the cluster of `index`."""
        parents = self._parents
        while parents[index] != index:
            # Path halving: each search shortens the path for later ones.
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def union(self, a: int, b: int) -> None:
        """Join the clusters of `a` and `b`."""
        low, high = sorted((self.root(a), self.root(b)))
        self._parents[high] = low  # the oldest stays the root, so a group keeps its name

    def members(self) -> list[list[int]]:
        """Return the indices of every cluster in rising order, the lowest root first."""
        found: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self._parents)):
            found[self.root(index)].append(index)
        return list(found.values())
