"""Stage 6: what each mouth shows, who said so and when.

Three ways: the names of the folders the pictures came in, a CSV file, and sorting by hand in
a file manager (`sorting.py`). What a person said by hand outranks a CSV, which outranks a
folder's name.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from moue.catalog import Catalog, Decision
from moue.dataset.dedupe import duplicates_of
from moue.errors import DataError
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
    """A label for a mouth: who said it (`folder`, `csv` or `person`), and where it stands."""

    mouth: Mouth
    label: str
    by: str
    why: str


def label_of(text: str) -> str | None:
    """Return the label that a folder name or CSV value means, None when it means none."""
    return ALIASES.get(text.strip().lower())


def label_from_sources(catalog: Catalog) -> Summary:
    """Label main mouths by the nearest folder of their source that is named like a label.

    Other faces in a picture stay without a label: a folder says nothing about them. Where
    exact copies of a picture stood in folders that disagree, it stays without one too.
    """
    said: list[Said] = []
    notes: list[str] = []
    copies = duplicates_of(catalog)
    sources = {s.name: s.source for s in catalog.samples("dropped = 'duplicate'")}
    for mouth in catalog.mouths_in_use("face = 0"):
        sample = next(catalog.samples("name = ?", [mouth.sample]))
        found = {_from_folders(sample.source)}
        found |= {_from_folders(sources[copy]) for copy in copies.get(sample.name, ())}
        labels = {label for label in found if label}
        if len(labels) == 1:
            label = labels.pop()
            said.append(Said(mouth, label, "folder", f"folder of {sample.source}"))
        elif labels:
            notes.append(f"{sample.source}: copies stand under {' and '.join(sorted(labels))}")
    return _apply(catalog, said, notes)


def label_from_csv(catalog: Catalog, path: Path) -> Summary:
    """Label main mouths, and note persons, licences and tags, from a CSV file with a header.

    Columns: `file` (a path, from the CSV's folder, or only a file name), and any of `label`,
    `person`, `licence`; every other column becomes a tag by which results can be sliced.

    Raises:
        DataError: no `file` column, an unknown label, or a name that several files share.
    """
    said: list[Said] = []
    rows = list(_rows(path))
    with catalog.transaction():
        index = _by_file(catalog)
        unknown = 0
        for line, row in enumerate(rows, 2):
            sample = _match(index, path, row["file"], line)
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
                said.append(Said(mouth, label, "csv", f"{path}:{line}"))
    notes = [f"{unknown} of {len(rows)} rows name no picture in the catalog"] if unknown else []
    return _apply(catalog, said, notes)


def say(catalog: Catalog, said: Iterable[Said]) -> int:
    """Write labels down, unless one of higher rank stands there; return how many changed."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = 0
    with catalog.transaction():
        for item in said:
            mouth = item.mouth
            outranked = _RANK.get(mouth.label_by or "", -1) > _RANK[item.by]
            if outranked or (mouth.label, mouth.label_by) == (item.label, item.by):
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


def _from_folders(source: str) -> str | None:
    for folder in Path(source.split("#t=")[0]).parent.parts[::-1]:
        if label := label_of(folder):
            return label
    return None


def _rows(path: Path) -> Iterable[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if "file" not in (reader.fieldnames or ()):
                raise DataError(f"{path}: needs a header with a column named file")
            yield from reader
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _by_file(catalog: Catalog) -> dict[str, list[Sample]]:
    """Samples by their source and by its bare file name."""
    index: dict[str, list[Sample]] = {}
    for sample in catalog.samples():
        index.setdefault(sample.source, []).append(sample)
        index.setdefault(Path(sample.source).name, []).append(sample)
    return index


def _match(index: dict[str, list[Sample]], path: Path, file: str, line: int) -> Sample | None:
    exact = index.get(str((path.parent / file).absolute()))
    found = exact or index.get(file, [])
    if len(found) > 1 and exact is None:
        raise DataError(f"{path}:{line}: {file} names {len(found)} pictures; give its path")
    return found[-1] if found else None


def _note(catalog: Catalog, sample: Sample, row: Mapping[str, str]) -> None:
    changes: dict[str, object] = {k: row[k] for k in ("person", "licence") if row.get(k)}
    tags = {k: v for k, v in row.items() if k not in _KNOWN_COLUMNS and v}
    if tags:
        changes["tags"] = sample.tags | tags
    if changes:
        catalog.update_sample(sample.name, **changes)
