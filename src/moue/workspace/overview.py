"""Numbers about a whole workspace: what each stage left, and the measurements of the pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from moue.workspace.catalog import Catalog
from moue.workspace.conditions import (
    CONVERTED,
    DETECTED,
    DROPPED,
    IN_SPLIT,
    IN_USE,
    LABELLED,
    TO_CLEAN,
    WITH_FACES,
)
from moue.workspace.passes import disputes


@dataclass(frozen=True, slots=True)
class Overview:
    """Numbers of pictures and mouths.

    Attributes:
        found: pictures in the catalog, except those that were replaced by another picture.
        readable: pictures that were converted.
        with_face: pictures with a detected face, even if they were dropped later.
        unique: pictures in use after the search for faces and duplicates.
        crops: mouths in use.
        labelled: mouths in use with a label.
        split: mouths in use with a label and a split.
        pictures: pictures in use.
        dropped: dropped pictures, by drop reason.
        labels: mouths in use, by label.
        splits: mouths in use with a label, by split.
        clusters: groups of at least two pictures.
        disputes: mouths in use with another label in a second pass, and no later decision.
    """

    found: int
    readable: int
    with_face: int
    unique: int
    crops: int
    labelled: int
    split: int
    pictures: int
    dropped: dict[str, int]
    labels: dict[str, int]
    splits: dict[str, int]
    clusters: int
    disputes: int


def overview(catalog: Catalog) -> Overview:
    """Count the pictures and mouths of a catalog."""
    dropped = catalog.count("samples", "dropped", DROPPED)
    labels = catalog.count_in_use("label")
    splits = catalog.count_in_use("split", LABELLED, IN_SPLIT)
    crops = sum(labels.values())
    return Overview(
        found=catalog.total() - dropped.get("replaced", 0),
        readable=catalog.total(CONVERTED),
        with_face=catalog.total(DETECTED, WITH_FACES),
        unique=catalog.total(DETECTED, IN_USE),
        crops=crops,
        labelled=crops - labels.pop(None, 0),
        split=sum(splits.values()),
        pictures=catalog.total(IN_USE),
        dropped=dropped,
        labels=labels,
        splits=splits,
        clusters=_clusters(catalog),
        disputes=disputes(catalog),
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one picture that `clean` decides on.

    Attributes:
        name: name of the sample.
        kind: `photo` or `mouth`.
        faces: whether a face was detected.
        scores: measurements by name.
        dropped: drop reason; None while in use.
        decided_by: stage or person that decided on the picture.
    """

    name: str
    kind: str
    faces: bool
    scores: dict[str, float]
    dropped: str | None
    decided_by: str | None


def measured(catalog: Catalog) -> Iterator[Measured]:
    """Yield the measurements of all pictures that `clean` decides on, in order of collection."""
    rows = catalog.execute(
        f"SELECT name, kind, {WITH_FACES} AS has_face, scores, dropped, decided_by FROM samples "
        f"WHERE {TO_CLEAN} ORDER BY id"
    )
    for row in rows:
        yield Measured(
            row["name"], row["kind"], bool(row["has_face"]), json.loads(row["scores"]),
            row["dropped"], row["decided_by"],
        )  # fmt: skip


def _clusters(catalog: Catalog) -> int:
    rows = catalog.execute(
        'SELECT count(*) AS number FROM (SELECT 1 FROM samples WHERE "group" IS NOT NULL '
        'GROUP BY "group" HAVING count(*) > 1)'
    )
    return int(rows[0]["number"])
