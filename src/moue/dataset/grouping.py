"""Why pictures are in one group: by which tie, and which ties were not enough."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from moue.dataset.face_patches import SAME
from moue.dataset.find_duplicates import (
    SAME_STEM_BITS,
    SAME_STEM_CORRELATION,
    Signature,
    SimilarityIndex,
    indices_by_stem,
    signature_of,
)
from moue.dataset.union_find import UnionFind
from moue.workspace.catalog import Catalog
from moue.workspace.provenance import origins
from moue.workspace.types import Sample

LINK_KINDS = ("hash", "mirrored", "face", "file name", "video", "subject", "web page")
"""Kinds of ties, in the order in which they are told."""
_MANY, _FITS = 64, 500
"""Members of a group that are looked at; pairs of faces that are fitted onto each other at most."""


def count_links(catalog: Catalog, radius: int) -> dict[str, int]:
    """Return how many groups each kind of tie holds together; one group may count for several.

    `hash`: pictures with near hashes; `mirrored`: one near the mirror of another; `face`: one
    photograph of a face, cropped, turned or relit; `file name`: these say that pictures are
    copies, and the looks agree somewhat. Telling the last two apart costs time; after 500 such
    pairs they all count as `face`.

    Args:
        radius: bits of 64 by which the hashes of near pictures differ at most.
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
    fits = [_FITS]
    for members in alike.values():
        counts.update(_kinds(catalog, members[:_MANY], radius, fits))
    for kind, found in keys.items():
        counts[kind] += sum(count > 1 for count in found.values())
    return {kind: counts[kind] for kind in LINK_KINDS}


def _kinds(catalog: Catalog, members: Sequence[Sample], radius: int, fits: list[int]) -> set[str]:
    """Return the kinds of ties that are needed to hold a cluster of `dedupe` together.

    Args:
        fits: how many pairs may still be fitted; one number, which is counted down.
    """
    looks = SimilarityIndex(catalog, [signature_of(s) for s in members], [s.name for s in members])
    parts = UnionFind(len(members))
    found: set[str] = set()

    def apart() -> Iterator[tuple[int, int]]:
        for one, other in combinations(range(len(members)), 2):
            if parts.root(one) != parts.root(other):
                yield one, other

    for kind, mirrored in (("hash", False), ("mirrored", True)):
        for one, other in apart():
            if looks.bits(one, other, mirrored) <= radius:
                parts.tie(one, other)
                found.add(kind)
    for one, other in apart():
        if looks.rows[one].stem == looks.rows[other].stem != "" and fits[0]:
            fits[0] -= 1
            agreement = max(looks.agreement(one, other, flip) for flip in (False, True))
            bits = min(looks.bits(one, other, flip) for flip in (False, True))
            if agreement >= SAME_STEM_CORRELATION or bits <= SAME_STEM_BITS:
                found.add("face" if agreement >= SAME else "file name")
                parts.tie(one, other)
    if len(parts.members()) > 1:
        found.add("face")
    return found


def stems_in_several_splits(
    rows: Sequence[Signature], groups: Mapping[str, str], splits: Mapping[str, str]
) -> list[tuple[str, ...]]:
    """Return pictures whose file names say that they are copies, though they are in several
    groups and in several splits: the names of the pictures, one tuple for each stem.
    """  # noqa: D205
    found = []
    for members in indices_by_stem(rows):
        names = [rows[index].name for index in members]
        if len({splits[n] for n in names}) > 1 and len({groups[n] for n in names}) > 1:
            found.append(tuple(names))
    return found
