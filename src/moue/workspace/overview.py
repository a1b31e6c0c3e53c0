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
from moue.workspace.queries import count_groups_of_several
from moue.workspace.row_mapping import damage_reported


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
        clusters=count_groups_of_several(catalog),
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
    """Yield the measurements of all pictures that `clean` decides on, in order of collection.

    The pictures may be written during the loop.
    """
    sql = (
        f"SELECT id, name, kind, {WITH_FACES}, scores, dropped, decided_by FROM samples "
        f"WHERE id > ? AND {TO_CLEAN} ORDER BY id LIMIT 1000"
    )
    last = 0
    while page := catalog.execute(sql, [last]):
        last = page[-1]["id"]
        for _, name, kind, has_face, scores, dropped, decided_by in page:
            with damage_reported("picture", name):
                values = json.loads(scores)
            yield Measured(name, kind, bool(has_face), values, dropped, decided_by)
