"""Perceptual hashes, and a search for all pairs of near hashes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from moue.media.image import Grey

HASH_SIDE = 64
"""Minimum shorter side, in pixels, of a decoded picture before hashing."""

_SIZE = 32
_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)
_BLOCK = 200_000
"""Number of pairs in a block, chosen to fit in the processor cache."""

Hashes = npt.NDArray[np.uint64]


def phash(grey: Grey) -> int:
    """Return the 64-bit DCT hash of a grey (H, W) uint8 picture of any size.

    The picture is resized to 32 x 32 pixels. A bit is 1 if one of the 8 x 8 lowest frequencies is
    above their median. Small changes of size, brightness, compression or sharpness change few
    bits.

    Source:
        The pHash scheme (Zauner 2010). Bits differ from other implementations, so hashes are
        compared only with each other.
    """
    # Averaging uses all pixels, so copies of different sizes give similar hashes.
    small = cv2.resize(grey, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:8, :8].ravel()
    # The median omits the mean brightness, which is independent of the content.
    above = low > np.median(low[1:])
    return int(_BITS[above].sum(dtype=np.uint64))


def near_pairs(hashes: Hashes, radius: int) -> Iterator[tuple[npt.NDArray[np.intp], ...]]:
    """Yield all pairs of hashes that differ in at most `radius` bits, in blocks.

    The 64 bits are divided into radius + 2 pieces. Two hashes that differ in at most `radius`
    bits have at least two equal pieces, so only hashes with two equal pieces are compared: for
    100,000 hashes, this takes a few million comparisons instead of 5 billion. A pair may be yielded
    more than once. Memory grows only with the number of hashes.

    Args:
        hashes: (N,) uint64 hashes; distinct values are fastest.
        radius: Maximum Hamming distance, 0 to 16 bits.

    Yields:
        Three (M,) arrays: indices of the first hashes, indices of the second hashes, and Hamming
        distances; the first index of a pair is the lower one.
    """
    edges = np.linspace(0, 64, radius + 3).astype(int)
    pieces = [
        (hashes >> np.uint64(a)) & np.uint64((1 << int(b - a)) - 1) for a, b in pairwise(edges)
    ]
    widths = np.diff(edges)
    for i, j in combinations(range(len(pieces)), 2):
        # One key of two pieces: equal keys mean that both pieces are equal.
        keys = (pieces[i] << np.uint64(widths[j])) | pieces[j]
        if widths[i] + widths[j] <= 16:
            keys = keys.astype(
                np.uint16
            )  # numpy sorts 16-bit keys by radix sort, many times faster
        order = np.argsort(keys, kind="stable")
        ordered = hashes[order]
        for first, second in _same_key_pairs(keys[order]):
            # The 1 bits of the XOR are the bits that differ.
            distance = np.bitwise_count(ordered[first] ^ ordered[second])
            near = np.flatnonzero(distance <= radius)
            if len(near):
                a, b = order[first[near]], order[second[near]]
                yield np.minimum(a, b), np.maximum(a, b), distance[near].astype(np.intp)


def _same_key_pairs(
    keys: npt.NDArray[np.unsignedinteger[Any]],
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield the pairs of positions with equal values in sorted `keys`, in blocks."""
    # No Python loop over pairs: each position is repeated once for each later one with its key.
    ends = np.searchsorted(keys, keys, side="right")
    partners = ends - np.arange(len(keys)) - 1  # number of later positions with the same key
    total = np.concatenate([[0], np.cumsum(partners)])
    start = 0
    while start < len(keys):
        stop = int(np.searchsorted(total, total[start] + _BLOCK, side="right")) - 1
        # A position with more pairs than a block forms a block alone, so that the loop ends.
        stop = max(stop, start + 1)
        first = np.repeat(np.arange(start, stop), partners[start:stop])
        # Counts from 0 within the pairs of each position.
        offset = np.arange(len(first)) - np.repeat(
            total[start:stop] - total[start], partners[start:stop]
        )
        if len(first):
            yield first, first + offset + 1
        start = stop
