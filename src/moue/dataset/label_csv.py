"""Set labels, subjects, licences and tags from a CSV file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from moue.dataset.csv_reader import CsvRow, CsvTable, read_csv
from moue.dataset.label import LabelUpdate, apply_labels, shortened
from moue.dataset.picture_index import Match, PictureIndex
from moue.errors import DataError
from moue.progress import Summary
from moue.text import first_names
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import DEFAULT, LabelSet

__all__ = ["COLUMNS", "REMARKS", "label_from_csv"]

COLUMNS: dict[str, tuple[str, ...]] = {
    "file": (
        "filename", "file_path", "path", "image", "image_name", "image_path", "img", "picture",
        "文件", "文件名", "文件路径", "路径", "图片", "图片名", "图片路径",
    ),
    "label": ("labels", "class", "class_name", "category", "expression", "标签", "类别", "表情"),
    "subject": ("subject_id", "person", "person_id"),
    "licence": ("license",),
}  # fmt: skip
"""Standard names of the known columns, with alternative names; other columns become tags."""

REMARKS = ("similarity",)
"""Columns that `moue people` writes as information for the user; they do not become tags."""

_WHOLE = re.compile(r"([0-9]+)[.,]0+")


@dataclass(frozen=True, slots=True)
class _PictureRow:
    """Values of one picture, merged from its rows; `line` is the line number of the first row."""

    line: int
    values: dict[str, str]
    label: str | None


@dataclass(frozen=True, slots=True)
class _MatchedTable:
    """A table in one encoding, with the matching picture of each row, or None."""

    table: CsvTable
    matches: tuple[Match | None, ...]

    @property
    def matched(self) -> int:
        return sum(match is not None for match in self.matches)

    def unmatched(self) -> str:
        """Return a text that lists the first rows for which no picture was found."""
        rows = zip(self.table.rows, self.matches, strict=True)
        names = [
            f"{row.values.get('file') or 'no file'} (line {row.line})"
            for row, match in rows
            if match is None
        ]
        return first_names(names, 5)


def label_from_csv(catalog: Catalog, path: Path, labels: LabelSet = DEFAULT) -> Summary:
    """Set labels of main faces, subjects, licences and tags from a CSV file with a header.

    The columns are `file` and optionally `label`, `subject` and `licence`; `COLUMNS` lists
    alternative names. Every other column becomes a tag, by which results can be sliced. A `file`
    is a file name or a path, which may come from another computer; `PictureIndex` finds its
    picture. The row of a dropped duplicate also applies to the kept picture, unless the kept
    picture has its own row. A mouth gets no label if rows give different labels to exact
    duplicates of its picture.

    Raises:
        DataError: There is no `file` column, two columns have the same meaning, a label is
            unknown, a file matches several pictures, two rows of a picture have different labels,
            or no row matches a picture.
    """
    best = _best(catalog, path)
    notes = list(_notes(path, best))
    rows: dict[str, _PictureRow] = {}
    for row, match in zip(best.table.rows, best.matches, strict=True):
        label = _label(path, row, labels)
        if match is not None:
            new = _PictureRow(row.line, row.values, label)
            rows[match.name] = _merged(path, rows[match.name], new) if match.name in rows else new
    disputed = _pass_on(catalog, path, rows)
    notes += shortened(list(disputed.values()), "duplicates with different labels")
    with catalog.transaction():
        for name, one in rows.items():
            _set_values(catalog, name, one.values)
    updates = list(_updates(catalog, path, rows, disputed, notes))
    return apply_labels(catalog, updates, notes, labels)


def _best(catalog: Catalog, path: Path) -> _MatchedTable:
    """Return the table in the encoding in which most rows match a picture."""
    read = list(read_csv(path, COLUMNS, "file"))
    files = {row.values.get("file", "") for table in read for row in table.rows}
    index = PictureIndex(catalog, files, path.parent)
    tables = [
        _MatchedTable(table, tuple(_match(index, path, row) for row in table.rows))
        for table in read
    ]
    best = max(tables, key=lambda one: one.matched)
    if best.table.rows and not best.matched:
        raise DataError(
            f"{path}: none of the {len(best.table.rows):,} rows matches a picture in the catalog: "
            f"{best.unmatched()}; give paths relative to the folder of the CSV file, or file names"
        )
    return best


def _match(index: PictureIndex, path: Path, row: CsvRow) -> Match | None:
    file = row.values.get("file", "")
    matches = index.find(file) if file else []
    if len(matches) > 1:
        raise DataError(
            f"{path}:{row.line}: {file} matches {len(matches)} pictures: "
            f"{', '.join(match.source for match in matches[:3])}; give a longer path"
        )
    return matches[0] if matches else None


def _notes(path: Path, best: _MatchedTable) -> Iterator[str]:
    total = len(best.table.rows)
    if not total:
        yield f"{path}: the file has a header but no rows"
    if best.matched < total:
        yield (
            f"{total - best.matched:,} of {total:,} rows match no picture in the catalog: "
            f"{best.unmatched()}"
        )
    partly = [
        f"{row.values['file']} as {match.source}"
        for row, match in zip(best.table.rows, best.matches, strict=True)
        if match is not None and match.partly
    ]
    if partly:
        names = first_names(partly, 2)
        yield f"{len(partly):,} rows were matched by the last parts of their paths: {names}"
    columns = best.table.columns
    if attributes := [column for column in columns if column not in (*COLUMNS, *REMARKS)]:
        yield f"these columns became attributes: {', '.join(attributes)}"
    if not set(columns) & (set(COLUMNS) - {"file"}):
        yield f"{path}: the file has no column named {', '.join(list(COLUMNS)[1:-1])} or licence"
    elif "label" in columns and (
        empty := sum("label" not in row.values for row in best.table.rows)
    ):
        yield f"{empty:,} of {total:,} rows have no label"
    for column in REMARKS:
        if column in columns:
            yield f"the column {column}, which `moue people` writes, does not become an attribute"
    if best.table.encoding:
        yield (
            f"{path} is not Unicode and was read as {best.table.encoding}; if names look wrong, "
            "save the file as CSV UTF-8"
        )


def _pass_on(catalog: Catalog, path: Path, rows: dict[str, _PictureRow]) -> dict[str, str]:
    """Apply the rows of dropped duplicates to the kept pictures, by changing `rows`.

    Returns:
        Notes, by name of the kept sample, on duplicates with different labels.
    """
    labelled = {name for name, row in rows.items() if row.label}
    disputed: dict[str, str] = {}
    for reason in ("duplicate", "near_duplicate"):
        for duplicate, kept in queries.kept_for(catalog, reason):
            row = rows.get(duplicate)
            if row is None or duplicate in disputed:
                continue
            before = rows.setdefault(kept, row)
            if before.label is None:
                rows[kept] = replace(before, label=row.label)
            elif row.label not in (None, before.label) and (
                reason == "duplicate" or kept not in labelled
            ):
                disputed[kept] = (
                    f"{path}:{row.line}: {row.values['file']} has the label {row.label}, but its "
                    f"duplicate in line {before.line} has {before.label}; the mouth gets no label"
                )
    return disputed


def _updates(
    catalog: Catalog,
    path: Path,
    rows: dict[str, _PictureRow],
    disputed: dict[str, str],
    notes: list[str],
) -> Iterator[LabelUpdate]:
    """Yield a label update for each labelled row; note pictures that have no mouth crop."""
    without = []
    for name, row in rows.items():
        if row.label is None:
            continue
        mouth = queries.main_mouth(catalog, name)
        if mouth is not None:
            label = None if name in disputed else row.label
            yield LabelUpdate(mouth, label, "csv", disputed.get(name, f"{path}:{row.line}"))
        elif (dropped := catalog.sample(name).dropped) not in ("duplicate", "near_duplicate"):
            without.append(
                f"{row.values['file']} (line {row.line}: {dropped or 'not cropped yet'})"
            )
    if without:
        notes.append(
            f"{len(without):,} rows have a label, but their pictures have no mouth crop: "
            f"{first_names(without, 5)}"
        )


def _label(path: Path, row: CsvRow, labels: LabelSet) -> str | None:
    text = row.values.get("label")
    if text is None:
        return None
    whole = _WHOLE.fullmatch(text)  # pandas writes a column of numbers with a gap as 2.0
    label = labels.find(whole[1] if whole and labels.named(text) is None else text)
    if label is None:
        near = labels.suggest(text)
        hint = f"; did you mean {near}?" if near else ""
        raise DataError(f"{path}:{row.line}: label {text!r} is not one of {labels.words}{hint}")
    return label


def _merged(path: Path, before: _PictureRow, row: _PictureRow) -> _PictureRow:
    """Merge two rows of one picture.

    Raises:
        DataError: The rows have different labels.
    """
    if before.label and row.label and before.label != row.label:
        raise DataError(
            f"{path}:{row.line}: {row.values['file']} has the label {row.label}, but "
            f"{before.label} in line {before.line}; keep one of the two rows"
        )
    return _PictureRow(before.line, before.values | row.values, before.label or row.label)


def _set_values(catalog: Catalog, name: str, values: dict[str, str]) -> None:
    changes: dict[str, object] = {k: values[k] for k in ("subject", "licence") if k in values}
    tags = {k: v for k, v in values.items() if k not in COLUMNS and k not in REMARKS}
    if tags:
        changes["tags"] = catalog.sample(name).tags | tags
    if changes:
        catalog.update_sample(name, **changes)
