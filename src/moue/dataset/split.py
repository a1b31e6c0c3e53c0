"""Stage 7: assign the labelled mouths to train, val and test, whole groups at a time.

A group (`grouping.py`) that has a split keeps it, so new pictures do not change the split of old
ones. New groups are processed in the order of a hash of their oldest picture; each is assigned to
the split with the largest deficit of its labels, so that every label approaches the ratio.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated

from moue.dataset.grouping import find_groups
from moue.dataset.predefined_split import (
    divide_groups,
    predefined_splits,
    split_counts_text,
    unused_split_note,
)
from moue.errors import ConfigError, SplitError
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace import queries
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.label_set import DEFAULT, LabelSet, missing, untested_words
from moue.workspace.row_mapping import without_sample
from moue.workspace.types import SPLITS, Mouth

__all__ = ["SplitSettings", "split"]

Members = dict[str, list[Mouth]]
"""Labelled mouths in use, by group name."""


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
    groups, notes = find_groups(catalog), []
    predefined = predefined_splits(catalog, labels, exported=settings.predefined)
    if settings.predefined:
        groups = divide_groups(groups, predefined)
    elif predefined:
        notes.append(unused_split_note(predefined))
    members, previous = _members(catalog, groups), _previous_splits(catalog, groups)
    if settings.resplit:
        previous.clear()
    planner = _Planner(members, fractions, _hash_order(catalog, settings.seed))
    if settings.predefined:
        splits = _predefined(planner, predefined, previous, notes)
    else:
        splits = planner.fill(_inherited(members, previous, notes))
    _check(splits, members)
    changed = _write(catalog, splits, members)
    untested = _untested(splits, members)
    for name, (absent, present) in untested.items():
        notes += untested_words(name, absent, present)
    if not settings.predefined:
        notes += _ratio_hint(planner, splits, settings.ratio)
    counts = _count(splits, members)
    return Summary(
        stage="split",
        done=changed,
        counts={name: counts[name] for name in SPLITS} | {"groups": len(members)},
        notes=notes,
        result={"untested": {name: list(absent) for name, (absent, _) in untested.items()}},
    )


@dataclass(frozen=True, slots=True)
class _Planner:
    """Assigns new groups to splits.

    Attributes:
        members: Labelled mouths of each group.
        fractions: Target fraction of the mouths in each split.
        order: Sort key of each group, by the name of its oldest picture.
    """

    members: Members
    fractions: Mapping[str, float]
    order: Mapping[str, str]

    def fill(self, fixed: Mapping[str, str], only: Collection[str] | None = None) -> dict[str, str]:
        """Return the split of every group.

        Args:
            fixed: Splits of groups that do not change.
            only: Groups to assign; None for all groups.
        """
        groups = self.members.keys() if only is None else only
        splits = dict(fixed)
        have: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
        for group, name in fixed.items():
            have[name].update(_labels(self.members[group]))
        total = Counter(label for group in groups for label in _labels(self.members[group]))
        new = (group for group in groups if group not in fixed)
        for group in sorted(new, key=lambda group: self.order[group.rpartition("/")[2]]):
            labels = Counter(_labels(self.members[group]))
            lacking = {name: self._lack(name, labels, have[name], total) for name in SPLITS}
            splits[group] = max(SPLITS, key=lacking.__getitem__)
            have[splits[group]].update(labels)
        return splits

    def _lack(
        self, name: str, labels: Counter[str], have: Counter[str], total: Counter[str]
    ) -> float:
        """Return the deficit of the given labels in a split, relative to the target fraction."""
        fraction = self.fractions[name]
        if fraction == 0:
            return -math.inf
        if name == "train" and any(have[label] == 0 for label in labels):
            return math.inf  # a label without a training picture cannot be tested either
        # Relative to the fraction: otherwise the largest split would get all of the first groups.
        return sum(
            count * (fraction * total[label] - have[label]) / fraction
            for label, count in labels.items()
        )


def _members(catalog: Catalog, groups: Mapping[str, str]) -> Members:
    members: Members = defaultdict(list)
    for mouth in queries.mouths_with_label(catalog):
        if mouth.sample not in groups:
            raise without_sample(mouth)
        members[groups[mouth.sample]].append(mouth)
    if not members:
        raise SplitError(
            "no mouth has a label yet: put the pictures in folders named after labels, run "
            "`moue label --csv FILE`, or sort the crops with `moue label --to-folders`"
        )
    return members


def _previous_splits(catalog: Catalog, groups: Mapping[str, str]) -> dict[str, Counter[str]]:
    """Return the number of mouths by group and by split, including dropped mouths."""
    previous: dict[str, Counter[str]] = defaultdict(Counter)
    for mouth in queries.mouths_with_split(catalog):
        if mouth.sample not in groups:
            raise without_sample(mouth)
        previous[groups[mouth.sample]][str(mouth.split)] += 1
    return previous


def _inherited(
    members: Members, previous: Mapping[str, Counter[str]], notes: list[str]
) -> dict[str, str]:
    """Return the previous split of every group that was assigned to a split before.

    A new picture or subject may link two groups with different splits. The linked group is
    assigned to train, where it cannot inflate a test result.
    """
    splits: dict[str, str] = {}
    for group, mouths in members.items():
        names = sorted(previous.get(group, ()))
        if len(names) > 1 and any(mouth.split not in (None, "train") for mouth in mouths):
            notes.append(f"the group {group} was in {', '.join(names)}; it is now in train")
        if names:
            splits[group] = names[0] if len(names) == 1 else "train"
    return splits


def _predefined(
    planner: _Planner,
    predefined: Mapping[str, str],
    previous: Mapping[str, Counter[str]],
    notes: list[str],
) -> dict[str, str]:
    """Return the predefined split of each part of a group; see `divide_groups`.

    Args:
        previous: Previous splits; they determine only which part of train is the validation set.
    """
    members = planner.members
    notes.append(f"used the predefined split: {split_counts_text(predefined)}")
    samples = {mouth.sample for mouths in members.values() for mouth in mouths}
    if outside := len(samples - predefined.keys()):
        notes.append(f"{outside:,} pictures outside split folders were assigned to train")
    splits = {group: group.partition("/")[0] for group in members}
    if "val" in splits.values():
        return splits
    notes.append("no folder is named val, so --ratio divides train into train and val")
    train = [group for group, name in splits.items() if name == "train"]
    earlier = {group: previous.get(group, Counter()).keys() - {"test"} for group in train}
    fixed = {group: next(iter(names)) for group, names in earlier.items() if len(names) == 1}
    without_test = _Planner(members, {**planner.fractions, "test": 0.0}, planner.order)
    return splits | without_test.fill(fixed, only=train)


def _check(splits: Mapping[str, str], members: Members) -> None:
    labels = {label for mouths in members.values() for label in _labels(mouths)}
    trained = {label for g in members if splits[g] == "train" for label in _labels(members[g])}
    if absent := labels - trained:
        raise SplitError(
            f"no training picture has the label {', '.join(sorted(absent))}; "
            "add pictures with this label, preferably of more subjects"
        )
    if len(trained) < 2:
        raise SplitError(
            f"all pictures have the label {trained.pop()}, but a classifier needs two labels; "
            "add pictures with another label"
        )


def _write(catalog: Catalog, splits: Mapping[str, str], members: Members) -> int:
    """Write the changed splits to the catalog; return the number of changed mouths."""
    changed = [(m, splits[group]) for group in members for m in members[group]]
    changed = [(mouth, new) for mouth, new in changed if mouth.split != new]
    with catalog.transaction():
        for mouth, new in changed:
            catalog.update_mouth(mouth.name, split=new)
            catalog.decide([Decision(mouth.name, "split", mouth.split, new, "split")])
    return len(changed)


def _untested(
    splits: Mapping[str, str], members: Members
) -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Return (labels without a picture, labels with a picture) of val and test, by split.

    An empty split is omitted.
    """
    present: dict[str, set[str]] = defaultdict(set)
    for group, mouths in members.items():
        present[splits[group]].update(_labels(mouths))
    labels = sorted(set().union(*present.values()))
    names = [name for name in ("val", "test") if present.get(name)]
    return {name: (missing(labels, present[name]), present[name]) for name in names}


def _ratio_hint(planner: _Planner, splits: Mapping[str, str], ratio: str) -> list[str]:
    """Return a list with a note if kept splits make the sizes differ from the ratio; else empty."""
    counts = _count(splits, planner.members)
    # An assignment from scratch shows the sizes that whole groups allow.
    fresh = _count(planner.fill({}), planner.members)
    if all(abs(counts[name] - fresh[name]) <= counts.total() / 10 for name in SPLITS):
        return []
    now, then = (":".join(str(count[name]) for name in SPLITS) for count in (counts, fresh))
    return [
        f"pictures that have a split keep it, so the sizes are {now}; "
        f"`moue split --ratio {ratio} --resplit` gives {then}"
    ]


def _count(splits: Mapping[str, str], members: Members) -> Counter[str]:
    return Counter(splits[group] for group, mouths in members.items() for _ in mouths)


def _labels(mouths: list[Mouth]) -> list[str]:
    return [mouth.label for mouth in mouths if mouth.label]


def _hash_order(catalog: Catalog, seed: int) -> dict[str, str]:
    """Return a sort key by sample name: a hash that is equal on every computer."""
    return {
        sample.name: hashlib.sha256(f"{seed}:{sample.sha256}".encode()).hexdigest() + sample.name
        for sample in catalog.samples()
    }
