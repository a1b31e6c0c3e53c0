"""What the splits share, and what a plain shuffle would have made them share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from moue.dataset.dedupe import DedupeSettings
from moue.dataset.find_duplicates import Signature, signature_of
from moue.dataset.grouping import count_links, stems_in_several_splits
from moue.dataset.phash import near_pairs
from moue.dataset.split import find_groups
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put_json
from moue.workspace.queries import dataset_mouths
from moue.workspace.types import SPLITS

RADIUS = 8
_SHOWN = 20
_NAMED = 3
_SHUFFLES = 20


@dataclass(frozen=True, slots=True)
class _Row:
    """What is needed of a picture; all are held at once."""

    name: str
    split: str
    group: str
    sha256: str
    phash: int
    look: Signature
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """What the splits share.

    Attributes:
        straddling: groups that are in more than one split; a given split may divide them.
        torn: pictures of the first such groups: one tuple of (name, split) for each group.
        same_bytes: pictures with the same bytes in two splits.
        alike: the nearest pairs across splits: two names, their splits, and in how many of 64
            bits their hashes differ; at most 20, none of more than 8 bits.
        shuffled: of the groups with several pictures, dropped duplicates included, how many a
            plain 9:1 shuffle of the files puts on both sides: the mean of 20 shuffles.
        groups: how many such groups there are.
        ties: how many groups each kind of tie holds together, a key of `LINK_KINDS`.
        stems: pictures in different splits whose file names say that they are copies, though
            their looks do not: the first 20, as tuples of names; `same_stems` is their count.
        pictures: how many have a split, and `subjects_known`, for how many of them the subject.
        cannot_see: sentences on the leaks that these numbers cannot show.
    """

    straddling: int
    same_bytes: int
    alike: tuple[tuple[str, str, str, str, int], ...]
    shuffled: float
    groups: int
    torn: tuple[tuple[tuple[str, str], ...], ...] = ()
    ties: dict[str, int] = field(default_factory=dict)
    stems: tuple[tuple[str, ...], ...] = ()
    same_stems: int = 0
    pictures: int = 0
    subjects_known: int = 0
    cannot_see: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Leakage:
        """Return what `to_dict` described, read back from JSON.

        Raises:
            KeyError, TypeError: it is damaged.
        """
        lists = ("alike", "torn", "stems", "cannot_see")
        return cls(**data | {name: _tuples(data[name]) for name in lists})

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def leakage(catalog: Catalog, target: Path, radius: int = DedupeSettings().radius) -> Leakage:
    """Compare the splits with each other and write what they share to `target` as JSON.

    Args:
        radius: with which `dedupe` found near pictures.
    """
    groups = find_groups(catalog)
    pictures = {
        s.name: _Row(
            s.name,
            str(mouth.split),
            groups[s.name],
            s.sha256,
            s.phash or 0,
            signature_of(s),
            s.subject,
        )
        for mouth, s in dataset_mouths(catalog)
    }
    rows = list(pictures.values())
    splits = {row.name: row.split for row in rows}
    stems = stems_in_several_splits([row.look for row in rows], groups, splits)
    subjects_known = sum(row.subject is not None for row in rows)
    found = Leakage(
        straddling=_in_several((row.group, row.split) for row in rows),
        same_bytes=_in_several((row.sha256, row.split) for row in rows),
        alike=_alike(rows),
        shuffled=_shuffled(list(groups.values())),
        groups=sum(count > 1 for count in Counter(groups.values()).values()),
        torn=_torn(rows),
        ties=count_links(catalog, radius),
        stems=tuple(stems[:_SHOWN]),
        same_stems=len(stems),
        pictures=len(rows),
        subjects_known=subjects_known,
        cannot_see=cannot_see(subjects_known, len(rows)),
    )
    put_json(catalog, target, found.to_dict(), "split")
    return found


def cannot_see(known: int, count: int) -> tuple[str, ...]:
    """Return sentences on the leaks that are not looked for, or cannot be found.

    Args:
        known: pictures whose subject is known, of `count` pictures.
    """
    if not known:
        people = "people are unknown: photos of one person may be in several splits"
    elif known < count:
        people = (
            f"people are known for {known:,} of {count:,} pictures: of the others, photos of one "
            "person may be in several splits"
        )
    else:
        people = "people are taken as the labels name them"
    return (
        people,
        "heavy edits, such as collages, strong filters, overlays and swapped faces, are not "
        "recognised as copies",
        "a group photo that is cropped to another face is not recognised as a copy",
    )


def leakage_notes(found: Leakage) -> list[str]:
    """Return sentences for people: the counts first, then what they cannot show."""
    notes = [
        f"leakage: {found.straddling} groups and {found.same_bytes} files in two splits; "
        f"a plain shuffle would have put {found.shuffled:.1f} of {found.groups} groups in both"
    ]
    for group in found.torn[:_NAMED]:
        told = ", ".join(f"{name} ({split})" for name, split in group[:_NAMED])
        more = f" and {len(group) - _NAMED} more" if len(group) > _NAMED else ""
        notes.append(f"in two splits, though they belong together: {told}{more}")
    if any(found.ties.values()):
        told = ", ".join(f"{kind} {count}" for kind, count in found.ties.items() if count)
        notes.append(f"groups held together by: {told}")
    if found.same_stems:
        told = "; ".join(", ".join(names[:_NAMED]) for names in found.stems[:_NAMED])
        notes.append(
            f"{found.same_stems} file names are the same in several splits, but the pictures do "
            f"not look alike, so they were not put together: {told}"
        )
    notes.append(f"leakage that is not seen: {'; '.join(found.cannot_see)}")
    return notes


def _torn(rows: Iterable[_Row]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the names and splits of the first groups that are in several splits."""
    members: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        members[row.group].append(row)
    torn = (group for group in members.values() if len({row.split for row in group}) > 1)
    return tuple(tuple((row.name, row.split) for row in group) for group in islice(torn, _SHOWN))


def _tuples(value: Any) -> Any:
    """Return lists, and lists in them, as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _in_several(keys: Iterable[tuple[str, str]]) -> int:
    """How many keys occur with more than one split."""
    return sum(count > 1 for count in Counter(key for key, _ in set(keys)).values())


def _alike(rows: list[_Row]) -> tuple[tuple[str, str, str, str, int], ...]:
    hashes = np.array([row.phash for row in rows], np.uint64)
    splits = np.array([SPLITS.index(row.split) for row in rows])
    nearest: list[tuple[int, int, int]] = []
    for first, second, distance in near_pairs(hashes, RADIUS):
        cross = np.flatnonzero(splits[first] != splits[second])
        columns = distance[cross], first[cross], second[cross]
        best = np.lexsort(columns[::-1])[:_SHOWN]  # there may be very many: never keep them all
        found = zip(*(column[best].tolist() for column in columns), strict=True)
        nearest = sorted({*nearest, *found})[:_SHOWN]
    return tuple(
        (rows[i].name, rows[j].name, rows[i].split, rows[j].split, d) for d, i, j in nearest
    )


def _shuffled(groups: list[str]) -> float:
    _, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index)
    shared = []
    for seed in range(_SHUFFLES):
        held_out = np.random.default_rng(seed).permutation(len(groups)) < len(groups) / 10
        out = np.bincount(index, weights=held_out)
        shared.append(int(((out > 0) & (out < sizes)).sum()))
    return float(np.mean(shared))
