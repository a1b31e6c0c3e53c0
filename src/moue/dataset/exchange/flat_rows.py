"""The values of a crop as one row of text and numbers, for tables such as Parquet.

Lists and objects become JSON texts. A table holds Unicode text only, but a path on the disk may be
other bytes: such a value is escaped as moue prints it, and the column `exact` holds the value.
The column `exported_label` repeats the label, so that moue notices a label that another program
changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moue.dataset.exchange.record import OF_CROP, OF_MOUTH, Record
from moue.text import ERRORS, to_json

NUMBERS = ("face", "width")
"""Columns of integers; all others are texts."""
EXACT, EXPORTED = "exact", "exported_label"
_NESTED = ("tags", "origins", "decisions", "detection")
_PREFIXED = ("decided_by", "backend")
_FIRST = (
    "name", "label", "split", "group", "subject", "licence", "source", "tags", "label_by",
    "label_at",
)  # fmt: skip


def _column(name: str) -> str:
    return f"picture_{name}" if name in _PREFIXED else name


COLUMNS = (
    *_FIRST,
    *(name for name in (*OF_MOUTH, *map(_column, OF_CROP)) if name not in (*_FIRST, "dropped")),
    EXPORTED,
    EXACT,
)
"""Columns of a row, in order."""


def flat_row(record: Record) -> dict[str, str | int | None]:
    """Return the values of a crop by column."""
    (mouth,) = record.mouths
    values = {_column(name): record.picture.get(name) for name in OF_CROP} | mouth
    values[EXPORTED] = mouth["label"]
    exact: dict[str, str] = {}
    row: dict[str, str | int | None] = {}
    for column in COLUMNS[:-1]:
        value = values[column]
        if column in _NESTED:
            value = None if value is None else to_json(value)
        elif isinstance(value, str) and not _is_unicode(value):
            exact[column] = value
            value = value.encode("utf-8", ERRORS).decode("utf-8")
        row[column] = value
    return row | {EXACT: to_json(exact) if exact else None}


def from_flat_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments `picture`, `mouths` and `changed` of the record of a row.

    A text that another program changed replaces its exact value.

    Args:
        row: row that `flat_row` returned, and that another program may have changed.

    Raises:
        ValueError: a JSON text is invalid.
        TypeError: a JSON text is no object.
    """
    values: dict[str, Any] = {column: row.get(column) for column in COLUMNS}
    exact = json.loads(values.pop(EXACT) or "{}")
    for column, text in exact.items():
        if values.get(column) == text.encode("utf-8", ERRORS).decode("utf-8"):
            values[column] = text
    for column in _NESTED:
        values[column] = None if values[column] is None else json.loads(values[column])
    picture = {name: values[_column(name)] for name in OF_CROP}
    mouth = {name: values.get(name) for name in OF_MOUTH}
    label, mouth["label"] = mouth["label"], values[EXPORTED]
    changed = {} if label == mouth["label"] else {str(mouth["name"]): label}
    return {"form": "crop", "picture": picture, "mouths": [mouth], "changed": changed}


def is_flat_row(columns: Mapping[str, Any] | list[str]) -> bool:
    """Return whether moue wrote the rows of a table with these columns."""
    return {"name", "label", EXPORTED, "detection", "sha256", "origins"} <= set(columns)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
