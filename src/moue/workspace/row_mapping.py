"""Convert rows of the catalog to samples, mouths and fingerprints, and back."""

from __future__ import annotations

import binascii
import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from moue.errors import CatalogError
from moue.text import printable, to_json
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import PATCH_BYTES, Face, Fingerprint, Mouth, Sample

_JSON = ("tags", "scores", "faces")


def column(field: str, value: Any) -> Any:
    """Convert the value of a sample or mouth field to the value of its SQLite column."""
    if field == "faces":
        return None if value is None else to_json([face.to_dict() for face in value])
    if field in ("tags", "scores"):
        return to_json(value, sort_keys=True)
    return signed(value) if field.endswith("phash") else value


def signed(value: int | None) -> int | None:
    """Convert an unsigned 64-bit integer to the signed one with its bits, which SQLite stores."""
    return value - (1 << 64) if value is not None and value >> 63 else value


def sample(row: Mapping[str, Any]) -> Sample:
    """Convert a row of the table `samples` to a sample.

    Raises:
        CatalogError: a value of the row is invalid; the message names the sample.
    """
    return Sample(**checked(tuple(row), tuple(row.values())))


def checked(columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """Convert values of a row of the table `samples`, of which `name` is one, to fields by name.

    Raises:
        CatalogError: a value is invalid; the message names the sample.
    """
    data = dict(zip(columns, values, strict=True))
    with damage_reported("picture", data.get("name")):
        _check(data, _SAMPLE)
        _check_names(data, ("name",))
        return {name: _decoded(name, value) for name, value in data.items()}


def mouth(row: Mapping[str, Any]) -> Mouth:
    """Convert a row of the table `mouths` to a mouth.

    Raises:
        CatalogError: a value of the row is invalid; the message names the mouth.
    """
    with damage_reported("mouth", row.get("name")):
        _check(row, _MOUTH)
        _check_names(row, ("name", "sample", "label", "split"))
        return Mouth(**row)


def fingerprint(row: Mapping[str, Any]) -> Fingerprint:
    """Convert a row of the table `fingerprints` to a fingerprint.

    Raises:
        CatalogError: a value of the row is invalid; the message names the sample.
    """
    with damage_reported("picture", row.get("name")):
        patch = binascii.a2b_base64(row["patch"], strict_mode=True)
        if len(patch) != PATCH_BYTES:
            raise ValueError(f"the patch has {len(patch)} bytes instead of {PATCH_BYTES}")
        return Fingerprint(row["mirror_phash"] & ((1 << 64) - 1), patch)


def fingerprint_columns(found: Fingerprint) -> tuple[int, str]:
    """Convert a fingerprint to its column values: the signed hash, and the patch in base64."""
    patch = binascii.b2a_base64(found.patch, newline=False).decode("ascii")
    return column("mirror_phash", found.mirror_phash), patch


_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


@contextmanager
def damage_reported(kind: str, name: object) -> Iterator[None]:
    """Convert errors that a damaged value causes in the context to a CatalogError."""
    try:
        yield
    except _DAMAGE as error:
        raise damaged(kind, name, error) from error


def damaged(kind: str, name: object, reason: object) -> CatalogError:
    """Return the error to raise for a damaged row of the catalog.

    Args:
        kind: kind of row, such as `mouth` or `decision on`.
        name: name of the sample or mouth in the row.
        reason: description of the damaged value.
    """
    return CatalogError(
        f"the catalog is damaged in the row of the {kind} {printable(name)[:80]} "
        f"({printable(reason)[:120]}); restore a backup of catalog.db, or move the file away and "
        "collect again"
    )


def without_sample(mouth: Mouth) -> CatalogError:
    """Return the error to raise for a mouth whose sample is not in the catalog."""
    return damaged("mouth", mouth.name, f"its picture {mouth.sample} is missing")


def _kinds(cls: type) -> dict[str, tuple[type, ...]]:
    """Return the valid types of each column of a dataclass; JSON columns are text."""
    hints = typing.get_type_hints(cls)
    return {f.name: _columns(f.name, hints[f.name]) for f in dataclasses.fields(cls)}


def _columns(name: str, hint: Any) -> tuple[type, ...]:
    if name in _JSON:
        return (str, types.NoneType) if name == "faces" else (str,)
    parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if typing.get_origin(hint) is typing.Union:
        parts = typing.get_args(hint)
    return tuple(str if typing.get_origin(p) is typing.Literal else p for p in parts)


_SAMPLE, _MOUTH = _kinds(Sample), _kinds(Mouth)


def _check(row: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]]) -> None:
    for name, value in row.items():
        if not isinstance(value, kinds[name]):
            raise TypeError(f"{name} is {value!r}"[:100])
    if (reason := row.get("dropped")) is not None and reason not in DROP_REASONS:
        raise ValueError(f"dropped is {reason!r}"[:100])


def _check_names(row: Mapping[str, Any], fields: Sequence[str]) -> None:
    """Check fields that become parts of paths, because the catalog may be untrusted."""
    for field in fields:
        name = row[field]
        if name is not None and (name in ("", ".", "..") or set(name) & set("/\\:\0")):
            raise ValueError(f"{name!r} is not a valid file name"[:100])


def _decoded(column: str, value: Any) -> Any:
    """Convert the value of a column to the field of a sample."""
    if column == "tags":
        return _texts(json.loads(value))
    if column == "scores":
        return _numbers(json.loads(value))
    if value is None:
        return None
    if column == "faces":
        return tuple(checked_face(face) for face in json.loads(value))
    return value & ((1 << 64) - 1) if column.endswith("phash") else value


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise TypeError("a tag is not text")
    return value


def _numbers(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(_is_number(v) for v in value.values()):
        raise TypeError("a score is not a number")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def checked_face(data: Any) -> Face:
    """Return the face that `Face.to_dict` described; raise ValueError or TypeError if invalid."""
    face = Face.from_dict(data)
    corners = (face.box, face.lips, face.mouth_box)
    if any(box.shape != (4,) for box in corners) or not _is_number(face.score):
        raise ValueError("a face has no valid box or score")
    if not _is_number(face.roll) or not isinstance(face.backend, str | types.NoneType):
        raise TypeError("the roll or backend of a face has a wrong type")
    if face.landmarks is not None and (face.landmarks.ndim != 2 or face.landmarks.shape[1] != 2):
        raise ValueError("the landmarks of a face are not an (N, 2) array")
    return face


def insert_sql(table: str, fields: Sequence[str], same: str = "NOTHING") -> str:
    """Return the SQL that inserts a row of these fields; `same` is done on an existing name."""
    columns = ", ".join(f'"{field}"' for field in fields)
    marks = ", ".join("?" * len(fields))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (name) DO {same}"
