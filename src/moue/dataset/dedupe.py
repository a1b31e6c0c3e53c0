"""Stage 4: drop duplicates and near-duplicates, and keep the best picture of each cluster.

`find_duplicates.py` finds the clusters. A picture whose mouth differs from that of the best
picture is kept too, because two frames of a video may show different mouth shapes. All pictures
of a cluster belong to one group, so `split` assigns them to the same split.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from moue.dataset.find_duplicates import Signature, SimilarityIndex, find_clusters
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.stages import set_dropped
from moue.workspace.types import SPLITS


@dataclass(frozen=True, kw_only=True)
class DedupeSettings:
    """Settings of `moue dedupe`."""

    radius: Annotated[
        int,
        Setting(
            "Maximum number of differing bits between the 64-bit perceptual hashes of two "
            "near-duplicates.",
            low=0,
            high=12,
        ),
    ] = 6
    mouth_radius: Annotated[
        int,
        Setting(
            "Keep both near-duplicates if the 64-bit perceptual hashes of their mouths differ in "
            "more than this many bits.",
            low=0,
            high=64,
        ),
    ] = 8


def dedupe(context: Context, predefined: Mapping[str, str] = MappingProxyType({})) -> Summary:
    """Cluster all pictures in use, and drop the duplicates of the best picture of each cluster.

    Args:
        predefined: Predefined split by sample name; other samples count as `train`. A picture is
            never dropped as a duplicate of a picture in another split.
    """
    catalog, settings = context.catalog, context.config.get(DedupeSettings)
    rows = [Signature.of(sample) for sample in queries.dedupe_candidates(catalog)]
    index = SimilarityIndex(catalog, rows)
    linked = find_clusters(index, settings.radius, context.progress, context.engine)
    clusters = [[rows[i] for i in members] for members in linked.members() if len(members) > 1]
    verdicts: dict[str, tuple[str, str]] = {}
    groups: dict[str, str] = {}
    for members in clusters:
        groups |= {row.name: members[0].name for row in members}
        by_split: defaultdict[str, list[Signature]] = defaultdict(list)
        for row in members:
            by_split[predefined.get(row.name, SPLITS[0])].append(row)
        for in_split in by_split.values():
            verdicts |= _verdicts(in_split, settings)
    changed = _write(catalog, groups, verdicts)
    counts = {"kept": queries.dedupe_kept(catalog), "clusters": len(clusters)}
    return Summary(stage="dedupe", done=changed, counts=counts | queries.dedupe_dropped(catalog))


def _verdicts(members: list[Signature], settings: DedupeSettings) -> dict[str, tuple[str, str]]:
    """Return (drop reason, name of the kept sample) by name of each dropped picture."""
    verdicts: dict[str, tuple[str, str]] = {}
    staying: list[Signature] = []
    # Best first, and oldest first among equals. A picture that the user restored is always kept.
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


def _are_near_duplicates(one: Signature, other: Signature, settings: DedupeSettings) -> bool:
    """Return True if the picture hashes and the mouth hashes of two pictures are near.

    Mouth hashes alone are not enough: two expressions in a large cluster may have near hashes.
    """
    near = (one.phash ^ other.phash).bit_count() <= settings.radius
    return near and (one.mouth_phash ^ other.mouth_phash).bit_count() <= settings.mouth_radius


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
    """Return the name of the kept sample by name of each sample dropped for `reason`."""
    dropped = queries.dropped_samples(catalog, reason)
    return {sample.name: (sample.detail or "").removeprefix("of ") for sample in dropped}


def dropped_across(catalog: Catalog, predefined: Mapping[str, str]) -> int:
    """Return the number of dropped pictures whose kept duplicate is in another predefined split.

    Args:
        predefined: Predefined split by sample name; other samples count as `train`.
    """
    pairs = kept_for(catalog, "duplicate") | kept_for(catalog, "near_duplicate")
    return sum(
        predefined.get(name, SPLITS[0]) != predefined.get(kept, SPLITS[0])
        for name, kept in pairs.items()
    )
