"""Labels, persons, licences and tags from a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from moue.catalog import Catalog
from moue.dataset.dedupe import kept_for
from moue.dataset.label import Said, apply
from moue.errors import DataError
from moue.files import absolute
from moue.labels import DEFAULT, LabelSet
from moue.progress import Summary
from moue.sample import Sample

_COLUMNS = ("file", "label", "person", "licence")


@dataclass(frozen=True, slots=True)
class _Row:
    """What a line of the table says of one picture; empty values are left out."""

    line: int
    values: dict[str, str]
    label: str | None


def label_from_csv(catalog: Catalog, path: Path, labels: LabelSet = DEFAULT) -> Summary:
    """Label main mouths, and note persons, licences and tags, from a CSV file with a header.

    Columns: `file` (a path, from the CSV's folder, or only a file name), and any of `label`,
    `person`, `licence`; every other column becomes a tag by which results can be sliced. What
    is said of a duplicate that fell away holds for the picture that was kept in its place,
    unless a row speaks of that one itself.

    Raises:
        DataError: no `file` column, an unknown label, a name that several files share, or
            rows that disagree.
    """
    index = _by_file(catalog)
    rows: dict[str, _Row] = {}
    total = unknown = 0
    for row in _rows(path, labels):
        total += 1
        sample = _match(index, path, row)
        if sample is None:
            unknown += 1
        else:
            rows[sample.name] = _joined(path, rows.get(sample.name), row)
    fallen = kept_for(catalog, "near_duplicate") | kept_for(catalog, "duplicate")
    for copy, kept in fallen.items():
        if copy in rows:
            rows.setdefault(kept, rows[copy])
    with catalog.transaction():
        for name, row in rows.items():
            _note(catalog, name, row.values)
    notes = [f"{unknown} of {total} rows name no picture in the catalog"] if unknown else []
    return apply(catalog, _said(catalog, path, rows), notes, labels)


def _said(catalog: Catalog, path: Path, rows: dict[str, _Row]) -> Iterator[Said]:
    for name, row in rows.items():
        if row.label is not None:
            for mouth in catalog.mouths("sample = ? AND face = 0", [name]):
                yield Said(mouth, row.label, "csv", f"{path}:{row.line}")


def _rows(path: Path, labels: LabelSet) -> Iterator[_Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if "file" not in (reader.fieldnames or ()):
                raise DataError(f"{path}: needs a header with a column named file")
            for row in reader:
                if None in row:
                    raise DataError(f"{path}:{reader.line_num}: has more values than the header")
                values = {k: v.strip() for k, v in row.items() if v and v.strip()}
                yield _Row(reader.line_num, values, _label(path, reader.line_num, values, labels))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _label(path: Path, line: int, values: dict[str, str], labels: LabelSet) -> str | None:
    text = values.get("label")
    label = None if text is None else labels.find(text)
    if text is not None and label is None:
        raise DataError(f"{path}:{line}: label {text!r} is not one of {labels.words}")
    return label


def _joined(path: Path, before: _Row | None, row: _Row) -> _Row:
    """Two rows of one picture as one."""
    if before is None:
        return row
    if before.label and row.label and before.label != row.label:
        raise DataError(
            f"{path}:{row.line}: {row.values['file']} is {row.label} here, {before.label} at "
            f"{path}:{before.line}; keep one"
        )
    return _Row(before.line, before.values | row.values, before.label or row.label)


def _by_file(catalog: Catalog) -> dict[str, list[Sample]]:
    """Samples by their source and by its bare file name."""
    index: dict[str, list[Sample]] = {}
    for sample in catalog.samples():
        index.setdefault(sample.source, []).append(sample)
        index.setdefault(Path(sample.source).name, []).append(sample)
    return index


def _match(index: dict[str, list[Sample]], path: Path, row: _Row) -> Sample | None:
    file = row.values.get("file", "")
    found = index.get(str(absolute(path.parent / file))) or index.get(file, [])
    sources = {sample.source for sample in found}
    if len(sources) > 1:
        raise DataError(f"{path}:{row.line}: {file} names {len(sources)} pictures; give its path")
    return min(found, key=lambda s: s.dropped == "replaced", default=None)


def _note(catalog: Catalog, name: str, values: dict[str, str]) -> None:
    changes: dict[str, object] = {k: values[k] for k in ("person", "licence") if k in values}
    tags = {k: v for k, v in values.items() if k not in _COLUMNS}
    if tags:
        (sample,) = catalog.samples("name = ?", [name])
        changes["tags"] = sample.tags | tags
    if changes:
        catalog.update_sample(name, **changes)
