"""Leakage: count related pictures in different splits, with a random shuffle as the baseline."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.dataset.dedupe import DedupeSettings
from moue.dataset.file_stems import original_stem
from moue.dataset.grouping import count_links, find_groups
from moue.dataset.near_hashes import near_pairs
from moue.dataset.signatures import Signatures, indices_by_stem
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.columns import Numbers, dataset_samples, names_of
from moue.workspace.owned_files import put_json
from moue.workspace.types import SPLITS

__all__ = ["RADIUS", "Leakage", "leakage_notes", "measure_leakage", "undetected_leaks"]

RADIUS = 8
"""Maximum Hamming distance of the listed nearest pairs, in bits of 64."""
_MAX_LISTED, _MAX_NAMED = 20, 3
"""Maximum number of list entries in the report, and of names in a note."""
_SHUFFLES, _SHUFFLED = 20, 5_000_000
"""Maximum number of shuffles, and of shuffled pictures in all shuffles."""


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
        shuffle_divided: Mean number of groups that a random 9:1 shuffle divides, over at most 20
            shuffles.
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
    groups, sets = find_groups(catalog), _Sets(catalog)
    own_groups = groups.of(sets.numbers)
    stems, stem_count = _shared_stems(catalog, sets, own_groups)
    leakage = Leakage(
        divided_groups=len(_divided(own_groups, sets.splits)),
        shared_files=len(_divided(sets.digests, sets.splits)),
        nearest_pairs=_nearest_pairs(catalog, sets),
        shuffle_divided=_shuffle_divided(groups.oldest),
        groups=int((np.unique(groups.oldest, return_counts=True)[1] > 1).sum()),
        divided_members=_divided_members(catalog, sets, own_groups),
        links=count_links(catalog, radius),
        shared_stems=stems,
        shared_stem_count=stem_count,
        pictures=len(sets.numbers),
        subjects_known=sets.subjects_known,
        undetected=undetected_leaks(sets.subjects_known, len(sets.numbers)),
    )
    put_json(catalog, target, asdict(leakage), "split")
    return leakage


class _Sets:
    """The pictures with a split, as arrays.

    Attributes:
        numbers: (N,) int64 row numbers of the samples, in rising order.
        digests, stems: (N,) uint64; see `Signatures`.
        phash: (N,) uint64 perceptual hashes.
        splits: (N,) int8 indices into `SPLITS`.
        subjects_known: number of pictures with a known subject.
    """

    def __init__(self, catalog: Catalog) -> None:
        splits, self.subjects_known = array("b"), 0

        def rows() -> Iterator[tuple[Any, ...]]:
            for number, sha256, phash, source, frame, subject, split in dataset_samples(catalog):
                splits.append(split)
                self.subjects_known += subject
                stem = "" if frame else original_stem(source)
                yield number, sha256, phash or 0, 0, 0.0, 0.0, False, stem, False

        found = Signatures(rows())
        self.numbers, self.digests, self.stems = found.numbers, found.digests, found.stems
        self.phash, self.splits = found.phash, np.array(splits, np.int8)


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


def _divided(keys: npt.NDArray[Any], splits: npt.NDArray[np.int8]) -> npt.NDArray[Any]:
    """Return the keys that occur with several splits, in rising order."""
    order = np.lexsort((splits, keys))
    keys, splits = keys[order], splits[order]
    same = keys[1:] == keys[:-1]
    return np.unique(keys[1:][same & (splits[1:] != splits[:-1])])


def _divided_members(
    catalog: Catalog, sets: _Sets, groups: Numbers
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the (name, split) pairs of the first groups that are in several splits."""
    divided = []
    for group in _divided(groups, sets.splits)[:_MAX_LISTED]:
        rows = np.flatnonzero(groups == group)
        names = _names(catalog, sets, rows)
        pairs = zip(names, sets.splits[rows].tolist(), strict=True)
        divided.append(tuple((name, SPLITS[split]) for name, split in pairs))
    return tuple(divided)


def _shared_stems(
    catalog: Catalog, sets: _Sets, groups: Numbers
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Return the pictures that share a file name stem but are in different groups and splits.

    Returns:
        Names of the pictures, one tuple for each of the first stems; and the number of stems.
    """
    shared: list[tuple[str, ...]] = []
    count = 0
    for members in indices_by_stem(sets.stems):
        if len(set(sets.splits[members])) > 1 and len(set(groups[members])) > 1:
            count += 1
            if len(shared) < _MAX_LISTED:
                shared.append(tuple(_names(catalog, sets, np.array(members))))
    return tuple(shared), count


def _nearest_pairs(catalog: Catalog, sets: _Sets) -> tuple[tuple[str, str, str, str, int], ...]:
    nearest: list[tuple[int, int, int]] = []
    for first, second, distance in near_pairs(sets.phash, RADIUS):
        cross = np.flatnonzero(sets.splits[first] != sets.splits[second])
        columns = distance[cross], first[cross], second[cross]
        # Keep only the best pairs of each block, because all pairs may not fit in memory.
        best = np.lexsort(columns[::-1])[:_MAX_LISTED]
        pairs = zip(*(column[best].tolist() for column in columns), strict=True)
        nearest = sorted({*nearest, *pairs})[:_MAX_LISTED]
    found = []
    for bits, *rows in nearest:
        names = _names(catalog, sets, np.array(rows))
        one, other = (SPLITS[split] for split in sets.splits[rows].tolist())
        found.append((*names, one, other, bits))
    return tuple(found)  # type: ignore[arg-type]


def _names(catalog: Catalog, sets: _Sets, rows: npt.NDArray[np.intp]) -> list[str]:
    numbers = sets.numbers[rows].tolist()
    names = names_of(catalog, numbers)
    return [names[number] for number in numbers]


def _shuffle_divided(groups: Numbers) -> float:
    """Return the mean number of groups that a random 9:1 shuffle divides."""
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    divided = []
    # Among millions of pictures, the shuffles hardly differ.
    for seed in range(max(1, min(_SHUFFLES, _SHUFFLED // max(1, len(groups))))):
        in_test = np.random.default_rng(seed).permutation(len(groups)) < len(groups) / 10
        tested = np.bincount(index, weights=in_test)  # members of each group in the test set
        divided.append(int(((tested > 0) & (tested < sizes)).sum()))
    return float(np.mean(divided))


def _to_tuples(value: Any) -> Any:
    """Convert a list and all nested lists to tuples; return other values unchanged."""
    return tuple(map(_to_tuples, value)) if isinstance(value, list) else value
