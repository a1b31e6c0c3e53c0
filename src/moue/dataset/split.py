"""Stage 7: train, val and test, by stable hash; what belongs together stays together.

Near-duplicates, frames of one video, pictures of one person and of one web page form one group,
and a group is in one split. A group that has a split keeps it, so adding pictures moves no old
one. New groups are taken in the order of a hash of their oldest picture, and each goes where its
labels are most wanting, so every label comes near the ratio in every split.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from moue.dataset.predefined_split import (
    divide_groups,
    predefined_splits,
    split_counts_text,
    unused_split_note,
)
from moue.dataset.union_find import UnionFind
from moue.errors import ConfigError, SplitError
from moue.progress import Summary
from moue.settings import Setting
from moue.workspace import queries
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.label_set import DEFAULT, LabelSet, missing, untested_words
from moue.workspace.provenance import origins
from moue.workspace.types import SPLITS, Mouth, Sample


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """Settings of `moue split`."""

    ratio: Annotated[
        str, Setting("Sizes of the splits as train:val:test, or as train:val for no test set.")
    ] = "7:1.5:1.5"
    seed: Annotated[int, Setting("Random seed of the split.", low=0)] = 0
    again: Annotated[bool, Setting("Split all pictures again, also those that have a split.")] = (
        False
    )
    given: Annotated[bool, Setting("Use the split given by folders named train, val and test.")] = (
        False
    )

    def shares(self) -> dict[str, float]:
        """Return each split's share of the whole.

        Raises:
            ConfigError: the ratio cannot be read.
        """
        try:
            parts = [float(part) for part in self.ratio.split(":")]
        except ValueError:
            parts = []
        fit = len(parts) in (2, 3) and all(0 <= part < math.inf for part in parts)
        if not fit or parts[0] == 0:
            raise ConfigError(f"split ratio {self.ratio!r}: write it as 8:1:1 or 9:1")
        parts += [0.0] * (3 - len(parts))
        return {split: part / sum(parts) for split, part in zip(SPLITS, parts, strict=True)}


def split(catalog: Catalog, settings: SplitSettings, labels: LabelSet = DEFAULT) -> Summary:
    """Give every labelled mouth in use a split.

    A given split overrides the groups: a picture goes where its folder says, though others of its
    group go elsewhere. What no such folder holds counts as train, and where none gives a
    validation set, part of train becomes one.

    Raises:
        SplitError: no mouth has a label, a label is in no training picture, or the split should
            be given and no folder gives one.
    """
    shares = settings.shares()
    groups = find_groups(catalog)
    given = predefined_splits(catalog, labels)
    notes = [unused_split_note(given)] if given and not settings.given else []
    if settings.given:
        groups = divide_groups(groups, given)
    mouths: dict[str, list[Mouth]] = defaultdict(list)
    old: dict[str, Counter[str]] = defaultdict(Counter)
    for mouth in queries.mouths_with_label(catalog):
        mouths[groups[mouth.sample]].append(mouth)
    for mouth in queries.mouths_with_split(catalog):
        old[groups[mouth.sample]][str(mouth.split)] += 1  # also of mouths dropped since
    if not mouths:
        raise SplitError(
            "no mouth has a label yet: put the pictures in folders named after labels, give a CSV "
            "file, or sort by hand; `moue label --help` tells how"
        )
    order = _order(catalog, settings.seed)
    if settings.again:
        old.clear()
    if settings.given:
        chosen = _given(mouths, given, old, shares, order, notes)
    else:
        chosen = _inherited(mouths, old, notes)
        _fill(chosen, mouths, shares, order)
    _check(chosen, mouths)
    changed = _write(catalog, chosen, mouths)
    counts = _count(chosen, mouths)
    untested = _untested(chosen, mouths)
    for split_name, (absent, present) in untested.items():
        notes += untested_words(split_name, absent, present)
    afresh = chosen if settings.given else {}
    _fill(afresh, mouths, shares, order)
    if _far(counts, fresh := _count(afresh, mouths)):
        now, then = (":".join(str(c[s]) for s in SPLITS) for c in (counts, fresh))
        again = f"moue split --ratio {settings.ratio} --again"
        notes.append(f"what has a split keeps it: {now}; `{again}` gives {then}")
    return Summary(
        stage="split",
        done=changed,
        counts={s: counts[s] for s in SPLITS} | {"groups": len(mouths)},
        notes=notes,
        result={"untested": {name: list(absent) for name, (absent, _) in untested.items()}},
    )


def _untested(
    chosen: dict[str, str], mouths: dict[str, list[Mouth]]
) -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Return, for val and test, the labels without a picture there, and those with one.

    A set without any picture is left out.
    """
    shown: dict[str, set[str]] = defaultdict(set)
    for group, members in mouths.items():
        shown[chosen[group]].update(_labels(members))
    every = sorted(set().union(*shown.values()))
    return {s: (missing(every, shown[s]), shown[s]) for s in ("val", "test") if shown.get(s)}


def _count(chosen: dict[str, str], mouths: dict[str, list[Mouth]]) -> Counter[str]:
    return Counter(chosen[group] for group, members in mouths.items() for _ in members)


def _far(one: Counter[str], other: Counter[str]) -> bool:
    """Whether more than a tenth of all would be in another split."""
    return any(abs(one[s] - other[s]) > one.total() / 10 for s in SPLITS)


def find_groups(catalog: Catalog) -> dict[str, str]:
    """Return the group of every sample: what looks, video, subject and web page tie together.

    A group is named after its oldest member.
    """
    names: list[str] = []
    ties: list[tuple[int, int]] = []
    first: dict[tuple[str, str], int] = {}
    pages = _pages(catalog)
    for index, sample in enumerate(catalog.samples()):
        names.append(sample.name)
        ties += [
            (first.setdefault(tie, index), index) for tie in (*_ties(sample), *pages[sample.name])
        ]
    clusters = UnionFind(len(names))
    for a, b in ties:
        clusters.tie(a, b)
    return {name: names[clusters.root(index)] for index, name in enumerate(names)}


def _pages(catalog: Catalog) -> dict[str, list[tuple[str, str]]]:
    """The web pages that show each sample: one page often shows one person."""
    pages: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for origin in origins(catalog):
        if origin.page:
            pages[origin.sample].append(("page", origin.page))
    return pages


def _ties(sample: Sample) -> Iterable[tuple[str, str]]:
    if sample.group:
        yield "group", sample.group
    if sample.video:
        yield "video", sample.video
    if sample.subject:
        yield "subject", sample.subject


def _given(
    mouths: dict[str, list[Mouth]],
    given: dict[str, str],
    old: dict[str, Counter[str]],
    shares: dict[str, float],
    order: dict[str, str],
    notes: list[str],
) -> dict[str, str]:
    """Return the given split of each part of a group.

    Args:
        old: splits from before; they decide only what of train is validation.
    """
    notes.append(f"the split is the given one: {split_counts_text(given)}")
    used = {mouth.sample for members in mouths.values() for mouth in members}
    if outside := len(used - given.keys()):
        notes.append(f"{outside:,} pictures are in no such folder; they count as train")
    chosen = {key: key.partition("/")[0] for key in mouths}
    if "val" in chosen.values():
        return chosen
    notes.append("no folder gives a validation set: a part of train is one, by --ratio")
    pool = {key: mouths[key] for key, split_name in chosen.items() if split_name == "train"}
    known = {key: old.get(key, Counter()).keys() - {"test"} for key in pool}
    again = {key: next(iter(names)) for key, names in known.items() if len(names) == 1}
    _fill(again, pool, shares | {"test": 0.0}, order)
    return chosen | again


def _inherited(
    mouths: dict[str, list[Mouth]], old: dict[str, Counter[str]], notes: list[str]
) -> dict[str, str]:
    """Keep the split of every group that has one; one in several goes wholly to train.

    That happens when two old groups turn out to be one, by a new picture between them or a
    person named later. In train it can flatter no result.
    """
    chosen: dict[str, str] = {}
    for group, members in mouths.items():
        splits = sorted(old.get(group, ()))
        if len(splits) > 1 and any(mouth.split not in (None, "train") for mouth in members):
            notes.append(
                f"{group} and what belongs with it stood in {', '.join(splits)}; now train"
            )
        if splits:
            chosen[group] = splits[0] if len(splits) == 1 else "train"
    return chosen


def _fill(
    chosen: dict[str, str],
    mouths: dict[str, list[Mouth]],
    shares: dict[str, float],
    order: dict[str, str],
) -> None:
    """Put each new group where its labels are most wanting, in the order of its hash."""
    have: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    total: Counter[str] = Counter()
    for group, split_name in chosen.items():
        have[split_name].update(_labels(mouths[group]))
    for members in mouths.values():
        total.update(_labels(members))
    for group in sorted(
        mouths.keys() - chosen.keys(), key=lambda key: order[key.rpartition("/")[2]]
    ):
        labels = Counter(_labels(mouths[group]))

        def want(split_name: str, labels: Counter[str] = labels) -> float:
            share = shares[split_name]
            if share == 0:
                return -math.inf
            if split_name == "train" and any(have[split_name][k] == 0 for k in labels):
                return math.inf  # a label that nobody trains on cannot be tested either
            return sum(n * (share * total[k] - have[split_name][k]) / share
                       for k, n in labels.items())  # fmt: skip

        best = max(SPLITS, key=want)
        chosen[group] = best
        have[best].update(labels)


def _write(catalog: Catalog, chosen: dict[str, str], mouths: dict[str, list[Mouth]]) -> int:
    changed = 0
    with catalog.transaction():
        for group, members in mouths.items():
            for mouth in members:
                if mouth.split != chosen[group]:
                    catalog.update_mouth(mouth.name, split=chosen[group])
                    catalog.decide(
                        [Decision(mouth.name, "split", mouth.split, chosen[group], "split")]
                    )
                    changed += 1
    return changed


def _check(chosen: dict[str, str], mouths: dict[str, list[Mouth]]) -> None:
    trained = {m.label for g, members in mouths.items() if chosen[g] == "train" for m in members}
    missing = {m.label for members in mouths.values() for m in members} - trained
    if missing:
        raise SplitError(
            f"no training picture shows {', '.join(sorted(map(str, missing)))}: "
            "add pictures, or pictures of more people"
        )
    if len(trained) < 2:
        raise SplitError(f"all pictures show {trained.pop()}: a classifier needs two labels")


def _labels(members: list[Mouth]) -> list[str]:
    return [m.label for m in members if m.label]


def _order(catalog: Catalog, seed: int) -> dict[str, str]:
    """A hash of every picture's content, by which the same pictures split alike anywhere."""
    return {
        sample.name: hashlib.sha256(f"{seed}:{sample.sha256}".encode()).hexdigest() + sample.name
        for sample in catalog.samples()
    }
