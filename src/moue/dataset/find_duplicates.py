"""Find clusters of duplicates, near-duplicates, mirrored copies and edited copies.

`find_clusters` links pictures in four steps, from cheap to expensive, and returns the clusters.
`dedupe.py` decides which pictures of a cluster are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from moue.dataset import similar_patches
from moue.dataset.near_hashes import near_pairs
from moue.dataset.signatures import indices_by_stem
from moue.dataset.similarity_index import SimilarityIndex
from moue.dataset.union_find import UnionFind
from moue.engine import SERIAL, Engine
from moue.progress import Progress

__all__ = ["find_clusters"]

_BLOCK = 1 << 16
"""Number of pairs of near hashes whose faces are compared at a time."""


def find_clusters(
    index: SimilarityIndex, radius: int, progress: Progress, engine: Engine = SERIAL
) -> UnionFind:
    """Link duplicates, near-duplicates and edited copies.

    Args:
        radius: Maximum Hamming distance of near hashes, in bits of 64.
        engine: Engine for the search of near hashes.

    Returns:
        Clusters of indices into `index.rows`.
    """
    clusters = UnionFind(len(index.rows))
    _link_equal_hashes(index, clusters)
    # Each step compares only pictures that are not linked yet: the comparisons are expensive.
    for pairs, are_duplicates in (
        (_near_hashes(index, radius, engine), lambda *pair: not index.shows_other_face(*pair)),
        (_similar_faces(index), index.show_same_face),
        (_same_stems(index), lambda one, other, _: index.are_copies_by_name(one, other)),
    ):
        for one, other, mirrored in progress.track(pairs, "near-duplicates", None):
            linked = clusters.root(one) == clusters.root(other)
            if not linked and are_duplicates(one, other, mirrored):
                clusters.union(one, other)
    return clusters


def _link_equal_hashes(index: SimilarityIndex, clusters: UnionFind) -> None:
    """Link every picture to the first picture with an equal hash, in linear time."""
    _, first, inverse = np.unique(index.rows.phash, return_index=True, return_inverse=True)
    representatives = first[inverse]
    for row in np.flatnonzero(representatives != np.arange(len(representatives))).tolist():
        representative = int(representatives[row])
        if not index.shows_other_face(representative, row, False):
            clusters.union(row, representative)


_Pairs = Iterator[tuple[int, int, bool]]
"""Pairs of row indices to compare, each with True if the first picture is to be mirrored."""


def _near_hashes(index: SimilarityIndex, radius: int, engine: Engine) -> _Pairs:
    """Yield pairs with near hashes, including pairs of a picture and a mirrored picture."""
    # Equal hashes have been compared already.
    _, unique = np.unique(index.rows.phash, return_index=True)
    with_mirror = unique[index.has_fingerprint[unique]]
    # Plain hashes first, then mirrored ones: one search finds both kinds of pairs.
    hashes = np.concatenate([index.rows.phash[unique], index.mirrored_hashes[with_mirror]])
    rows = np.concatenate([unique, with_mirror])
    for a, b, _ in near_pairs(hashes, radius, engine):
        for start in range(0, len(a), _BLOCK):
            first, second = a[start : start + _BLOCK], b[start : start + _BLOCK]
            plain = first < len(unique)  # two mirrored hashes repeat the plain pair
            mirrored = second[plain] >= len(unique)
            # Only `second` can be a mirrored hash, because its index is the higher one.
            one, other = rows[second[plain]], rows[first[plain]]
            # Most pairs of near hashes show other faces, so they are left out in blocks.
            maybe = ~index.surely_other_faces(one, other, mirrored)
            pairs = one[maybe].tolist(), other[maybe].tolist(), mirrored[maybe].tolist()
            yield from zip(*pairs, strict=True)


def _similar_faces(index: SimilarityIndex) -> _Pairs:
    """Yield pairs that may show the same photograph of a face, with any surroundings."""
    rows = np.flatnonzero(index.has_fingerprint)
    vectors = index.vectors if len(rows) == len(index.rows) else index.vectors[rows]
    for a, b, mirrored in similar_patches.similar_pairs(vectors):
        yield int(rows[a]), int(rows[b]), mirrored


def _same_stems(index: SimilarityIndex) -> _Pairs:
    """Yield pairs of pictures with the same file name stem."""
    for members in indices_by_stem(index.rows.stems):
        yield from ((one, other, False) for one, other in combinations(members, 2))
