"""Groups: samples that must stay in one split, and the links between their members.

Links join near-duplicates, frames of one video, pictures of one subject, pictures of one web page
and pictures of one group of a data set. A group is a set of samples that are linked directly or
through other samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np

from moue.dataset.signatures import Signature
from moue.dataset.similar_patches import MIN_CORRELATION
from moue.dataset.similarity_index import SAME_STEM_BITS, SAME_STEM_CORRELATION, SimilarityIndex
from moue.dataset.union_find import UnionFind
from moue.workspace.browse import numbers_of
from moue.workspace.catalog import Catalog
from moue.workspace.columns import (
    Numbers,
    linked_samples,
    names_of,
    sample_numbers,
    shared_values,
)
from moue.workspace.queries import count_groups_of_several, groups_of_several
from moue.workspace.types import Sample

LINK_KINDS = ("hash", "mirrored", "face", "file name", "video", "subject", "web page")
"""Kinds of links, in the order of reports."""
_LINKED = 100_000
"""Number of links that are joined at a time."""
_MAX_MEMBERS, _MAX_ALIGNMENTS, _MAX_EXAMINED = 64, 500, 2000
"""Maximum number of compared members of a group, of aligned pairs of face patches, and about the
maximum number of examined groups."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of every sample; a group is identified by its oldest sample.

    Attributes:
        numbers: (N,) row numbers of the samples, in rising order.
        oldest: (N,) row numbers of the oldest sample of their groups.
    """

    numbers: Numbers
    oldest: Numbers

    def of(self, numbers: Numbers) -> Numbers:
        """Return the row numbers of the oldest samples of the groups of samples."""
        return self.oldest[np.searchsorted(self.numbers, numbers)]

    def names(self, catalog: Catalog, samples: Sequence[str]) -> dict[str, str]:
        """Return the name of the group, which is that of its oldest sample, by sample name."""
        numbers = numbers_of(catalog, "pictures", samples)
        oldest = self.of(np.array(numbers, np.int64)).tolist()
        names = names_of(catalog, oldest)
        return {name: names[number] for name, number in zip(samples, oldest, strict=True)}


def find_groups(catalog: Catalog) -> Groups:
    """Return the groups of all samples; memory grows by 24 bytes for each sample."""
    numbers = sample_numbers(catalog)
    clusters = UnionFind(len(numbers))
    links = linked_samples(catalog)
    while part := list(islice(links, _LINKED)):
        positions = np.searchsorted(numbers, np.array(part, np.int64))
        for one, other in positions.tolist():
            clusters.union(one, other)
    return Groups(numbers, numbers[clusters.roots()])


def count_links(catalog: Catalog, radius: int) -> dict[str, int]:
    """Return the number of groups that need each kind of link, by kind (see `LINK_KINDS`).

    One group may need several kinds. `hash` links join pictures with near hashes. `mirrored` links
    join a picture and a near mirror image. `face` links join cropped, rotated or relit versions of
    one photograph. `file name` links join similar pictures with the same file name stem. After 500
    aligned pairs, `file name` links are counted as `face`, because alignment is slow. Of more than
    2,000 groups of similar pictures, 2,000 are examined and their numbers are extrapolated.

    Args:
        radius: Maximum Hamming distance of near hashes, in bits of 64.
    """
    counts: Counter[str] = Counter()
    alignments = [_MAX_ALIGNMENTS]
    count = count_groups_of_several(catalog)
    step = max(1, count // _MAX_EXAMINED)
    names = list(islice(groups_of_several(catalog), None, None, step))
    for name in names:
        members = list(islice(catalog.samples(group=name), _MAX_MEMBERS))
        counts.update(_kinds(catalog, members, radius, alignments))
    scale = count / max(1, len(names))
    counts = Counter({kind: round(count * scale) for kind, count in counts.items()})
    return {kind: counts[kind] for kind in LINK_KINDS} | shared_values(catalog)


def _kinds(
    catalog: Catalog, members: Sequence[Sample], radius: int, alignments: list[int]
) -> set[str]:
    """Return the kinds of links that are needed to connect a cluster of `dedupe`.

    Args:
        alignments: List with the remaining number of pairs to align, which is decremented.
    """
    index = SimilarityIndex.of(catalog, [Signature.of(s) for s in members])
    clusters, stems = UnionFind(len(members)), index.rows.stems
    kinds: set[str] = set()

    def unconnected() -> Iterator[tuple[int, int]]:
        for one, other in combinations(range(len(members)), 2):
            if clusters.root(one) != clusters.root(other):
                yield one, other

    # Cheap links first: a later kind counts only where the earlier ones leave a gap.
    for kind, mirrored in (("hash", False), ("mirrored", True)):
        for one, other in unconnected():
            if index.hash_distance(one, other, mirrored) <= radius:
                clusters.union(one, other)
                kinds.add(kind)
    for one, other in unconnected():
        if stems[one] == stems[other] != 0 and alignments[0]:
            alignments[0] -= 1
            correlation = max(index.face_correlation(one, other, flip) for flip in (False, True))
            distance = min(index.hash_distance(one, other, flip) for flip in (False, True))
            if correlation >= SAME_STEM_CORRELATION or distance <= SAME_STEM_BITS:
                kinds.add("face" if correlation >= MIN_CORRELATION else "file name")
                clusters.union(one, other)
    if len(clusters.members()) > 1:
        kinds.add("face")
    return kinds
