"""Find pairs of face patches that may show one photograph, among many patches.

There are three steps, each more expensive and more certain than the one before:

1. Locality-sensitive hashing: the codes, which are signs of random projections, agree in most
   bits, and the cosine of the lowest frequencies without the mean face is high.
2. Tangent distance: small shifts, rotations and stretches explain nearly all of the difference.
3. Alignment: the correlation after an affine registration, which removes small errors of the
   detector, is almost 1. Among 500,000 pairs of aligned faces, no two subjects reached this value,
   and two photographs of one subject rarely reach it.
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
"""(N, 64) unit vectors."""
Scored = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""(M,) keys of pairs, (first * N + second) * 2, plus 1 if mirrored; and (M,) their similarity."""

MIN_COSINE = 0.8
"""Minimum cosine of two vectors without the mean face; other pairs do not reach step 2."""
MIN_FIT = 0.96
"""Minimum fraction of a vector that small moves of the other vector explain, to reach step 3."""
MIN_CORRELATION = 0.976
"""Minimum correlation of two aligned patches of one photograph."""
_TABLES, _WINDOW, _BITS = 32, 64, 20
"""Number of hash tables, compared neighbours in each, and maximum Hamming distance of codes."""
_BLOCK, _PAIRS, _MAX_PENDING = 2048, 8192, 2_000_000
"""Vectors in a block, pairs in a block, and new pairs after which the worst are discarded."""
_MAX_NEAREST, _MAX_FITS = 16, 16
"""Maximum partners of each patch by cosine and by fit, which limit the work if very many patches
are similar, such as those of a long video of one face."""
FREQUENCIES = sorted(
    ((i, j) for i in range(12) for j in range(12) if i + j),
    key=lambda f: (f[0] ** 2 + f[1] ** 2, f),
)[:64]
_ROWS, _COLUMNS = np.array(FREQUENCIES).T
_MIRROR = np.where(_COLUMNS % 2 == 1, -1, 1).astype(np.float32)
"""Factor of each frequency under mirroring: horizontally odd frequencies change their sign."""

# Mean of the vectors of 9,000 aligned faces and their mirror images, so odd columns are 0.
MEAN_FACE = np.array(
    [
     0, 208, 0, -64, -124, 48, 0, -216, 0, -224, 0, 0, 0, 29, 17, -64,
     78, 0, 0, 45, -79, 0, 70, 0, 35, 0, 0, 0, 9, -5, 0, 0,
     -76, -52, -21, 0, 46, 15, 0, -49, -9, 0, 0, 17, 0, 0, 0, 45,
     44, 0, -13, 0, 0, -26, 0, 6, 38, 21, 0, -43, 0, 24, -35, -24,
    ],
    np.float32,
) / 1000  # fmt: skip
"""(64,) mean vector of all faces, which makes the vectors of different subjects similar."""
_WEIGHTS = np.sqrt(np.hypot(_ROWS, _COLUMNS)).astype(np.float32)
"""Weights of the frequencies: fine ones are weak, but separate subjects better."""


def patch_vectors(patches: npt.NDArray[np.uint8]) -> Vectors:
    """Return (N, 64) unit vectors of the lowest DCT frequencies of (N, SIDE, SIDE) patches.

    The mean brightness of the patches is omitted.
    """
    basis = _basis()
    whole = basis @ patches.astype(np.float32) @ basis.T
    low = whole[:, _ROWS, _COLUMNS]
    # Unit length makes vectors independent of contrast; 1e-6 keeps a uniform patch from giving NaN.
    return np.asarray(low / np.maximum(np.linalg.norm(low, axis=1, keepdims=True), 1e-6))


def mirrored(vectors: Vectors) -> Vectors:
    """Return the (N, 64) vectors of the mirrored patches."""
    return np.asarray(vectors * _MIRROR)


def without_mean_face(vectors: Vectors) -> Vectors:
    """Subtract the mean face, weight the components and scale each vector to unit length.

    The resulting (N, 64) vectors separate subjects better.
    """
    centred = (vectors - MEAN_FACE) * _WEIGHTS
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6))


def similar_pairs(vectors: Vectors) -> Iterator[tuple[int, int, bool]]:
    """Yield pairs of patches that may show one photograph, each once, the most likely first.

    The time grows with N log N: every list of codes is sorted, and each code is compared with the
    few codes that follow it and have the same prefix. Each patch keeps only its nearest partners.

    Yields:
        (first, second, mirrored): indices of the patches, first < second, and True if one patch is
        similar to the mirror image of the other patch.
    """
    count = len(vectors)
    if count < 2:
        return
    keys, fits = _keep_best(count, _MAX_FITS, *_tangent_fits(vectors, _nearest_pairs(vectors)))
    for key in keys[np.lexsort((keys, -fits))].tolist():
        yield key // 2 // count, key // 2 % count, bool(key % 2)


def _nearest_pairs(vectors: Vectors) -> npt.NDArray[np.int64]:
    """Return the sorted keys of the nearest pairs, using a few times the memory of the vectors."""
    count = len(vectors)
    centred = without_mean_face(vectors)
    both = np.concatenate([centred, mirrored(centred)])
    # A prefix of about log2(N) bits: few vectors of a list share one by chance.
    prefix = np.uint64(64 - max(8, int(count).bit_length() - 1))
    pieces: list[Scored] = []
    pending = 0
    for table in range(_TABLES):
        # The number of the table is the seed, so each call finds the same pairs.
        planes = np.random.default_rng(table).normal(size=(both.shape[1], 64)).astype(np.float32)
        # Big-endian, so that the first planes give the high bits, which form the prefix.
        codes = np.packbits(both @ planes > 0, axis=1).view(np.uint64).ravel().byteswap()
        for piece in _near_pairs(both, codes, prefix):
            pieces.append(piece)
            pending += len(piece[0])
            # Discarding early limits the memory, whatever the number of near pairs.
            if pending > _MAX_PENDING:
                pieces, pending = [_keep_best(count, _MAX_NEAREST, *pieces)], 0
    return _keep_best(count, _MAX_NEAREST, *pieces)[0]


def _keep_best(count: int, partners: int, *pieces: Scored) -> Scored:
    """Return the sorted unique pairs that are among the best pairs of one of their patches.

    Args:
        count: Number of patches.
        partners: Number of best pairs of each patch.
        pieces: Keys and similarities of pairs.
    """
    keys = np.concatenate([np.empty(0, np.int64), *(some for some, _ in pieces)])
    scores = np.concatenate([np.empty(0, np.float32), *(score for _, score in pieces)])
    order = np.argsort(
        keys, kind="stable"
    )  # stable sort is fast here: most of the keys are sorted already
    # Two tables may find the same pair. Keys are not negative, so the first one is kept.
    order = order[np.diff(keys[order], prepend=-1) > 0]
    keys, scores = keys[order], scores[order]
    kept = np.zeros(len(keys), bool)
    for ends in (keys // 2 // count, keys // 2 % count):
        ranked = np.lexsort((-scores, ends))
        # The rank of a pair is its position minus the first position of its patch.
        starts = np.searchsorted(ends[ranked], ends[ranked])
        kept[ranked] |= np.arange(len(keys)) - starts < partners
    return keys[kept], scores[kept]


def _near_pairs(
    both: Vectors, codes: npt.NDArray[np.uint64], prefix: np.uint64
) -> Iterator[Scored]:
    """Yield the keys and cosines of near pairs.

    Args:
        both: (2 N, 64) vectors, followed by those of the mirrored patches.
        codes: (2 N,) codes of the vectors.
        prefix: Number of low bits of a code that do not belong to its prefix.
    """
    count = len(both) // 2
    for first, second in _neighbours(codes, prefix):
        low, high = np.minimum(first, second), np.maximum(first, second)
        # A pair of two mirrored patches repeats the plain pair.
        wanted = (low < count) & (high - low != count)
        low, high = low[wanted], high[wanted]
        # Row by row: a matrix product would give all M x M cosines.
        cosines = np.einsum("ij,ij->i", both[low], both[high])
        near = cosines >= MIN_COSINE
        a, b, is_mirrored = low[near], high[near] % count, high[near] >= count
        yield (np.minimum(a, b) * count + np.maximum(a, b)) * 2 + is_mirrored, cosines[near]


def _tangent_fits(vectors: Vectors, keys: npt.NDArray[np.int64]) -> Iterator[Scored]:
    """Yield blocks of keys and fits of the pairs that differ by a small transformation.

    Args:
        vectors: (N, 64) vectors.
        keys: (M,) sorted keys of pairs.
    """
    count = len(vectors)
    rows = keys // 2 // count
    edges = np.searchsorted(rows, np.arange(0, count + _BLOCK, _BLOCK))
    for start, stop in pairwise(edges.tolist()):
        if start == stop:
            continue
        # One basis for each first patch, not for each pair: it is 7 times as large as a vector.
        needed, place = np.unique(rows[start:stop], return_inverse=True)
        spans = _tangent_spaces(vectors[needed])
        for at in range(start, stop, _PAIRS):
            part = keys[at : min(at + _PAIRS, stop)]
            other = vectors[part // 2 % count]
            other = np.where((part % 2 == 1)[:, None], mirrored(other), other)
            spaces_of_first = spans[place[at - start : at - start + len(part)]]
            # Of a unit vector in an orthonormal basis, the norm is the explained fraction.
            fit = np.linalg.norm(np.einsum("nij,ni->nj", spaces_of_first, other), axis=1)
            yield part[fit >= MIN_FIT], fit[fit >= MIN_FIT]


def _tangent_spaces(vectors: Vectors) -> npt.NDArray[np.float32]:
    """Return (N, 64, 7) tangent bases of the vectors under small shifts, rotations and stretches.

    Source:
        Simard, LeCun and Denker, Efficient pattern recognition using a new transformation
        distance, 1993: to first order, a small move adds a multiple of a derivative.
    """
    basis = _basis()
    whole = np.zeros((len(vectors), SIDE, SIDE), np.float32)
    whole[:, _ROWS, _COLUMNS] = vectors
    pixels = basis.T @ whole @ basis
    down, across = np.gradient(pixels, axis=(1, 2))
    # Rotations and stretches move a pixel in proportion to its distance from the center.
    y, x = np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2, indexing="ij")
    moved = (pixels, across, down, across * x, across * y, down * x, down * y)
    low = [(basis @ one.astype(np.float32) @ basis.T)[:, _ROWS, _COLUMNS] for one in moved]
    # Orthonormal, so that one product projects a vector.
    return np.asarray(np.linalg.qr(np.stack(low, axis=2))[0], np.float32)


def correlation(one: Grey, other: Grey) -> float:
    """Return the correlation of two (SIDE, SIDE) patches after an affine alignment, at most 1.

    The result is -1 if the alignment does not converge.
    """
    start = np.eye(2, 3, dtype=np.float32)
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1e-4)
    # The mask is needed only because the size of the filter comes after it.
    everywhere = np.ones((SIDE, SIDE), np.uint8)
    pair = _detail(one), _detail(other)
    try:
        value, _ = cv2.findTransformECC(*pair, start, cv2.MOTION_AFFINE, until, everywhere, 3)
    except cv2.error:  # the alignment does not converge
        return -1.0
    return float(value)


def aligned_correlation(
    read: Callable[[int], Grey], first: int, second: int, mirror: bool
) -> float:
    """Return the `correlation` of two patches that are given by index.

    Args:
        read: Function that returns the (SIDE, SIDE) uint8 patch with a given index.
        first: Index of the first patch.
        second: Index of the second patch.
        mirror: Whether to mirror the second patch.
    """
    other = read(second)
    return correlation(read(first), np.ascontiguousarray(other[:, ::-1]) if mirror else other)


def _neighbours(
    codes: npt.NDArray[np.uint64], prefix: np.uint64
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Yield index pairs of near codes with the same prefix, by distance in the sorted list."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    heads = ordered >> prefix
    # A loop over steps, not over codes: each step compares all codes at once.
    for step in range(1, min(_WINDOW, len(codes) - 1) + 1):
        same_prefix = np.flatnonzero(heads[:-step] == heads[step:])
        # Equal prefixes are adjacent, so a larger step finds none either.
        if not len(same_prefix):
            return
        differing = np.bitwise_count(ordered[same_prefix] ^ ordered[same_prefix + step])
        near = same_prefix[differing <= _BITS]
        yield order[near], order[near + step]


def _detail(patch: Grey) -> npt.NDArray[np.float32]:
    """Return a band-pass filtered patch, which reduces the effect of the lighting."""
    values = patch.astype(np.float32)
    # The first blur removes the noise of single pixels, the second one the lighting.
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 1) - cv2.GaussianBlur(values, (0, 0), 8))


@lru_cache(maxsize=1)
def _basis() -> npt.NDArray[np.float32]:
    """Return the (SIDE, SIDE) matrix of the discrete cosine transform."""
    # The DCT-II samples at pixel centers, hence 0.5.
    place, frequency = np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE))
    matrix = np.cos(np.pi * place * frequency / SIDE) * np.sqrt(2 / SIDE)
    # Orthonormal rows: the transposed matrix is the inverse transform.
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)
