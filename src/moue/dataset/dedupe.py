"""Stage 4: exact copies and near-duplicates, in clusters; the best of each stays.

Two pictures are near when their hashes are; a cluster is what a chain of near pairs holds
together. In a cluster, a picture whose mouth differs stays too: two frames of one video may
show two expressions. The cluster goes on as their group, so that they are never on both sides
of a split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from moue.catalog import Catalog
from moue.dataset.clusters import Clusters
from moue.dataset.phash import near_pairs
from moue.progress import Progress, Summary
from moue.sample import Sample
from moue.settings import Setting
from moue.stage import set_dropped


@dataclass(frozen=True, kw_only=True)
class DedupeSettings:
    """Settings of `moue dedupe`."""

    radius: Annotated[
        int, Setting("pictures whose hashes differ in at most so many of 64 bits are near",
                     low=0, high=12)
    ] = 6  # fmt: skip
    mouth_radius: Annotated[
        int, Setting("near pictures whose mouths differ in more bits both stay", low=0, high=64)
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


def dedupe(catalog: Catalog, settings: DedupeSettings, progress: Progress) -> Summary:
    """Cluster all pictures in use, and drop all but the best of what looks the same."""
    rows = [_row(s) for s in catalog.samples(_IN_PLAY)]
    clusters = _clusters(rows, settings.radius, progress)
    verdicts: dict[str, tuple[str, str]] = {}
    groups: dict[str, str] = {}
    for members in clusters:
        groups |= {row.name: members[0].name for row in members}
        verdicts |= _verdicts(members, settings.mouth_radius)
    changed = _write(catalog, groups, verdicts)
    counts = catalog.count("samples", "dropped", "decided_by = 'dedupe'")
    kept = sum(catalog.count("samples", "kind", f"{_IN_PLAY} AND dropped IS NULL").values())
    return Summary(
        stage="dedupe", done=changed, counts={"kept": kept, "clusters": len(clusters)} | counts
    )


_IN_PLAY = "faces IS NOT NULL AND (dropped IS NULL OR decided_by = 'dedupe')"


def _row(sample: Sample) -> _Row:
    return _Row(
        sample.name,
        sample.sha256,
        sample.phash or 0,
        sample.mouth_phash or 0,
        (sample.scores.get("face_px", 0.0), sample.scores.get("sharpness", 0.0)),
        sample.decided_by in (None, "dedupe"),
    )


def _clusters(rows: list[_Row], radius: int, progress: Progress) -> list[list[_Row]]:
    """Return the connected components of nearness with two or more members, oldest first."""
    hashes = np.array([row.phash for row in rows], np.uint64)
    clusters = Clusters(len(rows))
    # Equal hashes are tied first: many equal ones would otherwise make very many pairs.
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    for index, representative in enumerate(first[inverse].tolist()):
        clusters.tie(index, representative)
    for a, b, _ in progress.track(near_pairs(unique, radius), "near-duplicates", None):
        for i, j in zip(first[a].tolist(), first[b].tolist(), strict=True):
            clusters.tie(i, j)
    return [[rows[i] for i in members] for members in clusters.members() if len(members) > 1]


def _verdicts(members: list[_Row], mouth_radius: int) -> dict[str, tuple[str, str]]:
    """Return what falls away in a cluster: the reason, and the name of what stays for it."""
    verdicts: dict[str, tuple[str, str]] = {}
    stay: list[_Row] = []
    # Best first; of equals the oldest. What a person restored stays in any case.
    for row in sorted(members, key=lambda r: (r.free, -r.quality[0], -r.quality[1])):
        same = next((s for s in stay if s.sha256 == row.sha256), None)
        near = next((s for s in stay if (s.mouth ^ row.mouth).bit_count() <= mouth_radius), None)
        if row.free and same is not None:
            verdicts[row.name] = ("duplicate", same.name)
        elif row.free and near is not None:
            verdicts[row.name] = ("near_duplicate", near.name)
        else:
            stay.append(row)
    return verdicts


def _write(catalog: Catalog, groups: dict[str, str], verdicts: dict[str, tuple[str, str]]) -> int:
    changed = 0
    with catalog.transaction():
        for sample in catalog.samples(_IN_PLAY):
            if sample.group != groups.get(sample.name):
                catalog.update_sample(sample.name, group=groups.get(sample.name))
                changed += 1
            reason, kept = verdicts.get(sample.name, (None, None))
            why = f"of {kept}" if kept else None
            changed += set_dropped(catalog, sample, reason, "dedupe", why)
    return changed


def kept_for(catalog: Catalog, reason: str) -> dict[str, str]:
    """Return, for each picture dropped as `reason`, the name of the one that was kept for it."""
    dropped = catalog.samples("dropped = ? AND detail IS NOT NULL", [reason])
    return {sample.name: (sample.detail or "").removeprefix("of ") for sample in dropped}
