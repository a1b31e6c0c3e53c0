"""Compare pictures of an index by their hashes and their aligned faces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from moue.dataset import similar_patches
from moue.dataset.signatures import Signature, Signatures
from moue.face.face_patch import SIDE
from moue.mapped_array import large_zeros
from moue.media.image import Grey
from moue.workspace.catalog import Catalog
from moue.workspace.duplicate_columns import candidate_fingerprints, fingerprint_of
from moue.workspace.types import Fingerprint

Indices = npt.NDArray[np.int64]
"""(M,) indices of pictures."""

MIN_FACE_CORRELATION = 0.7
"""Minimum correlation of the single faces of two near-duplicates; below it, they show two
subjects."""
SAME_STEM_CORRELATION = 0.9
"""Minimum correlation of the faces of two copies with the same file name stem."""
SAME_STEM_BITS = 12
"""Maximum Hamming distance of two copies with the same file name stem."""


class SimilarityIndex:
    """Signatures and fingerprints of many pictures, with methods that compare two of them.

    The arguments `one` and `other` of the methods are indices into `rows`. With `mirrored`, the
    mirror image of one picture is compared with the other picture.

    Attributes:
        rows: signatures of the N pictures.
        mirrored_hashes: (N,) uint64 hashes of the mirrored pictures; 0 if there is no
            fingerprint.
        has_fingerprint: (N,) bool; False for pictures without a face.
        vectors: (N, 64) float32 vectors of the face patches; see `similar_patches`.
    """

    def __init__(
        self,
        rows: Signatures,
        fingerprints: Iterable[tuple[int, Fingerprint]],
        fingerprint: Callable[[int], Fingerprint | None],
    ) -> None:
        """Read the fingerprints of the rows.

        Args:
            rows: signatures.
            fingerprints: indices into the rows, with their fingerprints.
            fingerprint: function from an index to its fingerprint.
        """
        self.rows = rows
        self.mirrored_hashes = np.zeros(len(rows), np.uint64)
        self.has_fingerprint = np.zeros(len(rows), bool)
        self.vectors = large_zeros((len(rows), 64), np.float32, "the face patches")
        self._fingerprint = fingerprint
        # Patches stay in the catalog: 1 KiB for each picture would fill the memory.
        self._patch = lru_cache(4096)(self._read_patch)
        # In batches: one matrix product for many patches, without all patches in memory.
        source = iter(fingerprints)
        while batch := list(islice(source, 4096)):
            index = [i for i, _ in batch]
            self.mirrored_hashes[index] = [one.mirror_phash for _, one in batch]
            self.has_fingerprint[index] = True
            self.vectors[index] = similar_patches.patch_vectors(
                np.stack([_to_grey(one.patch) for _, one in batch])
            )

    @classmethod
    def of_candidates(cls, catalog: Catalog) -> SimilarityIndex:
        """Return the index of the samples on which `dedupe` may decide."""
        rows = Signatures.candidates(catalog)
        numbers = rows.numbers

        def indexed() -> Iterator[tuple[int, Fingerprint]]:
            for number, one in candidate_fingerprints(catalog):
                yield int(np.searchsorted(numbers, number)), one

        return cls(rows, indexed(), lambda index: fingerprint_of(catalog, int(numbers[index])))

    @classmethod
    def of(cls, catalog: Catalog, rows: Sequence[Signature]) -> SimilarityIndex:
        """Return the index of a few samples."""
        found = [(i, catalog.fingerprint(row.name)) for i, row in enumerate(rows)]
        known = {index: one for index, one in found if one is not None}
        return cls(Signatures.of(rows), known.items(), known.get)

    def hash_distance(self, one: int, other: int, mirrored: bool) -> int:
        """Return the Hamming distance of the hashes of two pictures, 0 to 64."""
        if not mirrored:
            return int(np.bitwise_count(self.rows.phash[one] ^ self.rows.phash[other]))
        if not self.has_fingerprint[one]:
            # The maximum, because there is no hash of the mirrored picture.
            return 64
        return int(np.bitwise_count(self.mirrored_hashes[one] ^ self.rows.phash[other]))

    def face_correlation(self, one: int, other: int, mirrored: bool) -> float:
        """Return the correlation of two aligned main faces; 0 if a picture has no face."""
        if not (self.has_fingerprint[one] and self.has_fingerprint[other]):
            return 0.0
        return similar_patches.aligned_correlation(self._patch, one, other, mirrored)

    def shows_other_face(self, one: int, other: int, mirrored: bool) -> bool:
        """Return True if two pictures with near hashes show one face each, and the faces differ.

        Hashes of different subjects are near if faces are framed alike or borders are wide.
        """
        compared = self.has_fingerprint[one] and self.has_fingerprint[other]
        single = self.rows.single[one] and self.rows.single[other]
        if self.have_same_bytes(one, other) or not (compared and single):
            return False
        vector = self.vectors[[other]]
        cosine = self.vectors[one] @ (similar_patches.mirrored(vector) if mirrored else vector)[0]
        if cosine < MIN_FACE_CORRELATION:  # cheaper than an alignment
            return True
        threshold = SAME_STEM_CORRELATION if mirrored else MIN_FACE_CORRELATION
        return self.face_correlation(one, other, mirrored) < threshold

    def surely_other_faces(
        self, one: Indices, other: Indices, mirrored: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Return for which pairs a quick test proves that `shows_other_face` is True.

        Args:
            one, other: (M,) indices of the pictures.
            mirrored: (M,) True to mirror one picture of the pair.
        """
        rows, known = self.rows, self.has_fingerprint
        tested = known[one] & known[other] & rows.single[one] & rows.single[other]
        tested &= rows.digests[one] != rows.digests[other]
        found = np.zeros(len(one), bool)
        place = np.flatnonzero(tested)
        second = self.vectors[other[place]]
        second = np.where(mirrored[place, None], similar_patches.mirrored(second), second)
        cosines = np.einsum("ij,ij->i", self.vectors[one[place]], second)
        # A margin for the rounding of the sums, which are in another order.
        found[place] = cosines < MIN_FACE_CORRELATION - 1e-5
        return found

    def have_same_bytes(self, one: int, other: int) -> bool:
        """Return True if the originals of two pictures have the same SHA-256."""
        return bool(self.rows.digests[one] == self.rows.digests[other])

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
        if self.have_same_bytes(one, other):
            return "same bytes"
        for mirrored in (False, True):
            if self.hash_distance(one, other, mirrored) <= radius:
                return "mirrored" if mirrored else "near"
        for mirrored in (False, True):
            if self.face_correlation(one, other, mirrored) >= SAME_STEM_CORRELATION:
                return "mirrored and edited" if mirrored else "cropped, rotated or relit"
        return "similar to another copy"

    def _read_patch(self, index: int) -> Grey:
        fingerprint = self._fingerprint(index)
        assert fingerprint is not None
        return _to_grey(fingerprint.patch)


def _to_grey(patch: bytes) -> Grey:
    return np.frombuffer(patch, np.uint8).reshape(SIDE, SIDE)
