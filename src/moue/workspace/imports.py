"""The record of pictures that came from a data set: table `imported` of the catalog.

A workspace that imports a data set copies its pictures, so a sample describes the copy. The table
keeps what the data set says about the picture that the copy was made from, such as its source, its
SHA-256 and its group, so that a later export contains the same values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moue.text import restored, to_json
from moue.workspace.catalog import Catalog
from moue.workspace.row_mapping import damage_reported
from moue.workspace.types import Decision

SCHEME = "dataset:"
"""Beginning of the source of a sample from a data set."""


def dataset_of(source: str) -> str | None:
    """Return the data set in the source of a sample, such as `dataset:/data/mouths`.

    Return None for a sample that did not come from a data set.
    """
    return source.rpartition("#")[0] if source.startswith(SCHEME) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a data set says about a sample.

    Attributes:
        name: name of the sample.
        dataset: absolute path of the data set.
        cluster: name of its group in the data set; None without a group.
        facts: values of the picture and its mouths, as plain data for JSON.
    """

    name: str
    dataset: str
    cluster: str | None
    facts: dict[str, Any]


def add_imported(catalog: Catalog, rows: Iterable[Imported]) -> None:
    """Record samples that came from a data set; existing rows are replaced."""
    for row in rows:
        catalog.execute(
            "INSERT OR REPLACE INTO imported (name, dataset, cluster, facts) VALUES (?, ?, ?, ?)",
            [row.name, row.dataset, row.cluster, to_json(row.facts)],
        )


def imported(catalog: Catalog, names: Sequence[str]) -> dict[str, Imported]:
    """Return the records of samples that came from a data set, by name; others are omitted."""
    marks = ", ".join("?" * len(names))
    rows = catalog.execute(f"SELECT * FROM imported WHERE name IN ({marks})", names)
    return {row["name"]: _row(row) for row in rows}


def all_imported(catalog: Catalog) -> Iterator[Imported]:
    """Yield the records of all samples that came from a data set, sorted by name."""
    last = ""
    sql = "SELECT * FROM imported WHERE name > ? ORDER BY name LIMIT 500"
    while page := catalog.execute(sql, [last]):
        last = page[-1]["name"]
        yield from map(_row, page)


def imported_splits(catalog: Catalog, exported: bool) -> Iterator[tuple[int, str]]:
    """Yield the row number and the split of each sample that has a split in its data set.

    Args:
        exported: True to include data sets that moue exported, whose mouths have their split
            already.
    """
    condition = "" if exported else " AND json_array_length(facts, '$.mouths') = 0"
    sql = (
        "SELECT s.id, json_extract(facts, '$.split') FROM imported AS i "
        "JOIN samples AS s ON s.name = i.name "
        f"WHERE json_extract(facts, '$.split') IS NOT NULL{condition}"
    )
    return ((number, split) for number, split in catalog.stream(sql))


def add_history(catalog: Catalog, decisions: Iterable[Decision]) -> None:
    """Record decisions that were made in another workspace, with their original times."""
    for d in decisions:
        catalog.execute(
            "INSERT INTO decisions (name, field, old, value, by, why, at) VALUES (?,?,?,?,?,?,?)",
            [d.name, d.field, d.old, d.value, d.by, d.why, d.at],
        )


def _row(row: Any) -> Imported:
    with damage_reported("picture", row["name"]):
        facts = json.loads(row["facts"])
        if not isinstance(facts, dict):
            raise TypeError("the facts are not an object")
        return Imported(
            name=row["name"], dataset=restored(row["dataset"]), cluster=restored(row["cluster"]),
            facts=facts,
        )  # fmt: skip
