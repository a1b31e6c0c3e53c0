"""Leakage: related pictures in different splits, measured against a plain shuffle."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from moue.dataset.dedupe import DedupeSettings
from moue.dataset.find_duplicates import Signature
from moue.dataset.grouping import count_links, find_groups, stems_in_several_splits
from moue.dataset.phash import near_pairs
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put_json
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import SPLITS

__all__ = ["RADIUS", "Leakage", "leakage_notes", "measure_leakage", "undetected_leaks"]

RADIUS = 8
"""Maximum Hamming distance of the nearest pairs, in bits of 64."""
_MAX_LISTED, _MAX_NAMED = 20, 3
"""Entries of a list in the report; names in a sentence."""
_SHUFFLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """What related pictures the splits have in common.

    Attributes:
        divided_groups: groups in more than one split; only a predefined split divides groups.
        divided_members: the first 20 of them: a tuple of (name, split) for each.
        shared_files: files with the same bytes in two splits.
        nearest_pairs: the nearest pairs across splits, as two names, their splits and the
            Hamming distance of their hashes; at most 20, none above 8 bits.
        groups: groups with several pictures, dropped duplicates included.
        shuffle_divided: how many of these a plain 9:1 shuffle divides; the mean of 20 shuffles.
        links: how many groups need each kind of link, by `grouping.LINK_KINDS`.
        shared_stems: pictures in different splits with the file names of copies that do not
            look alike: the first 20, a tuple of names for each file name.
        shared_stem_count: how many such file names there are.
        pictures: pictures that have a split.
        subjects_known: how many of them have a known subject.
        undetected: sentences on the leaks that these numbers cannot show.
    """

    divided_groups: int
    shared_files: int
    nearest_pairs: tuple[tuple[str, str, str, str, int], ...]
    shuffle_divided: float
    groups: int
    divided_members: tuple[tuple[tuple[str, str], ...], ...] = ()
    links: dict[str, int] = field(default_factory=dict)
    shared_stems: tuple[tuple[str, ...], ...] = ()
    shared_stem_count: int = 0
    pictures: int = 0
    subjects_known: int = 0
    undetected: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Leakage:
        """Return the leakage of data that `measure_leakage` wrote as JSON.

        Raises:
            KeyError, TypeError: the data is damaged.
        """
        lists = ("nearest_pairs", "divided_members", "shared_stems", "undetected")
        return cls(**data | {name: _to_tuples(data[name]) for name in lists})


def measure_leakage(
    catalog: Catalog, target: Path, radius: int = DedupeSettings().radius
) -> Leakage:
    """Compare the splits with each other and write the result to `target` as JSON.

    Args:
        radius: the setting of `dedupe`.
    """
    groups = find_groups(catalog)
    rows: dict[str, Signature] = {}
    splits: dict[str, str] = {}
    known_subjects: set[str] = set()
    for mouth, sample in dataset_mouths(catalog):
        rows[sample.name], splits[sample.name] = Signature.of(sample), str(mouth.split)
        if sample.subject is not None:
            known_subjects.add(sample.name)
    signatures, subjects_known = list(rows.values()), len(known_subjects)
    stems = stems_in_several_splits(signatures, groups, splits)
    leakage = Leakage(
        divided_groups=_count_divided((groups[name], split) for name, split in splits.items()),
        shared_files=_count_divided((rows[name].sha256, split) for name, split in splits.items()),
        nearest_pairs=_nearest_pairs(signatures, splits),
        shuffle_divided=_shuffle_divided(list(groups.values())),
        groups=sum(count > 1 for count in Counter(groups.values()).values()),
        divided_members=_divided_members(groups, splits),
        links=count_links(catalog, radius),
        shared_stems=tuple(stems[:_MAX_LISTED]),
        shared_stem_count=len(stems),
        pictures=len(rows),
        subjects_known=subjects_known,
        undetected=undetected_leaks(subjects_known, len(rows)),
    )
    put_json(catalog, target, asdict(leakage), "split")
    return leakage


def undetected_leaks(subjects_known: int, pictures: int) -> tuple[str, ...]:
    """Return sentences on the leaks that `measure_leakage` cannot find.

    Args:
        subjects_known: how many of the `pictures` have a known subject.
    """
    if not subjects_known:
        people = "people are unknown: photos of one person may be in several splits"
    elif subjects_known < pictures:
        people = (
            f"people are known for {subjects_known:,} of {pictures:,} pictures: photos of one "
            "person may be in several splits among the others"
        )
    else:
        people = "people are known as the labels name them"
    return (
        people,
        "heavy edits, such as collages, strong filters, overlays and swapped faces, are not "
        "recognised as copies",
        "a group photo that is cropped to another face is not recognised as a copy",
    )


def leakage_notes(leakage: Leakage) -> list[str]:
    """Return sentences for people: the counts first, then what they cannot show."""
    notes = [
        f"leakage: {leakage.divided_groups} groups and {leakage.shared_files} files in two "
        f"splits; a plain shuffle would divide {leakage.shuffle_divided:.1f} of {leakage.groups} "
        "groups"
    ]
    for group in leakage.divided_members[:_MAX_NAMED]:
        names = first_names([f"{name} ({split})" for name, split in group], _MAX_NAMED)
        notes.append(f"one group in two splits: {names}")
    if any(leakage.links.values()):
        links = ", ".join(f"{kind} {count}" for kind, count in leakage.links.items() if count)
        notes.append(f"groups by kind of link: {links}")
    if leakage.shared_stem_count:
        stems = leakage.shared_stems[:_MAX_NAMED]
        names = "; ".join(", ".join(stem[:_MAX_NAMED]) for stem in stems)
        notes.append(
            f"{leakage.shared_stem_count} file names are the same in several splits, but the "
            f"pictures do not look alike, so they form no group: {names}"
        )
    notes.append(f"leakage that is not detected: {'; '.join(leakage.undetected)}")
    return notes


def _count_divided(keys: Iterable[tuple[str, str]]) -> int:
    """Count the keys that occur with more than one split."""
    return sum(count > 1 for count in Counter(key for key, _ in set(keys)).values())


def _divided_members(
    groups: Mapping[str, str], splits: Mapping[str, str]
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the names and splits of the first groups in several splits."""
    members: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, split in splits.items():
        members[groups[name]].append((name, split))
    divided = (tuple(group) for group in members.values() if len({s for _, s in group}) > 1)
    return tuple(islice(divided, _MAX_LISTED))


def _nearest_pairs(
    rows: list[Signature], split_of: Mapping[str, str]
) -> tuple[tuple[str, str, str, str, int], ...]:
    hashes = np.array([row.phash for row in rows], np.uint64)
    splits = np.array([SPLITS.index(split_of[row.name]) for row in rows])
    nearest: list[tuple[int, int, int]] = []
    for first, second, distance in near_pairs(hashes, RADIUS):
        cross = np.flatnonzero(splits[first] != splits[second])
        columns = distance[cross], first[cross], second[cross]
        # Only the best pairs of each block: all pairs together may not fit in memory.
        best = np.lexsort(columns[::-1])[:_MAX_LISTED]
        pairs = zip(*(column[best].tolist() for column in columns), strict=True)
        nearest = sorted({*nearest, *pairs})[:_MAX_LISTED]
    names = [row.name for row in rows]
    return tuple(
        (names[i], names[j], split_of[names[i]], split_of[names[j]], d) for d, i, j in nearest
    )


def _shuffle_divided(groups: list[str]) -> float:
    """Return how many groups a plain 9:1 shuffle divides: the mean of `_SHUFFLES` shuffles."""
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    divided = []
    for seed in range(_SHUFFLES):
        in_test = np.random.default_rng(seed).permutation(len(groups)) < len(groups) / 10
        tested = np.bincount(index, weights=in_test)  # members of each group in the test set
        divided.append(int(((tested > 0) & (tested < sizes)).sum()))
    return float(np.mean(divided))


def _to_tuples(value: Any) -> Any:
    """Turn lists, also nested ones, into tuples."""
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value
