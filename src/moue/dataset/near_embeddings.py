"""Pairs of near embeddings, nearest first, with little memory for each embedding."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Embeddings = npt.NDArray[np.float32]
"""(N, D) float32, one embedding in each row."""
_Found = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]

_BLOCK = 1024
"""Number of embeddings that are compared with as many others at a time."""
_NEIGHBOURS = 32
"""Maximum number of neighbours of an embedding."""
_READ = 4096
"""Number of sorted pairs that are converted to Python's integers at a time."""


def near_pairs(embeddings: Embeddings, max_distance: float) -> Iterator[tuple[int, int]]:
    """Yield pairs of row indices: each row with its nearest rows, nearest pairs first.

    A pair needs 12 bytes, so memory grows by at most 400 bytes for each row.

    Args:
        embeddings: (N, D) embeddings.
        max_distance: maximum Euclidean distance of the rows of a pair.
    """
    squares = np.empty(len(embeddings), np.float32)
    for start in range(0, len(embeddings), _BLOCK):
        squares[start : start + _BLOCK] = (embeddings[start : start + _BLOCK] ** 2).sum(1)
    # The number of a pair is its place in the order of its rows. A key sorts the pairs by distance,
    # then by number, so that the clusters are reproducible.
    keys, others = array("Q"), array("I")
    ends = np.zeros(len(embeddings), np.int64)
    for start in range(0, len(embeddings), _BLOCK):
        values, columns = _nearest(embeddings, squares, start)
        row, place = np.nonzero(values < max_distance**2)
        numbers = np.arange(len(keys), len(keys) + len(row), dtype=np.uint64)
        keys.frombytes((_sortable(values[row, place]) << np.uint64(32) | numbers).tobytes())
        others.frombytes(columns[row, place].astype(np.uint32).tobytes())
        ends[start : start + len(values)] = np.bincount(row, minlength=len(values))
    np.cumsum(ends, out=ends)
    ordered = np.frombuffer(keys, np.uint64)
    ordered.sort()  # in place
    seconds = np.frombuffer(others, np.uint32)
    for start in range(0, len(ordered), _READ):
        page = (ordered[start : start + _READ] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        ones = np.searchsorted(ends, page, "right")
        yield from zip(ones.tolist(), seconds[page].tolist(), strict=True)


def _nearest(embeddings: Embeddings, squares: npt.NDArray[np.float32], start: int) -> _Found:
    """Return the (B, K) squared distances and indices of the nearest rows of a block of rows.

    The indices rise.
    """
    rows = embeddings[start : start + _BLOCK]
    values, columns = np.empty((len(rows), 0), np.float32), np.empty((len(rows), 0), np.int64)
    for left in range(0, len(embeddings), _BLOCK):
        part = embeddings[left : left + _BLOCK]
        # |a - b|² = |a|² + |b|² - 2ab: one matrix product, (B, B), instead of (B, B, D).
        sums = squares[start : start + _BLOCK, None] + squares[None, left : left + _BLOCK]
        distance = sums - 2 * rows @ part.T
        # A row is not its own neighbour.
        own = np.arange(max(start, left), min(start + len(rows), left + len(part)))
        distance[own - start, own - left] = np.inf
        near, place = _smallest(distance)
        found, index = _smallest(np.concatenate([values, near], axis=1))
        columns = np.concatenate([columns, place + left], axis=1)
        values, columns = found, np.take_along_axis(columns, index, axis=1)
    order = np.argsort(columns, axis=1)
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(columns, order, axis=1)


def _smallest(values: npt.NDArray[np.float32]) -> _Found:
    """Return the `_NEIGHBOURS` smallest values of each row, and their columns."""
    count = min(_NEIGHBOURS, values.shape[1])
    # A partial sort takes linear time, and the order is needed only at the end. The copy frees the
    # array of all columns.
    columns = np.argpartition(values, count - 1, axis=1)[:, :count].copy()
    return np.take_along_axis(values, columns, axis=1), columns


def _sortable(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Return 32-bit integers in the order of the values, which may be negative by rounding."""
    bits = (values + np.float32(0)).view(np.uint32)  # -0 becomes 0
    high = np.uint32(1 << 31)
    return np.where(bits & high, ~bits, bits | high).astype(np.uint64)
