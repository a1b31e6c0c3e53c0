"""Find all pairs of near hashes among millions, with multi-index hashing.

The 64 bits are divided into radius + k pieces. Two hashes that differ in at most `radius` bits have
at least k equal pieces. For each choice of k pieces, the hashes are sorted by these pieces, and
only hashes with equal keys are compared. A larger k has longer keys, so fewer hashes are compared,
but more sorts: `make_plan` estimates both for the given hashes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from math import comb
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.engine import SERIAL, Engine

__all__ = ["Hashes", "Plan", "make_plan", "near_pairs"]

Hashes = npt.NDArray[np.uint64]
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint8]]
"""Three (M,) arrays: first indices, second indices, Hamming distances."""

_SHARED = (1, 2, 3, 4, 5)
"""Numbers k of equal pieces to choose from."""
_KEY_COST, _SORT_COST, _COMPARE_COST = 300e-6, 60e-9, 12e-9
"""Measured seconds for one key, to sort one hash by one key, and to compare two hashes."""
_SAMPLE, _SAMPLED_KEYS = 1 << 16, 6
"""Numbers of hashes and of keys from which the number of comparisons is estimated."""
_MIN_PARALLEL = 5.0
"""Estimated seconds below which one process is faster than starting workers."""
_BLOCK = 1 << 16
"""Number of hashes or pairs in a block, chosen to fit in the processor cache."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the hashes are joined.

    Attributes:
        radius: maximum Hamming distance, in bits of 64.
        shared: number k of pieces in a key.
        edges: first bit of each piece, and 64 at the end.
        seconds: estimated time in one process.
    """

    radius: int
    shared: int
    edges: tuple[int, ...]
    seconds: float

    @classmethod
    def of(cls, radius: int, shared: int, seconds: float = 0.0) -> Plan:
        """Return the plan with keys of `shared` pieces."""
        edges = np.linspace(0, 64, radius + shared + 1).astype(int)
        return cls(radius, shared, tuple(edges.tolist()), seconds)

    @property
    def keys(self) -> list[tuple[int, ...]]:
        """The pieces of each key, as indices into `edges`."""
        return list(combinations(range(len(self.edges) - 1), self.shared))


def make_plan(hashes: Hashes, radius: int) -> Plan:
    """Return the plan with the shortest estimated time."""
    count = len(hashes)
    step = max(1, count // _SAMPLE)
    sample = np.ascontiguousarray(hashes[::step][:_SAMPLE])
    scale = (count / max(1, len(sample))) ** 2
    plans = []
    for shared in _SHARED:
        plan = Plan.of(radius, shared)
        number = comb(radius + shared, shared)
        keys = plan.keys[:: max(1, number // _SAMPLED_KEYS)][:_SAMPLED_KEYS]
        compared = sum(float(_members(sample, plan, key)[2].sum()) for key in keys) / len(keys)
        compared *= scale
        seconds = number * (_KEY_COST + count * _SORT_COST + compared * _COMPARE_COST)
        plans.append(Plan.of(radius, shared, seconds))
    return min(plans, key=lambda plan: plan.seconds)


def near_pairs(hashes: Hashes, radius: int, engine: Engine = SERIAL) -> Iterator[Pairs]:
    """Yield all pairs of hashes that differ in at most `radius` bits, each pair once.

    Args:
        hashes: (N,) uint64 hashes; distinct values are fastest.
        radius: maximum Hamming distance, 0 to 16 bits.
        engine: engine for many hashes; each key is one item of its work.

    Yields:
        Blocks of pairs; the first index of a pair is the lower one.
    """
    if len(hashes) < 2:
        return
    plan = make_plan(hashes, radius)
    keys = plan.keys
    if plan.seconds < _MIN_PARALLEL:
        for key in keys:
            yield from _blocks(hashes, plan, key)
        return
    if engine.is_remote:  # the hashes are sent once to each node
        yield from engine.map(partial(_pairs, hashes, plan), keys, len(keys), chunk=1)
        return
    with tempfile.TemporaryDirectory(prefix="moue-") as folder:
        file = Path(folder) / "hashes.npy"
        np.save(file, hashes)  # the workers share the pages of the file
        yield from engine.map(partial(_pairs, file, plan), keys, len(keys), chunk=1)


def _pairs(hashes: Hashes | Path, plan: Plan, key: tuple[int, ...]) -> Pairs:
    """Return the pairs of one key; the hashes may be in a file."""
    values = np.load(hashes, mmap_mode="r") if isinstance(hashes, Path) else hashes
    blocks = list(_blocks(np.asarray(values), plan, key))
    none = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))
    first, second, distance = zip(none, *blocks, strict=True)
    return np.concatenate(first), np.concatenate(second), np.concatenate(distance)


def _blocks(hashes: Hashes, plan: Plan, key: tuple[int, ...]) -> Iterator[Pairs]:
    """Yield the pairs whose first `plan.shared` equal pieces are those of `key`."""
    rows, values, partners = _members(hashes, plan, key)
    pieces = [_mask(a, b) for a, b in pairwise(plan.edges)]
    equal = np.uint64(sum(int(pieces[piece]) for piece in key))
    earlier = [pieces[piece] for piece in range(key[-1]) if piece not in key]
    for first, second in _position_pairs(partners):
        # The 1 bits of the XOR are the bits that differ.
        differing = values[first] ^ values[second]
        distance = np.bitwise_count(differing)
        near = np.flatnonzero(distance <= plan.radius)
        bits = differing[near]
        # Other keys find the same pair; only the first one yields it.
        wanted = (bits & equal) == 0
        for piece in earlier:
            wanted &= (bits & piece) != 0
        near = near[wanted]
        if len(near):
            a, b = rows[first[near]], rows[second[near]]
            yield np.minimum(a, b), np.maximum(a, b), distance[near]


def _members(
    hashes: Hashes, plan: Plan, key: tuple[int, ...]
) -> tuple[npt.NDArray[np.int64], Hashes, npt.NDArray[np.int64]]:
    """Return the hashes that share their key with another hash, sorted by key.

    Returns:
        Three (M,) arrays: indices of the hashes, the hashes, and for each the number of later
        hashes with the same key.
    """
    index_bits = np.uint64(max(1, (len(hashes) - 1).bit_length()))
    # Key and index in one number: sorting numbers is several times as fast as sorting indices.
    packed = np.empty(len(hashes), np.uint64)
    for start in range(0, len(hashes), _BLOCK):
        part = hashes[start : start + _BLOCK]
        keys = np.zeros(len(part), np.uint64)
        for piece in key:
            low, high = plan.edges[piece], plan.edges[piece + 1]
            keys <<= np.uint64(high - low)
            keys |= (part >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        # The highest bits of a very long key are lost, which only adds comparisons.
        keys <<= index_bits
        packed[start : start + len(part)] = keys | np.arange(
            start, start + len(part), dtype=np.uint64
        )
    packed.sort()
    heads = packed >> index_bits
    starts = np.flatnonzero(np.concatenate([[True], heads[1:] != heads[:-1]]))
    del heads
    lengths = np.diff(starts, append=len(packed))
    several = lengths > 1
    starts, lengths = starts[several], lengths[several]
    ends = np.cumsum(lengths)
    offsets = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
    rows = packed[np.repeat(starts, lengths) + offsets] & np.uint64((1 << int(index_bits)) - 1)
    partners = np.repeat(lengths, lengths) - offsets - 1
    indices = rows.astype(np.int64)
    return indices, hashes[indices], partners


def _position_pairs(
    partners: npt.NDArray[np.int64],
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield blocks of pairs of positions with the same key.

    Args:
        partners: number of later positions with the same key, for each position.
    """
    total = np.concatenate([[0], np.cumsum(partners)])
    start = 0
    while start < len(partners):
        stop = int(np.searchsorted(total, total[start] + _BLOCK, side="right")) - 1
        # A position with more pairs than a block forms a block alone, so that the loop ends.
        stop = max(stop, start + 1)
        # No Python loop over pairs: each position is repeated once for each later one.
        first = np.repeat(np.arange(start, stop), partners[start:stop])
        # Counts from 0 within the pairs of each position.
        offset = np.arange(len(first)) - np.repeat(
            total[start:stop] - total[start], partners[start:stop]
        )
        if len(first):
            yield first, first + offset + 1
        start = stop


def _mask(low: int, high: int) -> np.uint64:
    return np.uint64(((1 << (high - low)) - 1) << low)
