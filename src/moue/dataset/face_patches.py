"""Which faces are the same photograph of one face, among very many.

Steps that grow dearer and surer. Codes: signs of random projections, so that alike patches get
codes that agree in most bits. Vectors: the lowest frequencies of both patches must point the same
way, and small moves must explain nearly all of what differs. Alignment: one patch is fitted onto
the other, which takes away what detection placed a little differently, and they must then agree
almost wholly. Two people never did in 500,000 pairs of aligned faces; two photos of one person
seldom do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from moue.face.face_patch import SIDE
from moue.media.image import Grey

Vectors = npt.NDArray[np.float32]
"""(N, 64) of length 1."""

ALIKE = 0.85
"""Cosine of two vectors from which on they are looked at further."""
FITTING = 0.96
"""Share of a vector that small moves of the other explain, from which on patches are fitted."""
SAME = 0.976
"""Correlation after that from which on they are one photograph."""
_TABLES, _WINDOW, _BITS = 32, 64, 20
"""Codes for each patch; neighbours compared in each sorted list; bits that codes may differ by."""
_BLOCK, _PAIRS = 2048, 8192
"""Vectors and pairs that are worked on at once, so that memory stays small."""
_FREQUENCIES = sorted(
    ((i, j) for i in range(12) for j in range(12) if i + j),
    key=lambda f: (f[0] ** 2 + f[1] ** 2, f),
)[:64]
_ROWS, _COLUMNS = np.array(_FREQUENCIES).T
_MIRROR = np.where(_COLUMNS % 2 == 1, -1, 1).astype(np.float32)
"""What mirroring does to each frequency: those that are odd from left to right change sign."""


def vectors(patches: npt.NDArray[np.uint8]) -> Vectors:
    """Return the lowest frequencies of (N, SIDE, SIDE) patches, without their mean."""
    basis = _basis()
    whole = basis @ patches.astype(np.float32) @ basis.T
    low = whole[:, _ROWS, _COLUMNS]
    return np.asarray(low / np.maximum(np.linalg.norm(low, axis=1, keepdims=True), 1e-6))


def mirrored(found: Vectors) -> Vectors:
    """Return the vectors of the mirrored patches."""
    return np.asarray(found * _MIRROR)


def alike(found: Vectors) -> Iterator[tuple[int, int, bool]]:
    """Yield pairs of patches that may be of one photograph, each once, the likeliest first.

    Work grows with N log N: every list of codes is sorted, and each code is compared with the
    few that follow it and begin alike.

    Yields:
        (first, second, mirrored): first < second; the last says that one is the other's mirror.
    """
    count = len(found)
    both = np.concatenate([found, mirrored(found)])
    prefix = np.uint64(64 - max(8, int(count).bit_length() - 1))
    keys = np.empty(0, np.int64)
    for table in range(_TABLES if count > 1 else 0):
        planes = np.random.default_rng(table).normal(size=(both.shape[1], 64)).astype(np.float32)
        codes = np.packbits(both @ planes > 0, axis=1).view(np.uint64).ravel().byteswap()
        keys = _merged(keys, *_near_keys(both, codes, prefix))
    chosen: dict[int, float] = {}
    for some, fit in _fitted(found, keys):
        chosen |= zip(some.tolist(), fit.tolist(), strict=True)
    for key in sorted(chosen, key=lambda one: (-chosen[one], one)):
        yield key // 2 // count, key // 2 % count, bool(key % 2)


def _merged(*keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return all keys, rising and each once.

    Sorting takes a third of the time of `np.unique`, which hashes: most keys are sorted already.
    """
    ordered = np.concatenate(keys)
    ordered.sort(kind="stable")
    return (
        ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered
    )


def _near_keys(
    both: Vectors, codes: npt.NDArray[np.uint64], prefix: np.uint64
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield near pairs as numbers: (first * N + second) * 2, and 1 more for a mirrored one."""
    count = len(both) // 2
    for first, second in _neighbours(codes, prefix):
        low, high = np.minimum(first, second), np.maximum(first, second)
        # A mirrored patch beside a mirrored one is the plain pair once more.
        wanted = (low < count) & (high - low != count)
        low, high = low[wanted], high[wanted]
        near = np.einsum("ij,ij->i", both[low], both[high]) >= ALIKE
        a, b, turned = low[near], high[near] % count, high[near] >= count
        yield (np.minimum(a, b) * count + np.maximum(a, b)) * 2 + turned


def _fitted(
    found: Vectors, keys: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """Yield, in blocks, the pairs that small changes of the first explain, and how well.

    Args:
        keys: (M,) as from `_near_keys`, rising.
    """
    count = len(found)
    rows = keys // 2 // count
    edges = np.searchsorted(rows, np.arange(0, count + _BLOCK, _BLOCK))
    for block, (start, stop) in enumerate(pairwise(edges.tolist())):
        if start == stop:
            continue
        some = keys[start:stop]
        spans = _spans(found[block * _BLOCK : (block + 1) * _BLOCK])
        for part in np.array_split(some, -(-len(some) // _PAIRS)):
            other = found[part // 2 % count]
            other = np.where((part % 2 == 1)[:, None], mirrored(other), other)
            mine = spans[part // 2 // count - block * _BLOCK]
            fit = np.linalg.norm(np.einsum("nij,ni->nj", mine, other), axis=1)
            yield part[fit >= FITTING], fit[fit >= FITTING]


def _spans(found: Vectors) -> npt.NDArray[np.float32]:
    """Return (N, 64, 7) bases of what each vector becomes by small shifts, turns and stretches.

    Source:
        Simard, LeCun and Denker, Efficient pattern recognition using a new transformation
        distance, 1993: to first order, a small move adds a multiple of a derivative.
    """
    basis = _basis()
    whole = np.zeros((len(found), SIDE, SIDE), np.float32)
    whole[:, _ROWS, _COLUMNS] = found
    pixels = basis.T @ whole @ basis
    down, across = np.gradient(pixels, axis=(1, 2))
    y, x = np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2, indexing="ij")
    moved = (pixels, across, down, across * x, across * y, down * x, down * y)
    low = [(basis @ one.astype(np.float32) @ basis.T)[:, _ROWS, _COLUMNS] for one in moved]
    return np.asarray(np.linalg.qr(np.stack(low, axis=2))[0], np.float32)


def correlation(one: Grey, other: Grey) -> float:
    """Return how well two patches agree once one is fitted onto the other: at most 1."""
    start = np.eye(2, 3, dtype=np.float32)
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1e-4)
    everywhere = np.ones((SIDE, SIDE), np.uint8)
    pair = _detail(one), _detail(other)
    try:
        value, _ = cv2.findTransformECC(*pair, start, cv2.MOTION_AFFINE, until, everywhere, 3)
    except cv2.error:  # it found no fit: they have nothing in common
        return -1.0
    return float(value)


def agree(read: Callable[[int], Grey], first: int, second: int, flipped: bool) -> float:
    """Return the correlation of two patches, the second mirrored where `flipped`."""
    other = read(second)
    return correlation(read(first), np.ascontiguousarray(other[:, ::-1]) if flipped else other)


def _neighbours(
    codes: npt.NDArray[np.uint64], prefix: np.uint64
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield indices of near codes among those that begin alike, window by window."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    heads = ordered >> prefix
    for apart in range(1, min(_WINDOW, len(codes) - 1) + 1):
        together = np.flatnonzero(heads[:-apart] == heads[apart:])
        if not len(together):
            return
        differing = np.bitwise_count(ordered[together] ^ ordered[together + apart])
        near = together[differing <= _BITS]
        yield order[near], order[near + apart]


def _detail(patch: Grey) -> npt.NDArray[np.float32]:
    """Return a patch without its coarse shades, so that light decides little."""
    values = patch.astype(np.float32)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 1) - cv2.GaussianBlur(values, (0, 0), 8))


@lru_cache(maxsize=1)
def _basis() -> npt.NDArray[np.float32]:
    """Return the (SIDE, SIDE) matrix of the discrete cosine transform."""
    place, frequency = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE))
    matrix = np.cos(np.pi * place * frequency / SIDE) * np.sqrt(2 / SIDE)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)
