"""Leakage: count related pictures in different splits, with a random shuffle as the baseline."""

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
from moue.dataset.near_hashes import near_pairs
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put_json
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import SPLITS

__all__ = ["RADIUS", "Leakage", "leakage_notes", "measure_leakage", "undetected_leaks"]

RADIUS = 8
"""Maximum Hamming distance of the listed nearest pairs, in bits of 64."""
_MAX_LISTED, _MAX_NAMED = 20, 3
"""Maximum number of list entries in the report, and of names in a note."""
_SHUFFLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """Counts and examples of related pictures in different splits.

    Attributes:
        divided_groups: Number of groups in several splits; only a predefined split divides groups.
        divided_members: Members of the first 20 divided groups: for each group, a tuple of
            (name, split) pairs.
        shared_files: Number of SHA-256 digests that occur in several splits.
        nearest_pairs: Nearest pairs of pictures in different splits: two names, two splits and the
            Hamming distance of the hashes; at most 20 pairs, none above 8 bits.
        groups: Number of groups with several pictures, including dropped duplicates.
        shuffle_divided: Mean number of groups that a random 9:1 shuffle divides, over 20 shuffles.
        links: Number of groups that need each kind of link, by kind (`grouping.LINK_KINDS`).
        shared_stems: Names of dissimilar pictures in different splits with the same file name
            stem: a tuple for each of the first 20 stems.
        shared_stem_count: Number of file name stems of dissimilar pictures in different splits.
        pictures: Number of pictures with a split.
        subjects_known: Number of pictures with a split and a known subject.
        undetected: Sentences that state the kinds of leakage that the check cannot detect.
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
        """Create a `Leakage` from the JSON data that `measure_leakage` writes.

        Raises:
            KeyError, TypeError: The data is damaged.
        """
        lists = ("nearest_pairs", "divided_members", "shared_stems", "undetected")
        return cls(**data | {name: _to_tuples(data[name]) for name in lists})


def measure_leakage(
    catalog: Catalog, target: Path, radius: int = DedupeSettings().radius
) -> Leakage:
    """Measure the leakage between the splits, and write it to `target` as JSON.

    Args:
        target: Path of the JSON file.
        radius: Maximum Hamming distance of near-duplicates, as in `DedupeSettings`.
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
    """Return sentences that state the kinds of leakage that `measure_leakage` cannot detect.

    Args:
        subjects_known: Number of pictures with a known subject.
        pictures: Number of pictures with a split.
    """
    if not subjects_known:
        subjects = "subjects are unknown: pictures of one subject may be in several splits"
    elif subjects_known < pictures:
        subjects = (
            f"subjects are known for {subjects_known:,} of {pictures:,} pictures: other pictures "
            "of one subject may be in several splits"
        )
    else:
        subjects = "all subjects are known, but incorrect subjects cannot be detected"
    return (
        subjects,
        "heavy edits, such as collages, strong filters, overlays and swapped faces, are not "
        "recognised as copies",
        "a group photo that is cropped to another face is not recognised as a copy",
    )


def leakage_notes(leakage: Leakage) -> list[str]:
    """Return summary notes: counts of related pictures, and the kinds of leakage not detected."""
    notes = [
        f"leakage: {leakage.divided_groups} groups and {leakage.shared_files} files are in several "
        f"splits; a random shuffle divides {leakage.shuffle_divided:.1f} of {leakage.groups} "
        "groups on average"
    ]
    for group in leakage.divided_members[:_MAX_NAMED]:
        names = first_names([f"{name} ({split})" for name, split in group], _MAX_NAMED)
        notes.append(f"these pictures of one group are in several splits: {names}")
    if any(leakage.links.values()):
        links = ", ".join(f"{kind} {count}" for kind, count in leakage.links.items() if count)
        notes.append(f"number of groups that need each kind of link: {links}")
    if leakage.shared_stem_count:
        stems = leakage.shared_stems[:_MAX_NAMED]
        names = "; ".join(", ".join(stem[:_MAX_NAMED]) for stem in stems)
        notes.append(
            f"{leakage.shared_stem_count} file names occur in several splits, but their pictures "
            f"are not similar, so they form no group: {names}"
        )
    notes.append(f"the leakage check is incomplete: {'; '.join(leakage.undetected)}")
    return notes


def _count_divided(keys: Iterable[tuple[str, str]]) -> int:
    """Return the number of keys that occur in (key, split) pairs with different splits."""
    return sum(count > 1 for count in Counter(key for key, _ in set(keys)).values())


def _divided_members(
    groups: Mapping[str, str], splits: Mapping[str, str]
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the (name, split) pairs of the first groups that are in several splits."""
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
        # Keep only the best pairs of each block, because all pairs may not fit in memory.
        best = np.lexsort(columns[::-1])[:_MAX_LISTED]
        pairs = zip(*(column[best].tolist() for column in columns), strict=True)
        nearest = sorted({*nearest, *pairs})[:_MAX_LISTED]
    names = [row.name for row in rows]
    return tuple(
        (names[i], names[j], split_of[names[i]], split_of[names[j]], d) for d, i, j in nearest
    )


def _shuffle_divided(groups: list[str]) -> float:
    """Return the mean number of groups that a random 9:1 shuffle divides."""
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    divided = []
    for seed in range(_SHUFFLES):
        in_test = np.random.default_rng(seed).permutation(len(groups)) < len(groups) / 10
        tested = np.bincount(index, weights=in_test)  # members of each group in the test set
        divided.append(int(((tested > 0) & (tested < sizes)).sum()))
    return float(np.mean(divided))


def _to_tuples(value: Any) -> Any:
    """Convert a list and all nested lists to tuples; return other values unchanged."""
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value
