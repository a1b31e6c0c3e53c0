"""Find clusters of duplicates, near-duplicates, mirrored copies and edited copies.

`find_clusters` links pictures in four steps, from cheap to expensive, and returns the clusters.
`dedupe.py` decides which pictures of a cluster are kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice

import numpy as np

from moue.dataset import similar_patches
from moue.dataset.file_stems import original_stem
from moue.dataset.near_hashes import near_pairs
from moue.dataset.union_find import UnionFind
from moue.engine import SERIAL, Engine
from moue.face.face_patch import SIDE
from moue.media.image import Grey
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.types import Fingerprint, Sample

__all__ = [
    "SAME_STEM_BITS",
    "SAME_STEM_CORRELATION",
    "Signature",
    "SimilarityIndex",
    "find_clusters",
    "indices_by_stem",
]

MIN_FACE_CORRELATION = 0.7
"""Minimum correlation of the single faces of two near-duplicates; below it, they show two
subjects."""
SAME_STEM_CORRELATION = 0.9
"""Minimum correlation of the faces of two copies with the same file name stem."""
SAME_STEM_BITS = 12
"""Maximum Hamming distance of two copies with the same file name stem."""
_MAX_SAME_STEM = 32
"""Maximum pictures with one stem; more are a numbered series, such as `a (1)` to `a (500)`."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The values of a picture that `dedupe` compares; all signatures are in memory at once.

    Attributes:
        name: Name of the sample.
        sha256: SHA-256 of the original.
        phash: 64-bit perceptual hash of the picture.
        mouth_phash: 64-bit perceptual hash of the mouth of the main face; 0 if there is no face.
        quality: (size in pixels, sharpness) of the main face; the best picture has the maximum.
        single: Whether exactly one face was detected.
        stem: File name stem without suffixes such as `_flip`; empty for frames of a video.
        free: Whether `dedupe` may drop the picture; False if the user or another stage has decided.
    """

    name: str
    sha256: str
    phash: int
    mouth_phash: int
    quality: tuple[float, float]
    single: bool
    stem: str
    free: bool

    @classmethod
    def of(cls, sample: Sample) -> Signature:
        """Return the signature of a sample."""
        return cls(
            sample.name,
            sample.sha256,
            sample.phash or 0,
            sample.mouth_phash or 0,
            (sample.scores.get("face_px", 0.0), sample.scores.get("sharpness", 0.0)),
            single=len(sample.faces or ()) == 1,
            stem="" if sample.video else original_stem(sample.source),
            free=sample.decided_by in (None, "dedupe"),
        )


class SimilarityIndex:
    """Signatures and fingerprints of many pictures, with methods that compare two of them.

    The arguments `one` and `other` of the methods are indices into `rows`. With `mirrored`, the
    mirror image of one picture is compared with the other picture.

    Attributes:
        rows: Signatures of the N pictures.
        hashes: (N,) uint64 perceptual hashes.
        mirrored_hashes: (N,) uint64 hashes of the mirrored pictures; 0 if there is no
            fingerprint.
        has_fingerprint: (N,) bool; False for pictures without a face.
        vectors: (N, 64) float32 vectors of the face patches; see `similar_patches`.
    """

    def __init__(self, catalog: Catalog, rows: Sequence[Signature], *, few: bool = False) -> None:
        """Read the fingerprints of the rows from the catalog.

        Args:
            few: Whether to read the fingerprints one by one, which is faster for a few rows.
        """
        self.rows = rows
        self.hashes = np.array([row.phash for row in rows], np.uint64)
        self.mirrored_hashes = np.zeros(len(rows), np.uint64)
        self.has_fingerprint = np.zeros(len(rows), bool)
        self.vectors = np.zeros((len(rows), 64), np.float32)
        self._catalog = catalog
        # Patches stay in the catalog: 1 KiB for each picture would fill the memory.
        self._patch = lru_cache(4096)(self._read_patch)
        indices = {row.name: index for index, row in enumerate(rows)}
        fingerprints = _fingerprints(catalog, rows) if few else catalog.fingerprints()
        stored = ((indices[name], one) for name, one in fingerprints if name in indices)
        # In batches: one matrix product for many patches, without all patches in memory.
        while batch := list(islice(stored, 4096)):
            index = [i for i, _ in batch]
            self.mirrored_hashes[index] = [one.mirror_phash for _, one in batch]
            self.has_fingerprint[index] = True
            self.vectors[index] = similar_patches.patch_vectors(
                np.stack([_to_grey(one.patch) for _, one in batch])
            )

    def hash_distance(self, one: int, other: int, mirrored: bool) -> int:
        """Return the Hamming distance of the hashes of two pictures, 0 to 64."""
        if not mirrored:
            return (self.rows[one].phash ^ self.rows[other].phash).bit_count()
        if not self.has_fingerprint[one]:
            # The maximum, because there is no hash of the mirrored picture.
            return 64
        return (int(self.mirrored_hashes[one]) ^ self.rows[other].phash).bit_count()

    def face_correlation(self, one: int, other: int, mirrored: bool) -> float:
        """Return the correlation of two aligned main faces; 0 if a picture has no face."""
        if not (self.has_fingerprint[one] and self.has_fingerprint[other]):
            return 0.0
        return similar_patches.aligned_correlation(self._patch, one, other, mirrored)

    def shows_other_face(self, one: int, other: int, mirrored: bool) -> bool:
        """Return True if two pictures with near hashes show one face each, and the faces differ.

        Hashes of different subjects are near if faces are framed alike or borders are wide.
        """
        a, b = self.rows[one], self.rows[other]
        compared = self.has_fingerprint[one] and self.has_fingerprint[other]
        if a.sha256 == b.sha256 or not (compared and a.single and b.single):
            return False
        vector = self.vectors[[other]]
        cosine = self.vectors[one] @ (similar_patches.mirrored(vector) if mirrored else vector)[0]
        if cosine < MIN_FACE_CORRELATION:  # cheaper than an alignment
            return True
        threshold = SAME_STEM_CORRELATION if mirrored else MIN_FACE_CORRELATION
        return self.face_correlation(one, other, mirrored) < threshold

    def show_same_face(self, one: int, other: int, mirrored: bool) -> bool:
        """Return True if two pictures show the same photograph of a face."""
        return self.face_correlation(one, other, mirrored) >= similar_patches.MIN_CORRELATION

    def are_copies_by_name(self, one: int, other: int) -> bool:
        """Return True if two pictures with the same file name stem may be copies."""
        for mirrored in (False, True):
            near = self.hash_distance(one, other, mirrored) <= SAME_STEM_BITS
            if near and not self.shows_other_face(one, other, mirrored):
                return True
            if self.face_correlation(one, other, mirrored) >= SAME_STEM_CORRELATION:
                return True
        return False

    def relation(self, one: int, other: int, radius: int) -> str:
        """Return the relation of two pictures of a cluster, such as `mirrored`, for a caption.

        Args:
            radius: Maximum Hamming distance of near hashes, in bits of 64.
        """
        if self.rows[one].sha256 == self.rows[other].sha256:
            return "same bytes"
        for mirrored in (False, True):
            if self.hash_distance(one, other, mirrored) <= radius:
                return "mirrored" if mirrored else "near"
        for mirrored in (False, True):
            if self.face_correlation(one, other, mirrored) >= SAME_STEM_CORRELATION:
                return "mirrored and edited" if mirrored else "cropped, rotated or relit"
        return "similar to another copy"

    def _read_patch(self, index: int) -> Grey:
        fingerprint = self._catalog.fingerprint(self.rows[index].name)
        assert fingerprint is not None
        return _to_grey(fingerprint.patch)


def _fingerprints(catalog: Catalog, rows: Sequence[Signature]) -> Iterator[tuple[str, Fingerprint]]:
    for row in rows:
        if (fingerprint := catalog.fingerprint(row.name)) is not None:
            yield row.name, fingerprint


def _to_grey(patch: bytes) -> Grey:
    return np.frombuffer(patch, np.uint8).reshape(SIDE, SIDE)


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
    _, first, inverse = np.unique(index.hashes, return_index=True, return_inverse=True)
    for row, representative in enumerate(first[inverse].tolist()):
        if row != representative and not index.shows_other_face(representative, row, False):
            clusters.union(row, representative)


_Pairs = Iterator[tuple[int, int, bool]]
"""Pairs of row indices to compare, each with True if the first picture is to be mirrored."""


def _near_hashes(index: SimilarityIndex, radius: int, engine: Engine) -> _Pairs:
    """Yield pairs with near hashes, including pairs of a picture and a mirrored picture."""
    # Equal hashes have been compared already.
    _, first = np.unique(index.hashes, return_index=True)
    with_mirror = first[index.has_fingerprint[first]]
    # Plain hashes first, then mirrored ones: one search finds both kinds of pairs.
    hashes = np.concatenate([index.hashes[first], index.mirrored_hashes[with_mirror]])
    rows = np.concatenate([first, with_mirror])
    for a, b, _ in near_pairs(hashes, radius, engine):
        plain = a < len(first)  # two mirrored hashes repeat the plain pair
        mirrored = b[plain] >= len(first)
        # Only `b` can be a mirrored hash, because its index is the higher one.
        pairs = rows[b[plain]].tolist(), rows[a[plain]].tolist(), mirrored.tolist()
        yield from zip(*pairs, strict=True)


def _similar_faces(index: SimilarityIndex) -> _Pairs:
    """Yield pairs that may show the same photograph of a face, with any surroundings."""
    rows = np.flatnonzero(index.has_fingerprint).tolist()
    for a, b, mirrored in similar_patches.similar_pairs(index.vectors[rows]):
        yield rows[a], rows[b], mirrored


def _same_stems(index: SimilarityIndex) -> _Pairs:
    """Yield pairs of pictures with the same file name stem."""
    for members in indices_by_stem(index.rows):
        yield from ((one, other, False) for one, other in combinations(members, 2))


def indices_by_stem(rows: Sequence[Signature]) -> list[list[int]]:
    """Return the row indices of pictures that share a file name stem, as one list for each stem."""
    stems: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.stem:
            stems[row.stem].append(index)
    return [members for members in stems.values() if 1 < len(members) <= _MAX_SAME_STEM]
