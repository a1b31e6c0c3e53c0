"""Stage 4: drop duplicates and near-duplicates, and keep the best picture of each cluster.

`find_duplicates.py` finds the clusters. A picture whose mouth differs from that of the best
picture is kept too, because two frames of a video may show different mouth shapes. All pictures
of a cluster belong to one group, so `split` assigns them to the same split.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from moue.dataset.find_duplicates import find_clusters
from moue.dataset.predefined_split import NO_SPLITS, PredefinedSplits
from moue.dataset.signatures import Signatures
from moue.dataset.similarity_index import SimilarityIndex
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace import queries
from moue.workspace.catalog import Catalog, batched
from moue.workspace.columns import Numbers, names_of
from moue.workspace.context import Context
from moue.workspace.duplicate_columns import Verdict, Verdicts, kept_pairs
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample

_PAIRS = 10_000
"""Number of pairs of pictures whose splits are compared at a time."""


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


def dedupe(context: Context, predefined: PredefinedSplits = NO_SPLITS) -> Summary:
    """Cluster all pictures in use, and drop the duplicates of the best picture of each cluster.

    Args:
        predefined: Predefined splits; other samples count as `train`. A picture is never dropped as
            a duplicate of a picture in another split.
    """
    catalog, settings = context.catalog, context.config.get(DedupeSettings)
    index = SimilarityIndex.of_candidates(catalog)
    linked = find_clusters(index, settings.radius, context.progress, context.engine)
    splits = np.maximum(predefined.of(index.rows.numbers), 0)
    count = changed = 0

    def verdicts() -> Iterator[Verdict]:
        nonlocal count
        for members in linked.groups():
            count += 1
            yield from _verdicts(catalog, index.rows, members, splits, settings)

    with catalog.transaction(), Verdicts(catalog, verdicts()) as found:
        for sample, verdict in found.affected():
            changed += _apply(catalog, sample, verdict)
    counts = {"kept": queries.dedupe_kept(catalog), "clusters": count}
    return Summary(stage="dedupe", done=changed, counts=counts | queries.dedupe_dropped(catalog))


def _verdicts(
    catalog: Catalog,
    rows: Signatures,
    members: list[int],
    splits: npt.NDArray[np.int8],
    settings: DedupeSettings,
) -> Iterator[Verdict]:
    """Yield the verdict on each picture of a cluster."""
    names = names_of(catalog, rows.numbers[members].tolist())
    by_split: defaultdict[int, list[int]] = defaultdict(list)
    for row in members:
        by_split[int(splits[row])].append(row)
    dropped: dict[int, tuple[str, int]] = {}
    for in_split in by_split.values():
        dropped |= _dropped(rows, in_split, settings)
    for row in members:
        reason, kept = dropped.get(row, (None, None))
        yield Verdict(
            name=names[int(rows.numbers[row])],
            group=names[int(rows.numbers[members[0]])],
            reason=reason,
            kept=None if kept is None else names[int(rows.numbers[kept])],
        )


def _dropped(
    rows: Signatures, members: list[int], settings: DedupeSettings
) -> dict[int, tuple[str, int]]:
    """Return (drop reason, index of the kept picture) by index of each dropped picture."""
    dropped: dict[int, tuple[str, int]] = {}
    staying: list[int] = []
    size, sharpness = rows.quality[members].T.tolist()
    free = rows.free[members].tolist()
    # Best first, and oldest first among equals. A picture that the user restored is always kept.
    order = sorted(range(len(members)), key=lambda i: (free[i], -size[i], -sharpness[i]))
    for at in order:
        row = members[at]
        kept = np.array(staying, np.int64)
        same = kept[rows.digests[kept] == rows.digests[row]]
        near = kept[_are_near_duplicates(rows, kept, row, settings)]
        if free[at] and len(same):
            dropped[row] = ("duplicate", int(same[0]))
        elif free[at] and len(near):
            dropped[row] = ("near_duplicate", int(near[0]))
        else:
            staying.append(row)
    return dropped


def _are_near_duplicates(
    rows: Signatures, others: Numbers, row: int, settings: DedupeSettings
) -> npt.NDArray[np.bool_]:
    """Return whether the hashes of the pictures and the mouths of others are near those of one.

    Mouth hashes alone are not enough: two expressions in a large cluster may have near hashes.
    """
    near = np.bitwise_count(rows.phash[others] ^ rows.phash[row]) <= settings.radius
    mouths = np.bitwise_count(rows.mouth_phash[others] ^ rows.mouth_phash[row])
    return np.asarray(near & (mouths <= settings.mouth_radius))


def _apply(catalog: Catalog, sample: Sample, verdict: Verdict | None) -> int:
    """Write the verdict on a sample, None for no cluster; return the number of changes."""
    group = verdict and verdict.group
    changed = 0
    if sample.group != group:
        catalog.update_sample(sample.name, group=group)
        changed = 1
    reason, kept = (verdict.reason, verdict.kept) if verdict else (None, None)
    why = f"of {kept}" if kept else None
    return changed + set_dropped(catalog, sample, reason, "dedupe", why)


def dropped_across(catalog: Catalog, predefined: PredefinedSplits) -> int:
    """Return the number of dropped pictures whose kept duplicate is in another predefined split.

    Args:
        predefined: Predefined splits; other samples count as `train`.
    """
    count = 0
    for reason in ("duplicate", "near_duplicate"):
        for part in batched(kept_pairs(catalog, reason), _PAIRS):
            splits = np.maximum(predefined.of(np.array(part, np.int64).ravel()), 0)
            count += int((splits[::2] != splits[1::2]).sum())
    return count
