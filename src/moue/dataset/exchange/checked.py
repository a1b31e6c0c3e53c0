"""Check the values of a record of a data set, and return them as rows of the catalog.

The data set may come from anyone: a name becomes part of a path, and a wrong type would damage the
catalog.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from moue.dataset.exchange.record import Annotation
from moue.errors import DataError
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.label_set import LabelSet
from moue.workspace.provenance import Origin
from moue.workspace.row_mapping import checked_face
from moue.workspace.types import SPLITS, Decision, Mouth

_NAME = re.compile(r"[\w-]{1,120}")
_MOST_FACES = 10_000


def checked_name(value: Any, where: str) -> str:
    """Return the name of a sample or mouth; letters, digits, `-` and `_` are valid.

    Raises:
        DataError: the name has other characters, or is too long.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise DataError(f"{where}: the name {value!r:.80} is not a valid name of a picture")
    return value


def checked_texts(values: Mapping[str, Any], names: Collection[str], where: str) -> dict[str, Any]:
    """Return the values of these names, each a text or None; a missing value is None.

    Raises:
        DataError: a value has another type.
    """
    found = {name: values.get(name) for name in names}
    for name, value in found.items():
        if value is not None and not isinstance(value, str):
            raise DataError(f"{where}: {name} is {value!r:.60}, but must be a string")
    return found


def checked_tags(value: Any, where: str) -> dict[str, str]:
    """Return the attributes of a picture.

    Raises:
        DataError: a name or value is not a text.
    """
    tags = value or {}
    if not isinstance(tags, dict) or not all(isinstance(one, str) for one in tags.values()):
        raise DataError(f"{where}: the attributes {value!r:.60} are not texts")
    return tags


def checked_mouth(values: Mapping[str, Any], labels: LabelSet, where: str) -> Mouth:
    """Return the mouth that a data set describes.

    Raises:
        DataError: a value is invalid, or the workspace does not have the label.
    """
    texts = checked_texts(values, ("label_by", "label_at", "decided_by", "backend"), where)
    face, width = values.get("face"), values.get("width")
    for name, value, most in (("face", face, _MOST_FACES), ("width", width, 1 << 20)):
        if not _is_count(value, most):
            raise DataError(
                f"{where}: {name} is {value!r:.40}, but must be a whole number from 0 to {most}"
            )
    if values.get("split") not in (None, *SPLITS):
        raise DataError(
            f"{where}: the split {values.get('split')!r:.40} is not one of {', '.join(SPLITS)}"
        )
    if values.get("dropped") not in (None, *DROP_REASONS):
        raise DataError(f"{where}: the drop reason {values.get('dropped')!r:.40} is unknown")
    try:
        if values.get("detection") is not None:
            checked_face(values["detection"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise DataError(f"{where}: the face is damaged ({str(error)[:80]})") from error
    return Mouth(
        name=checked_name(values.get("name"), where), sample="", face=int(face or 0),
        width=int(width or 0), label=checked_label(values.get("label"), labels, where),
        split=values.get("split"), dropped=values.get("dropped"), **texts,
    )  # fmt: skip


def checked_label(value: Any, labels: LabelSet, where: str) -> str | None:
    """Return the label of the workspace that a data set names; None without a label.

    Raises:
        DataError: the workspace does not have the label.
    """
    if value is None:
        return None
    label = labels.find(value) if isinstance(value, str) else None
    if label is None:
        raise DataError(
            f"{where}: the label {value!r:.60} is not one of {', '.join(labels.names)}; list the "
            "labels of the data set in moue.toml: labels = [...]"
        )
    return label


def checked_annotation(one: Annotation, labels: LabelSet, where: str) -> dict[str, Any]:
    """Return label and box of an annotation as plain data for JSON.

    Raises:
        DataError: the workspace does not have the label, or the box is empty or not finite.
    """
    if one.box is not None:
        x0, y0, x1, y1 = one.box
        if not all(map(math.isfinite, one.box)) or x1 <= x0 or y1 <= y0:
            raise DataError(
                f"{where}: the box from ({x0:.6g}, {y0:.6g}) to ({x1:.6g}, {y1:.6g}) is empty or "
                "not finite; correct it in the data set"
            )
    return {"label": checked_label(one.label, labels, where), "box": one.box}


def checked_origins(value: Any, sample: str, where: str) -> list[Origin]:
    """Return the origins of a picture.

    Raises:
        DataError: a value is not a text.
    """
    names = [f.name for f in dataclasses.fields(Origin) if f.name != "sample"]
    rows = [checked_texts(one, names, where) for one in _objects(value, "origins", where)]
    required = ("engine", "query", "url", "at")
    return [
        Origin(sample=sample, **row | {name: row[name] or "" for name in required}) for row in rows
    ]


def checked_decisions(value: Any, names: Collection[str], where: str) -> list[Decision]:
    """Return the decisions on the samples and mouths of a record.

    Raises:
        DataError: a decision is on another name, or a value is not a text.
    """
    columns = [f.name for f in dataclasses.fields(Decision)]
    found = []
    for one in _objects(value, "decisions", where):
        row = checked_texts(one, columns, where)
        if row["name"] not in names or not all(row[name] for name in ("field", "by", "at")):
            raise DataError(
                f"{where}: a decision on {row['name']!r:.60} names another picture, or lacks its "
                "field, author or time"
            )
        found.append(Decision(**row))
    return found


def _objects(value: Any, what: str, where: str) -> list[dict[str, Any]]:
    rows = value or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{where}: the {what} are damaged")
    return rows


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
