"""Clusters of near-duplicates that `dedupe` found, with the differences of their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moue.dataset.signatures import Signature
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.types import Sample

SAME_REASONS = ("duplicate", "near_duplicate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMember:
    """A picture of a cluster, compared with another one.

    It is compared with the picture because of which `dedupe` dropped it, if that is in the cluster,
    and with the best picture otherwise.

    Attributes:
        name: name of the sample.
        best: True for the best picture.
        kept: True if the picture is in use.
        compared_to: name of the other picture; None for the best picture.
        same_bytes: True if its file has the same bytes as that of the other picture.
        mirrored: True if it is nearer to the mirror image of the other picture.
        hash_bits: number of differing bits of the 64-bit perceptual hashes of the two pictures.
        mouth_bits: number of differing bits of the 64-bit perceptual hashes of the two mouths.
        face_px: shorter side of the main face, in pixels.
        sharpness: sharpness of the main face.
    """

    name: str
    best: bool
    kept: bool
    compared_to: str | None
    same_bytes: bool
    mirrored: bool
    hash_bits: int
    mouth_bits: int
    face_px: float
    sharpness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateCluster:
    """A cluster of pictures, best first.

    Attributes:
        group: name of the group.
        kind: `duplicates` if `dedupe` found that a picture is a duplicate of another one, also when
            a person brought it back; `similar` if all mouths differ.
        members: pictures of the cluster.
    """

    group: str
    kind: str
    members: tuple[ClusterMember, ...]


def duplicate_clusters(
    catalog: Catalog, offset: int, limit: int
) -> tuple[int, list[DuplicateCluster]]:
    """Return the number of clusters, and a page of them in the order of collection."""
    wanted = list(queries.groups_of_several(catalog, offset, limit))
    total = queries.count_groups_of_several(catalog)
    return total, [_cluster(catalog, group) for group in wanted]


def _cluster(catalog: Catalog, group: str) -> DuplicateCluster:
    members = list(catalog.samples(group=group))
    # The order in which `dedupe` keeps pictures: in use first, then by quality.
    members.sort(key=lambda s: (s.dropped is not None, *(-q for q in Signature.of(s).quality)))
    originals = _originals(catalog, group, members)
    return DuplicateCluster(
        group=group,
        kind="duplicates" if originals else "similar",
        members=tuple(_compared(catalog, members, i, originals) for i in range(len(members))),
    )


def _originals(catalog: Catalog, group: str, members: Sequence[Sample]) -> dict[str, str]:
    """Return, by name of each duplicate, the name of the picture because of which it was dropped.

    The decisions of `dedupe` count, so that an edit of a person does not change the answer.
    """
    found = {s.name: (s.dropped, s.detail) for s in members}
    found |= queries.drops_in_group(catalog, group, "dedupe")
    return {
        name: (why or "").removeprefix("of ")
        for name, (reason, why) in found.items()
        if reason in SAME_REASONS
    }


def _compared(
    catalog: Catalog, members: Sequence[Sample], index: int, originals: dict[str, str]
) -> ClusterMember:
    sample = members[index]
    original = originals.get(sample.name)
    other = next((s for s in members if s.name == original), members[0])
    best, one = Signature.of(other), Signature.of(sample)
    bits = (best.phash ^ one.phash).bit_count()
    mirrored = catalog.fingerprint(one.name) if index and bits else None
    mirrored_bits = 64 if mirrored is None else (mirrored.mirror_phash ^ best.phash).bit_count()
    return ClusterMember(
        name=one.name,
        best=index == 0,
        kept=sample.dropped is None,
        compared_to=other.name if index else None,
        same_bytes=index > 0 and bool(one.sha256) and one.sha256 == best.sha256,
        mirrored=mirrored_bits < bits,
        hash_bits=min(bits, mirrored_bits),
        mouth_bits=(best.mouth_phash ^ one.mouth_phash).bit_count(),
        face_px=one.quality[0],
        sharpness=one.quality[1],
    )
