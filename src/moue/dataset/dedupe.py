"""Stage 4: drop duplicates and near-duplicates, and keep the best of each cluster.

`find_duplicates.py` finds the clusters. A picture whose mouth differs from the best one stays
too: two frames of one video may show two mouth shapes. All pictures of a cluster form a group, so
that `split` never divides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from moue.dataset.find_duplicates import Signature, SimilarityIndex, find_clusters, signature_of
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.stages import set_dropped
from moue.workspace.types import SPLITS, Sample


@dataclass(frozen=True, kw_only=True)
class DedupeSettings:
    """Settings of `moue dedupe`."""

    radius: Annotated[
        int, Setting("Maximum differing bits, of 64, between the hashes of near-duplicates.",
                     low=0, high=12)
    ] = 6  # fmt: skip
    mouth_radius: Annotated[
        int,
        Setting(
            "Keep both near-duplicates if the hashes of their mouths differ in more than this many "
            "bits, of 64.",
            low=0,
            high=64,
        ),
    ] = 8


@dataclass(frozen=True, slots=True)
class _Row:
    """What is needed of a sample; so many are held at once that it is kept small."""

    name: str
    sha256: str
    phash: int
    mouth: int
    quality: tuple[float, float]
    free: bool  # whether dedupe may decide on it


def dedupe(context: Context, predefined: Mapping[str, str] = MappingProxyType({})) -> Summary:
    """Cluster all pictures in use, and drop all but the best of what looks the same.

    Args:
        predefined: the split that the user gave to pictures, by name, `train` for the rest; no
            picture is dropped for one in another split.
    """
    catalog, settings = context.catalog, context.config.get(DedupeSettings)
    rows: list[_Row] = []
    compared: list[Signature] = []
    for sample in queries.dedupe_candidates(catalog):
        rows.append(_row(sample))
        compared.append(signature_of(sample))
    clusters_found = find_clusters(
        SimilarityIndex(catalog, compared), settings.radius, context.progress
    )
    clusters = [
        [rows[i] for i in members] for members in clusters_found.members() if len(members) > 1
    ]
    verdicts: dict[str, tuple[str, str]] = {}
    groups: dict[str, str] = {}
    for members in clusters:
        groups |= {row.name: members[0].name for row in members}
        for split in {predefined.get(row.name, SPLITS[0]) for row in members}:
            in_split = [row for row in members if predefined.get(row.name, SPLITS[0]) == split]
            verdicts |= _verdicts(in_split, settings)
    changed = _write(catalog, groups, verdicts)
    counts = {"kept": queries.dedupe_kept(catalog), "clusters": len(clusters)}
    return Summary(stage="dedupe", done=changed, counts=counts | queries.dedupe_dropped(catalog))


def _row(sample: Sample) -> _Row:
    return _Row(
        sample.name,
        sample.sha256,
        sample.phash or 0,
        sample.mouth_phash or 0,
        quality(sample),
        sample.decided_by in (None, "dedupe"),
    )


def quality(sample: Sample) -> tuple[float, float]:
    """Return the size and sharpness of the main face: of a cluster, the highest is the best."""
    return sample.scores.get("face_px", 0.0), sample.scores.get("sharpness", 0.0)


def _verdicts(members: list[_Row], settings: DedupeSettings) -> dict[str, tuple[str, str]]:
    """Return what falls away in a cluster: the reason, and the name of what stays for it."""
    verdicts: dict[str, tuple[str, str]] = {}
    staying: list[_Row] = []
    # Best first; of equals the oldest. What a person restored stays in any case.
    for row in sorted(members, key=lambda r: (r.free, -r.quality[0], -r.quality[1])):
        same = next((s for s in staying if s.sha256 == row.sha256), None)
        near = next((s for s in staying if _are_near_duplicates(s, row, settings)), None)
        if row.free and same is not None:
            verdicts[row.name] = ("duplicate", same.name)
        elif row.free and near is not None:
            verdicts[row.name] = ("near_duplicate", near.name)
        else:
            staying.append(row)
    return verdicts


def _are_near_duplicates(one: _Row, other: _Row, settings: DedupeSettings) -> bool:
    """Whether picture and mouth both are near.

    The mouth alone is too little: in a cluster of many, two expressions may have near hashes.
    """
    near = (one.phash ^ other.phash).bit_count() <= settings.radius
    return near and (one.mouth ^ other.mouth).bit_count() <= settings.mouth_radius


def _write(catalog: Catalog, groups: dict[str, str], verdicts: dict[str, tuple[str, str]]) -> int:
    changed = 0
    with catalog.transaction():
        for sample in queries.dedupe_candidates(catalog):
            if sample.group != groups.get(sample.name):
                catalog.update_sample(sample.name, group=groups.get(sample.name))
                changed += 1
            reason, kept = verdicts.get(sample.name, (None, None))
            why = f"of {kept}" if kept else None
            changed += set_dropped(catalog, sample, reason, "dedupe", why)
    return changed


def kept_for(catalog: Catalog, reason: str) -> dict[str, str]:
    """Return, for each picture dropped as `reason`, the name of the one that was kept for it."""
    dropped = queries.dropped_samples(catalog, reason)
    return {sample.name: (sample.detail or "").removeprefix("of ") for sample in dropped}


def dropped_across(catalog: Catalog, predefined: Mapping[str, str]) -> int:
    """Return how many pictures were dropped as copies of one in another predefined split."""
    pairs = kept_for(catalog, "duplicate") | kept_for(catalog, "near_duplicate")
    return sum(
        predefined.get(copy, SPLITS[0]) != predefined.get(kept, SPLITS[0])
        for copy, kept in pairs.items()
    )
