"""Groups: samples that must stay in one split, and the links between their members.

Links join near-duplicates, frames of one video, pictures of one subject, pictures of one web page
and pictures of one group of a data set. A group is a set of samples that are linked directly or
through other samples.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from moue.dataset.find_duplicates import (
    SAME_STEM_BITS,
    SAME_STEM_CORRELATION,
    Signature,
    SimilarityIndex,
    indices_by_stem,
)
from moue.dataset.similar_patches import MIN_CORRELATION
from moue.dataset.union_find import UnionFind
from moue.workspace.catalog import Catalog
from moue.workspace.imports import clusters
from moue.workspace.provenance import origins
from moue.workspace.types import Sample

LINK_KINDS = ("hash", "mirrored", "face", "file name", "video", "subject", "web page")
"""Kinds of links, in the order of reports."""
_MAX_MEMBERS, _MAX_ALIGNMENTS = 64, 500
"""Maximum number of compared members of a group, and of aligned pairs of face patches."""


def find_groups(catalog: Catalog) -> dict[str, str]:
    """Return the group name by sample name; a group has the name of its oldest sample."""
    pages: dict[str, list[str]] = defaultdict(list)
    for origin in origins(catalog):
        if origin.page:  # pictures of one web page often show one subject
            pages[origin.sample].append(origin.page)
    imported = clusters(catalog)
    names: list[str] = []
    first: dict[tuple[str, str], int] = {}
    links: list[tuple[int, int]] = []
    for index, sample in enumerate(catalog.samples()):
        names.append(sample.name)
        keys = [("hash", sample.group), ("video", sample.video), ("subject", sample.subject)]
        keys.append(("data set", imported.get(sample.name)))
        keys += [("web page", page) for page in pages[sample.name]]
        # Links to the first sample with a key: n - 1 of them, where all pairs would be n².
        links += [(first.setdefault((kind, key), index), index) for kind, key in keys if key]
    # Only now is the number of samples known.
    joined = UnionFind(len(names))
    for one, other in links:
        joined.union(one, other)
    return {name: names[joined.root(index)] for index, name in enumerate(names)}


def count_links(catalog: Catalog, radius: int) -> dict[str, int]:
    """Return the number of groups that need each kind of link, by kind (see `LINK_KINDS`).

    One group may need several kinds. `hash` links join pictures with near hashes. `mirrored` links
    join a picture and a near mirror image. `face` links join cropped, rotated or relit versions of
    one photograph. `file name` links join similar pictures with the same file name stem. After 500
    aligned pairs, `file name` links are counted as `face`, because alignment is slow.

    Args:
        radius: Maximum Hamming distance of near hashes, in bits of 64.
    """
    counts: Counter[str] = Counter()
    keys: dict[str, Counter[str]] = defaultdict(Counter)
    alike: dict[str, list[Sample]] = defaultdict(list)
    for sample in catalog.samples():
        if sample.group:
            alike[sample.group].append(sample)
        if sample.video:
            keys["video"][sample.video] += 1
        if sample.subject:
            keys["subject"][sample.subject] += 1
    pages = {(origin.page, origin.sample) for origin in origins(catalog) if origin.page}
    keys["web page"].update(page for page, _ in pages)
    alignments = [_MAX_ALIGNMENTS]
    for members in alike.values():
        counts.update(_kinds(catalog, members[:_MAX_MEMBERS], radius, alignments))
    for kind, found in keys.items():
        counts[kind] += sum(count > 1 for count in found.values())
    return {kind: counts[kind] for kind in LINK_KINDS}


def _kinds(
    catalog: Catalog, members: Sequence[Sample], radius: int, alignments: list[int]
) -> set[str]:
    """Return the kinds of links that are needed to connect a cluster of `dedupe`.

    Args:
        alignments: List with the remaining number of pairs to align, which is decremented.
    """
    index = SimilarityIndex(catalog, [Signature.of(s) for s in members], few=True)
    clusters = UnionFind(len(members))
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
        if index.rows[one].stem == index.rows[other].stem != "" and alignments[0]:
            alignments[0] -= 1
            correlation = max(index.face_correlation(one, other, flip) for flip in (False, True))
            distance = min(index.hash_distance(one, other, flip) for flip in (False, True))
            if correlation >= SAME_STEM_CORRELATION or distance <= SAME_STEM_BITS:
                kinds.add("face" if correlation >= MIN_CORRELATION else "file name")
                clusters.union(one, other)
    if len(clusters.members()) > 1:
        kinds.add("face")
    return kinds


def stems_in_several_splits(
    rows: Sequence[Signature], groups: Mapping[str, str], splits: Mapping[str, str]
) -> list[tuple[str, ...]]:
    """Return samples that share a file name stem but are in different groups and splits.

    Args:
        rows: Signatures of the samples.
        groups: Group by sample name.
        splits: Split by sample name.

    Returns:
        Names of the samples, one tuple for each file name stem.
    """
    stems = [tuple(rows[index].name for index in members) for members in indices_by_stem(rows)]
    return [
        names
        for names in stems
        if len({splits[n] for n in names}) > 1 and len({groups[n] for n in names}) > 1
    ]
