"""Clusters of near-duplicates that `dedupe` found, with the differences of their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moue.dataset.find_duplicates import Signature
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.types import Sample

SAME_REASONS = ("duplicate", "near_duplicate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMember:
    """A picture of a cluster, compared with the best picture of the cluster.

    Attributes:
        name: name of the sample.
        best: True for the best picture.
        kept: True if the picture is in use.
        same_bytes: True if its file has the same bytes as that of the best picture.
        mirrored: True if it is nearer to the mirror image of the best picture.
        hash_bits: number of differing bits of the 64-bit perceptual hashes of the two pictures.
        mouth_bits: number of differing bits of the 64-bit perceptual hashes of the two mouths.
        face_px: shorter side of the main face, in pixels.
        sharpness: sharpness of the main face.
    """

    name: str
    best: bool
    kept: bool
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
        kind: `duplicates` if a picture is a duplicate of another one; `similar` if all mouths
            differ.
        members: pictures of the cluster.
    """

    group: str
    kind: str
    members: tuple[ClusterMember, ...]


def duplicate_clusters(
    catalog: Catalog, offset: int, limit: int
) -> tuple[int, list[DuplicateCluster]]:
    """Return the number of clusters, and a page of them in the order of collection."""
    names = queries.groups_of_several(catalog)
    wanted = names[offset : offset + limit]
    return len(names), [_cluster(catalog, group) for group in wanted]


def _cluster(catalog: Catalog, group: str) -> DuplicateCluster:
    members = list(catalog.samples(group=group))
    # The order in which `dedupe` keeps pictures: in use first, then by quality.
    members.sort(key=lambda s: (s.dropped is not None, *(-q for q in Signature.of(s).quality)))
    drops = any(s.dropped in SAME_REASONS for s in members)
    return DuplicateCluster(
        group=group,
        kind="duplicates" if drops else "similar",
        members=tuple(_compared(catalog, members, i) for i in range(len(members))),
    )


def _compared(catalog: Catalog, members: Sequence[Sample], index: int) -> ClusterMember:
    best, one = Signature.of(members[0]), Signature.of(members[index])
    bits = (best.phash ^ one.phash).bit_count()
    mirrored = catalog.fingerprint(one.name) if index and bits else None
    mirrored_bits = 64 if mirrored is None else (mirrored.mirror_phash ^ best.phash).bit_count()
    return ClusterMember(
        name=one.name,
        best=index == 0,
        kept=members[index].dropped is None,
        same_bytes=index > 0 and bool(one.sha256) and one.sha256 == best.sha256,
        mirrored=mirrored_bits < bits,
        hash_bits=min(bits, mirrored_bits),
        mouth_bits=(best.mouth_phash ^ one.mouth_phash).bit_count(),
        face_px=one.quality[0],
        sharpness=one.quality[1],
    )
