"""Stage 6: what each mouth shows, who said so and when.

Three ways: the names of the folders the pictures came in, a CSV file, and sorting by hand in
a file manager (`sorting.py`). What a person said by hand outranks a CSV, which outranks a
folder's name.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from moue.catalog import Catalog, Decision
from moue.dataset.dedupe import duplicates_of
from moue.errors import DataError
from moue.files import absolute
from moue.progress import Summary
from moue.sample import LABELS, PERSON, Mouth, Sample

ALIASES: dict[str, str] = {
    "0": "none", "1": "pout", "2": "smile", "3": "open",
    "neutral": "none", "pouting": "pout", "smiling": "smile",
    "openmouth": "open", "open_mouth": "open", "open-mouth": "open",
} | {label: label for label in LABELS}  # fmt: skip
"""Folder names and CSV values that mean a label, in lower case."""

_RANK = {"folder": 0, "csv": 1, PERSON: 2}
_KNOWN_COLUMNS = ("file", "label", "person", "licence")


@dataclass(frozen=True, slots=True)
class Said:
    """A label for a mouth, or None to take it away.

    Attributes:
        by: who said it: `folder`, `csv` or `person`.
        why: where it stands.
    """

    mouth: Mouth
    label: str | None
    by: str
    why: str


def label_of(text: str) -> str | None:
    """Return the label that a folder name or CSV value means, None when it means none."""
    return ALIASES.get(text.strip().lower())


def label_from_sources(catalog: Catalog) -> Summary:
    """Label main mouths by the nearest folder of their source that is named like a label.

    Other faces in a picture stay without a label: a folder says nothing about them. Where
    exact copies of a picture stood in folders that disagree, it stays without one too. The
    folders that all pictures share, such as /mnt/1 or /home/open, say nothing either.
    """
    said: list[Said] = []
    notes: list[str] = []
    shared = _shared_folders(catalog)
    copies = duplicates_of(catalog)
    sources = {s.name: s.source for s in catalog.samples("dropped = 'duplicate'")}
    for mouth in catalog.mouths_in_use("face = 0"):
        sample = next(catalog.samples("name = ?", [mouth.sample]))
        stood = [sample.source, *(sources[copy] for copy in copies.get(sample.name, ()))]
        labels = {label for source in stood if (label := _from_folders(source, shared))}
        if len(labels) == 1:
            said.append(Said(mouth, labels.pop(), "folder", f"folder of {sample.source}"))
        elif labels:
            why = f"{sample.source}: copies stand under {' and '.join(sorted(labels))}"
            said.append(Said(mouth, None, "folder", why))
            notes.append(why)
    return _apply(catalog, said, notes)


def label_from_csv(catalog: Catalog, path: Path) -> Summary:
    """Label main mouths, and note persons, licences and tags, from a CSV file with a header.

    Columns: `file` (a path, from the CSV's folder, or only a file name), and any of `label`,
    `person`, `licence`; every other column becomes a tag by which results can be sliced.

    Raises:
        DataError: no `file` column, an unknown label, a name that several files share, or
            rows that disagree.
    """
    said: dict[str, Said] = {}
    rows = list(_rows(path))
    with catalog.transaction():
        index = _by_file(catalog)
        unknown = 0
        for line, row in rows:
            sample = _match(index, path, row.get("file", ""), line)
            if sample is None:
                unknown += 1
                continue
            _note(catalog, sample, row)
            if not row.get("label"):
                continue
            label = label_of(row["label"])
            if label is None:
                raise DataError(
                    f"{path}:{line}: label {row['label']!r} is not one of {', '.join(LABELS)}"
                )
            for mouth in catalog.mouths("sample = ? AND face = 0", [sample.name]):
                before = said.setdefault(mouth.name, Said(mouth, label, "csv", f"{path}:{line}"))
                if before.label != label:
                    raise DataError(
                        f"{path}:{line}: {row['file']} is {label} here, {before.label} at "
                        f"{before.why}; keep one"
                    )
    notes = [f"{unknown} of {len(rows)} rows name no picture in the catalog"] if unknown else []
    return _apply(catalog, list(said.values()), notes)


def say(catalog: Catalog, said: Iterable[Said]) -> int:
    """Write labels down, unless one of higher rank stands there; return how many changed."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = 0
    with catalog.transaction():
        for item in said:
            mouth = item.mouth
            outranked = _RANK.get(mouth.label_by or "", -1) > _RANK[item.by]
            same = mouth.label == item.label and mouth.label_by in (None, item.by)
            if outranked or same:
                continue
            catalog.update_mouth(mouth.name, label=item.label, label_by=item.by, label_at=now)
            catalog.decide(
                [Decision(mouth.name, "label", mouth.label, item.label, item.by, item.why)]
            )
            changed += 1
    return changed


def label_counts(catalog: Catalog) -> dict[str, int]:
    """Return how many mouths in use have each label; `no label` last."""
    counts = Counter(mouth.label for mouth in catalog.mouths_in_use())
    named = {label: counts[label] for label in LABELS}
    return named | ({"no label": counts[None]} if counts[None] else {})


def _apply(catalog: Catalog, said: list[Said], notes: list[str]) -> Summary:
    changed = say(catalog, said)
    return Summary(stage="label", done=changed, counts=label_counts(catalog), notes=notes)


def _shared_folders(catalog: Catalog) -> int:
    """How many folders, from the root, all sources have in common."""
    shared: tuple[str, ...] | None = None
    for sample in catalog.samples():
        pairs = zip(_folders(sample.source), shared or _folders(sample.source), strict=False)
        shared = tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return len(shared or ())


def _folders(source: str) -> tuple[str, ...]:
    return Path(source).parent.parts


def _from_folders(source: str, shared: int) -> str | None:
    labels = map(label_of, reversed(_folders(source)[shared:]))
    return next(filter(None, labels), None)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its line number, without empty values."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if "file" not in (reader.fieldnames or ()):
                raise DataError(f"{path}: needs a header with a column named file")
            for row in reader:
                if None in row:
                    raise DataError(f"{path}:{reader.line_num}: has more values than the header")
                yield reader.line_num, {k: v.strip() for k, v in row.items() if v and v.strip()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _by_file(catalog: Catalog) -> dict[str, list[Sample]]:
    """Samples by their source and by its bare file name."""
    index: dict[str, list[Sample]] = {}
    for sample in catalog.samples():
        index.setdefault(sample.source, []).append(sample)
        index.setdefault(Path(sample.source).name, []).append(sample)
    return index


def _match(index: dict[str, list[Sample]], path: Path, file: str, line: int) -> Sample | None:
    found = index.get(str(absolute(path.parent / file))) or index.get(file, [])
    sources = {sample.source for sample in found}
    if len(sources) > 1:
        raise DataError(f"{path}:{line}: {file} names {len(sources)} pictures; give its path")
    return min(found, key=lambda s: s.dropped == "replaced", default=None)


def _note(catalog: Catalog, sample: Sample, row: Mapping[str, str]) -> None:
    changes: dict[str, object] = {k: row[k] for k in ("person", "licence") if k in row}
    tags = {k: v for k, v in row.items() if k not in _KNOWN_COLUMNS}
    if tags:
        changes["tags"] = sample.tags | tags
    if changes:
        catalog.update_sample(sample.name, **changes)
