"""Stage 7: assign the labelled mouths to train, val and test, whole groups at a time.

A group (`grouping.py`) that has a split keeps it, so new pictures do not change the split of old
ones. New groups are processed in the order of a hash of their oldest picture; each is assigned to
the split with the largest deficit of its labels, so that every label approaches the ratio.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt

from moue.dataset.grouping import find_groups
from moue.dataset.predefined_split import (
    PredefinedSplits,
    predefined_splits,
    require_split_folders,
    split_counts_text,
    unused_split_note,
)
from moue.dataset.split_planner import LabelledGroups, Splits, fill, hash_order
from moue.errors import ConfigError, SplitError
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace.catalog import Catalog
from moue.workspace.columns import MouthColumns, Numbers, mouth_columns, names_of, set_splits
from moue.workspace.label_set import DEFAULT, LabelSet, missing, untested_words
from moue.workspace.types import SPLITS

__all__ = ["SplitSettings", "split"]

_NOTED = 20
"""Maximum number of notes on groups that were in several splits."""


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """Settings of `moue split`."""

    ratio: Annotated[
        str, Setting("Ratio of the splits as train:val:test, or as train:val without a test set.")
    ] = "7:1.5:1.5"
    seed: Annotated[int, Setting("Random seed of the split.", low=0)] = 0
    resplit: Annotated[
        bool, Setting("Assign all pictures to splits again, even if they have a split.", once=True)
    ] = False
    predefined: Annotated[
        bool, Setting("Assign each picture to the split named by its folder: train, val or test.")
    ] = False

    def fractions(self) -> dict[str, float]:
        """Return the target fraction of the mouths in each split.

        Raises:
            ConfigError: The ratio is invalid.
        """
        try:
            parts = [float(part) for part in self.ratio.split(":")]
        except ValueError:
            parts = []
        is_valid = len(parts) in (2, 3) and all(0 <= part < math.inf for part in parts)
        if not is_valid or parts[0] == 0:
            raise ConfigError(f"invalid split ratio {self.ratio!r}: write it as 8:1:1 or 9:1")
        parts += [0.0] * (3 - len(parts))
        return {split: part / sum(parts) for split, part in zip(SPLITS, parts, strict=True)}


def split(catalog: Catalog, settings: SplitSettings, labels: LabelSet = DEFAULT) -> Summary:
    """Assign every labelled mouth that is not dropped to train, val or test.

    A predefined split takes precedence over groups: a picture gets the split of its folder, even
    if other pictures of its group get another split. Pictures outside split folders belong to
    train. If no folder is named val, part of train becomes the validation set.

    Raises:
        SplitError: No mouth has a label, a label has no training picture, or the settings demand
            the predefined split and no folder is named after a split.
    """
    fractions = settings.fractions()  # an invalid ratio raises before any work
    predefined = predefined_splits(catalog, labels, exported=settings.predefined)
    notes: list[str] = []
    if settings.predefined:
        require_split_folders(predefined)
    elif predefined:
        notes.append(unused_split_note(predefined))
    mouths = mouth_columns(catalog)
    given = predefined.of(mouths.samples) if settings.predefined else None
    keys = find_groups(catalog).of(mouths.samples) * len(SPLITS)
    if given is not None:
        # A predefined split divides a group; samples without a predefined split belong to train.
        keys += np.maximum(given, 0)
    groups = LabelledGroups.of(mouths, keys)
    if not len(groups):
        raise SplitError(
            "no mouth has a label yet: put the pictures in folders named after labels, run "
            "`moue label --csv FILE`, or sort the crops with `moue label --to-folders`"
        )
    earlier = np.zeros((len(groups), len(SPLITS)), bool)
    if not settings.resplit:
        earlier = _earlier_splits(groups, mouths, keys)
    planner = _Planner(catalog, groups, fractions, settings.seed)
    if settings.predefined:
        notes.append(f"used the predefined split: {split_counts_text(predefined)}")
        splits = _predefined(planner, predefined, earlier, notes)
    else:
        splits = planner.fill(_inherited(catalog, groups, earlier, notes))
    table = groups.table(splits)
    _check(groups.names, table)
    changed = _write(catalog, groups, splits)
    untested = _untested(groups.names, table)
    for name, (absent, present) in untested.items():
        notes += untested_words(name, absent, present)
    if not settings.predefined and earlier.any():
        notes += _ratio_hint(planner, table, settings.ratio)
    return Summary(
        stage="split",
        done=changed,
        counts=_sizes(table) | {"groups": len(groups)},
        notes=notes,
        result={"untested": {name: list(absent) for name, (absent, _) in untested.items()}},
    )


class _Planner:
    """Assigns new groups to splits.

    Args:
        catalog: open catalog.
        groups: groups of the labelled mouths.
        fractions: target fraction of the mouths in each split.
        seed: random seed.
    """

    def __init__(
        self, catalog: Catalog, groups: LabelledGroups, fractions: Mapping[str, float], seed: int
    ) -> None:
        self.groups, self.fractions = groups, fractions
        self._order = hash_order(catalog, groups.keys // len(SPLITS), seed)

    def fill(
        self,
        fixed: Splits,
        only: npt.NDArray[np.bool_] | None = None,
        fractions: Mapping[str, float] | None = None,
    ) -> Splits:
        """Return the split of every group; see `split_planner.fill`."""
        return fill(self.groups, fractions or self.fractions, self._order, fixed, only)


def _earlier_splits(
    groups: LabelledGroups, mouths: MouthColumns, keys: Numbers
) -> npt.NDArray[np.bool_]:
    """Return whether a mouth of each group has each split, (G, 3); dropped mouths count too."""
    found = np.flatnonzero(mouths.splits >= 0)
    place = np.minimum(np.searchsorted(groups.keys, keys[found]), len(groups) - 1)
    known = groups.keys[place] == keys[found]  # other groups have no labelled mouth in use
    earlier = np.zeros((len(groups), len(SPLITS)), bool)
    earlier[place[known], mouths.splits[found][known]] = True
    return earlier


def _inherited(
    catalog: Catalog, groups: LabelledGroups, earlier: npt.NDArray[np.bool_], notes: list[str]
) -> Splits:
    """Return the earlier split of every group that was assigned to a split before, else -1.

    A new picture or subject may link two groups with different splits. The linked group is
    assigned to train, where it cannot inflate a test result.
    """
    count = earlier.sum(axis=1)
    splits = np.where(count == 1, earlier.argmax(axis=1), -1).astype(np.int8)
    splits[count > 1] = SPLITS.index("train")
    moves = np.zeros(len(groups), bool)
    moves[groups.of_mouths[groups.splits > SPLITS.index("train")]] = True
    moved = np.flatnonzero(moves & (count > 1))
    oldest = (groups.keys[moved[:_NOTED]] // len(SPLITS)).tolist()
    names = names_of(catalog, oldest)
    for group, number in zip(moved.tolist(), oldest, strict=False):
        before = ", ".join(sorted(np.array(SPLITS)[earlier[group]].tolist()))
        notes.append(f"the group {names[number]} was in {before}; it is now in train")
    if len(moved) > _NOTED:
        notes.append(f"and {len(moved) - _NOTED:,} more groups that were in several splits")
    return splits


def _predefined(
    planner: _Planner,
    predefined: PredefinedSplits,
    earlier: npt.NDArray[np.bool_],
    notes: list[str],
) -> Splits:
    """Return the predefined split of each part of a group.

    Args:
        earlier: (G, 3) earlier splits; they determine only which part of train is the validation
            set.
    """
    groups = planner.groups
    samples = np.unique(groups.samples)
    if outside := int((predefined.of(samples) < 0).sum()):
        notes.append(f"{outside:,} pictures outside split folders were assigned to train")
    splits = (groups.keys % len(SPLITS)).astype(np.int8)
    if SPLITS.index("val") in splits:
        return splits
    notes.append("no folder is named val, so --ratio divides train into train and val")
    train = splits == SPLITS.index("train")
    before = earlier.copy()
    before[:, SPLITS.index("test")] = False
    fixed = np.where(train & (before.sum(axis=1) == 1), before.argmax(axis=1), -1).astype(np.int8)
    filled = planner.fill(fixed, train, {**planner.fractions, "test": 0.0})
    return np.where(train, filled, splits)


def _check(names: Sequence[str], table: Numbers) -> None:
    trained = {name for name, count in zip(names, table[0], strict=True) if count}
    used = {name for name, count in zip(names, table.sum(axis=0), strict=True) if count}
    if absent := used - trained:
        raise SplitError(
            f"no training picture has the label {', '.join(sorted(absent))}; "
            "add pictures with this label, preferably of more subjects"
        )
    if len(trained) < 2:
        raise SplitError(
            f"all pictures have the label {trained.pop()}, but a classifier needs two labels; "
            "add pictures with another label"
        )


def _write(catalog: Catalog, groups: LabelledGroups, splits: Splits) -> int:
    """Write the changed splits to the catalog; return the number of changed mouths."""
    new = splits[groups.of_mouths]
    changed = np.flatnonzero(new != groups.splits)
    changed = changed[np.argsort(groups.mouths[changed])]
    if len(changed):
        pairs = zip(groups.mouths[changed].tolist(), new[changed].tolist(), strict=True)
        set_splits(catalog, ((mouth, SPLITS[split]) for mouth, split in pairs))
    return len(changed)


def _untested(names: Sequence[str], table: Numbers) -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Return (labels without a picture, labels with a picture) of val and test, by split.

    An empty split is omitted.

    Args:
        table: (3, L) number of mouths by split and label.
    """
    labels = sorted(name for name, count in zip(names, table.sum(axis=0), strict=True) if count)
    present = {
        split: {name for name, count in zip(names, row, strict=True) if count}
        for split, row in zip(SPLITS, table, strict=True)
    }
    return {
        name: (missing(labels, present[name]), present[name])
        for name in ("val", "test")
        if present[name]
    }


def _ratio_hint(planner: _Planner, table: Numbers, ratio: str) -> list[str]:
    """Return a list with a note if kept splits make the sizes differ from the ratio; else empty."""
    # An assignment from scratch shows the sizes that whole groups allow.
    nothing = np.full(len(planner.groups), -1, np.int8)
    fresh = _sizes(planner.groups.table(planner.fill(nothing)))
    counts, tenth = _sizes(table), table.sum() / 10
    if all(abs(counts[name] - fresh[name]) <= tenth for name in SPLITS):
        return []
    now, then = (":".join(str(count) for count in one.values()) for one in (counts, fresh))
    return [
        f"pictures that have a split keep it, so the sizes are {now}; "
        f"`moue split --ratio {ratio} --resplit` gives {then}"
    ]


def _sizes(table: Numbers) -> dict[str, int]:
    return dict(zip(SPLITS, table.sum(axis=1).tolist(), strict=True))
