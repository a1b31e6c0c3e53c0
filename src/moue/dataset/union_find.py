"""Union-find: clusters of items that are linked in pairs."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt


class UnionFind:
    """Clusters of the indices from 0 to `count` - 1; the root of a cluster is its lowest index."""

    def __init__(self, count: int) -> None:
        self._parents = array("q", range(count))  # 8 bytes per item

    def root(self, index: int) -> int:
        """Return the lowest index in the cluster of `index`."""
        parents = self._parents
        while (parent := parents[index]) != index:
            # Path halving: each search shortens the path for later ones.
            parents[index] = parents[parent]
            index = parents[parent]
        return index

    def union(self, a: int, b: int) -> None:
        """Join the clusters of `a` and `b`."""
        low, high = self.root(a), self.root(b)
        if low > high:
            low, high = high, low
        self._parents[high] = low  # the oldest stays the root, so a group keeps its name

    def roots(self) -> npt.NDArray[np.int64]:
        """Return the root of every index, (count,) int64."""
        roots = np.array(self._parents, np.int64)
        while not np.array_equal(further := roots[roots], roots):
            roots = further
        return roots

    def members(self) -> list[list[int]]:
        """Return the indices of every cluster in rising order, the lowest root first."""
        return list(self._groups(1))

    def groups(self) -> Iterator[list[int]]:
        """Yield the indices of every cluster of at least two, in the order of `members`."""
        return self._groups(2)

    def largest_first(self) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the indices of every cluster in rising order, the largest cluster first.

        Of two equally large clusters, the one with the lower root is first.
        """
        order, starts = self._sorted()
        sizes = np.diff(starts, append=len(order))
        for place in np.argsort(-sizes, kind="stable"):
            yield order[starts[place] : starts[place] + sizes[place]]

    def _groups(self, smallest: int) -> Iterator[list[int]]:
        order, starts = self._sorted()
        ends = np.append(starts[1:], len(order))
        large = ends - starts >= smallest
        for start, end in zip(starts[large].tolist(), ends[large].tolist(), strict=True):
            yield order[start:end].tolist()

    def _sorted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return all indices sorted by their root, and the place of each root among them."""
        roots = self.roots()
        order = np.argsort(roots, kind="stable")
        return order, np.flatnonzero(np.diff(roots[order], prepend=-1))
