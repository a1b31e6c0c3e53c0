"""Which pictures belong together by their looks: copies, near-duplicates, changed copies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, islice

import numpy as np
import numpy.typing as npt

from moue.dataset import face_patches
from moue.dataset.file_stems import original_stem
from moue.dataset.phash import near_pairs
from moue.dataset.union_find import UnionFind
from moue.face.face_patch import SIDE
from moue.media.image import Grey
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.types import Fingerprint, Sample

MIN_FACE_CORRELATION = 0.7
"""Correlation of two single faces below which pictures with near hashes are of two people."""
SAME_STEM_CORRELATION = 0.9
"""Correlation from which on pictures are copies where their file names say so too."""
SAME_STEM_BITS = 12
"""Bits of 64 that such pictures may differ by."""
_MANY = 32
"""Pictures with one stem; more are numbered, as `a (1)` to `a (500)`, and say nothing."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What of a picture's looks is compared; all are held at once, so it is kept small."""

    name: str
    sha256: str
    phash: int
    single: bool  # whether it shows one face only
    stem: str


def signature_of(sample: Sample) -> Signature:
    """Return what is compared of a sample."""
    single = len(sample.faces or ()) == 1
    stem = "" if sample.video else original_stem(sample.source)
    return Signature(sample.name, sample.sha256, sample.phash or 0, single, stem)


class SimilarityIndex:
    """The looks of many pictures, and every way to compare two of them.

    Attributes:
        rows: the pictures; all methods take their indices.
    """

    def __init__(
        self, catalog: Catalog, rows: Sequence[Signature], names: Sequence[str] | None = None
    ) -> None:
        """Read the fingerprints of all rows; of a few rows, only those of their `names`."""
        self.rows = rows
        self.hashes = np.array([row.phash for row in rows], np.uint64)
        self.mirrors = np.zeros(len(rows), np.uint64)
        self.known = np.zeros(len(rows), bool)
        self.vectors = np.zeros((len(rows), 64), np.float32)
        self._catalog = catalog
        self._patch = lru_cache(4096)(self._read)
        places = {row.name: index for index, row in enumerate(rows)}
        found = catalog.fingerprints() if names is None else _named(catalog, names)
        stored = ((places[name], one) for name, one in found if name in places)
        while batch := list(islice(stored, 4096)):
            index = [i for i, _ in batch]
            self.mirrors[index] = [one.mirror_phash for _, one in batch]
            self.known[index] = True
            self.vectors[index] = face_patches.vectors(
                np.stack([_grey(one.patch) for _, one in batch])
            )

    def agreement(self, one: int, other: int, mirrored: bool) -> float:
        """Return how well the faces of two pictures agree when fitted, at most 1."""
        if not (self.known[one] and self.known[other]):
            return 0.0
        return face_patches.agree(self._patch, one, other, mirrored)

    def unlike(self, one: int, other: int, mirrored: bool) -> bool:
        """Whether two pictures with near hashes show one face each, and not the same.

        Where faces stand alike in all pictures, or in wide borders, the hashes of different
        people are near.
        """
        a, b = self.rows[one], self.rows[other]
        compared = self.known[one] and self.known[other] and a.single and b.single
        if a.sha256 == b.sha256 or not compared:
            return False
        least = SAME_STEM_CORRELATION if mirrored else MIN_FACE_CORRELATION
        theirs = self.vectors[[other]]
        cosine = self.vectors[one] @ (face_patches.mirrored(theirs) if mirrored else theirs)[0]
        return bool(cosine < MIN_FACE_CORRELATION) or self.agreement(one, other, mirrored) < least

    def bits(self, one: int, other: int, mirrored: bool) -> int:
        """Return in how many of 64 bits the hashes of two pictures differ."""
        if not mirrored:
            return (self.rows[one].phash ^ self.rows[other].phash).bit_count()
        if not self.known[one]:
            return 64
        return (int(self.mirrors[one]) ^ self.rows[other].phash).bit_count()

    def relation(self, one: int, other: int, radius: int) -> str:
        """Return in a few words how a picture relates to another of its cluster."""
        if self.rows[one].sha256 == self.rows[other].sha256:
            return "same bytes"
        for mirrored in (False, True):
            if self.bits(one, other, mirrored) <= radius:
                return "mirrored" if mirrored else "near"
        for mirrored in (False, True):
            if self.agreement(one, other, mirrored) >= SAME_STEM_CORRELATION:
                return "mirrored and changed" if mirrored else "cropped, turned or relit"
        return "near others of the row"

    def _read(self, index: int) -> Grey:
        found = self._catalog.fingerprint(self.rows[index].name)
        assert found is not None
        return _grey(found.patch)


def _named(catalog: Catalog, names: Sequence[str]) -> Iterator[tuple[str, Fingerprint]]:
    for name in names:
        found = catalog.fingerprint(name)
        if found is not None:
            yield name, found


def find_clusters(looks: SimilarityIndex, radius: int, progress: Progress) -> UnionFind:
    """Tie all pictures that are copies of one, or near, or changed copies.

    Args:
        radius: bits of 64 by which the hashes of near pictures differ at most.
    """
    clusters = UnionFind(len(looks.rows))
    _tie_equal(looks, clusters)
    for tie in (_tie_near(looks, clusters, radius), _tie_faces(looks, clusters),
                _tie_names(looks, clusters)):  # fmt: skip
        for one, other in progress.track(tie, "near-duplicates", None):
            clusters.tie(one, other)
    return clusters


def _tie_equal(looks: SimilarityIndex, clusters: UnionFind) -> None:
    """Tie equal hashes first: many equal ones would otherwise make very many pairs."""
    _, first, inverse = np.unique(looks.hashes, return_index=True, return_inverse=True)
    for index, representative in enumerate(first[inverse].tolist()):
        if index != representative and not looks.unlike(representative, index, False):
            clusters.tie(index, representative)


def _tie_near(
    looks: SimilarityIndex, clusters: UnionFind, radius: int
) -> Iterator[tuple[int, int]]:
    """Yield pictures whose hashes, or the hash of one and of the other's mirror, are near."""
    _, first = np.unique(looks.hashes, return_index=True)
    mirrored = first[looks.known[first]]
    both = np.concatenate([looks.hashes[first], looks.mirrors[mirrored]])
    index = np.concatenate([first, mirrored])
    for a, b, _ in near_pairs(both, radius):
        plain = a < len(first)  # a mirror beside a mirror is the plain pair once more
        turned = b[plain] >= len(first)
        ends = index[a[plain]].tolist(), index[b[plain]].tolist(), turned.tolist()
        for one, other, flipped in zip(*ends, strict=True):
            if clusters.root(one) != clusters.root(other) and not looks.unlike(other, one, flipped):
                yield one, other


def _tie_faces(looks: SimilarityIndex, clusters: UnionFind) -> Iterator[tuple[int, int]]:
    """Yield pictures of one photograph of a face, whatever was done to the rest."""
    places: npt.NDArray[np.intp] = np.flatnonzero(looks.known)
    for a, b, flipped in face_patches.alike(looks.vectors[places]):
        one, other = int(places[a]), int(places[b])
        apart = clusters.root(one) != clusters.root(other)
        if apart and looks.agreement(one, other, flipped) >= face_patches.SAME:
            yield one, other


def _tie_names(looks: SimilarityIndex, clusters: UnionFind) -> Iterator[tuple[int, int]]:
    """Yield pictures that names call copies and that look at least somewhat alike."""
    for members in indices_by_stem(looks.rows):
        for one, other in combinations(members, 2):
            if clusters.root(one) != clusters.root(other) and _hinted(looks, one, other):
                yield one, other


def indices_by_stem(rows: Sequence[Signature]) -> list[list[int]]:
    """Return the indices of pictures whose names are the same but for what tools add."""
    stems: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.stem:
            stems[row.stem].append(index)
    return [members for members in stems.values() if 1 < len(members) <= _MANY]


def _hinted(looks: SimilarityIndex, one: int, other: int) -> bool:
    for mirrored in (False, True):
        near = looks.bits(one, other, mirrored) <= SAME_STEM_BITS
        if near and not looks.unlike(one, other, mirrored):
            return True
        if looks.agreement(one, other, mirrored) >= SAME_STEM_CORRELATION:
            return True
    return False


def _grey(patch: bytes) -> Grey:
    return np.frombuffer(patch, np.uint8).reshape(SIDE, SIDE)
