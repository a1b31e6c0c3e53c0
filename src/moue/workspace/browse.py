"""The rows of pictures and mouths that a page shows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.workspace.catalog import Catalog, batched
from moue.workspace.layout import image_key, mouth_key
from moue.workspace.predictions import PredictingModel, sql_measures

Numbers = npt.NDArray[np.int64]
"""(N,) row numbers of the table `samples` or `mouths`."""

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRow:
    """One picture in a list; the attributes are those of `Sample`, except the following.

    Attributes:
        faces: number of detected faces; None before detection.
        mouths: number of mouth crops.
        sha256: hex digest of the converted picture, else of the original.
        version: number of the latest decision on the picture; 0 without a decision.
    """

    name: str
    source: str
    kind: str
    width: int | None
    height: int | None
    licence: str | None
    dropped: str | None
    detail: str | None
    decided_by: str | None
    group: str | None
    faces: int | None
    mouths: int
    sha256: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthRow:
    """One mouth in a list; the attributes are those of `Mouth`, except the following.

    Attributes:
        dropped: drop reason of the mouth, else of its picture.
        group: group of the picture.
        sha256: hex digest of the crop file; empty without a crop.
        version: number of the latest decision on the mouth; 0 without a decision.
        probabilities: probabilities of the model; None without a prediction.
        predicted: predicted label; None without a prediction.
        margin: lead of the predicted label over the second one, in [0, 1].
        uncertainty: entropy of the probabilities, from 0 to 1.
        disagreement: see `predictions.sql_measures`.
    """

    name: str
    sample: str
    label: str | None
    label_by: str | None
    label_at: str | None
    split: str | None
    width: int
    dropped: str | None
    group: str | None
    sha256: str
    version: int
    probabilities: tuple[float, ...] | None
    predicted: str | None
    margin: float | None
    uncertainty: float | None
    disagreement: float | None


def picture_rows(catalog: Catalog, wanted: Sequence[int]) -> list[PictureRow]:
    """Return the pictures with these row numbers, in this order; missing ones are left out."""
    sql = (
        "s.id, s.name, s.source, s.kind, s.width, s.height, s.licence, s.dropped, s.detail, "
        's.decided_by, s."group", json_array_length(s.faces) AS faces, s.sha256 AS original, '
        "(SELECT count(*) FROM mouths AS m WHERE m.sample = s.name) AS mouths FROM samples AS s"
    )
    rows = _fetch(catalog, sql, "s.id", wanted)
    names = [row["name"] for row in rows]
    digests = _digests(catalog, [image_key(name) for name in names])
    latest = versions(catalog, names)
    plain = ("name", "source", "kind", "width", "height", "licence", "dropped", "detail",
             "decided_by", "group", "faces", "mouths")  # fmt: skip
    return [
        PictureRow(
            sha256=digests.get(image_key(row["name"]), row["original"]),
            version=latest.get(row["name"], 0),
            **{field: row[field] for field in plain},
        )
        for row in rows
    ]


def mouth_rows(
    catalog: Catalog, wanted: Sequence[int], model: PredictingModel | None = None
) -> list[MouthRow]:
    """Return the mouths with these row numbers, in this order; missing ones are left out."""
    measures = {} if model is None else sql_measures(model)
    sql = (
        "m.id, m.name, m.sample, m.label, m.label_by, m.label_at, m.split, m.width, "
        'coalesce(m.dropped, s.dropped) AS dropped, s."group", p.probabilities, '
        "p.label AS predicted, p.margin, p.entropy AS uncertainty, "
        f"{measures.get('disagreement', 'NULL')} AS disagreement "
        "FROM mouths AS m JOIN samples AS s ON s.name = m.sample "
        f"LEFT JOIN predictions AS p ON p.model = {model.id if model else -1} AND p.name = m.name"
    )
    rows = _fetch(catalog, sql, "m.id", wanted)
    names = [row["name"] for row in rows]
    digests = _digests(catalog, [mouth_key(name) for name in names])
    latest = versions(catalog, names)
    plain = ("name", "sample", "label", "label_by", "label_at", "split", "width", "dropped",
             "group", "predicted", "margin", "uncertainty", "disagreement")  # fmt: skip
    return [
        MouthRow(
            sha256=digests.get(mouth_key(row["name"]), ""),
            version=latest.get(row["name"], 0),
            probabilities=_probabilities(row["probabilities"]),
            **{field: row[field] for field in plain},
        )
        for row in rows
    ]


def numbers_of(catalog: Catalog, kind: str, names: Sequence[str]) -> list[int]:
    """Return the row numbers of the pictures or mouths with these names, in this order."""
    table = "mouths" if kind == "mouths" else "samples"
    found: dict[str, int] = {}
    for part in batched(names, _PAGE):
        sql = f"SELECT id, name FROM {table} WHERE name IN ({', '.join('?' * len(part))})"
        found |= {row["name"]: row["id"] for row in catalog.execute(sql, part)}
    return [found[name] for name in names if name in found]


def versions(catalog: Catalog, names: Sequence[str]) -> dict[str, int]:
    """Return the number of the latest decision on each name; names without one are left out."""
    found: dict[str, int] = {}
    for part in batched(names, _PAGE):
        marks = ", ".join("?" * len(part))
        sql = f"SELECT name, max(id) FROM decisions WHERE name IN ({marks}) GROUP BY name"
        found |= {row[0]: row[1] for row in catalog.execute(sql, part)}
    return found


def _fetch(catalog: Catalog, columns: str, key: str, wanted: Sequence[int]) -> list[sqlite3.Row]:
    found: dict[int, sqlite3.Row] = {}
    for part in batched(map(int, wanted), _PAGE):
        sql = f"SELECT {columns} WHERE {key} IN ({', '.join('?' * len(part))})"
        found |= {row["id"]: row for row in catalog.execute(sql, part)}
    return [found[number] for number in map(int, wanted) if number in found]


def crop_digests(catalog: Catalog, mouths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the recorded SHA-256 of the crop of each mouth that has a crop."""
    keys = {mouth_key(name): name for name in mouths}
    for key, digest in _digests(catalog, keys).items():
        yield keys[key], digest


def _digests(catalog: Catalog, paths: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in batched(paths, _PAGE):
        sql = f"SELECT path, sha256 FROM files WHERE path IN ({', '.join('?' * len(part))})"
        found |= {row["path"]: row["sha256"] for row in catalog.execute(sql, part)}
    return found


def _probabilities(text: str | None) -> tuple[float, ...] | None:
    return None if text is None else tuple(map(float, json.loads(text)))
