"""Read and write the rows of pixel stages, many with one statement.

Values are those of the columns, as the catalog stores them; see `row_mapping`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from moue.workspace.catalog import Catalog
from moue.workspace.conditions import DROPPED, where

Row: TypeAlias = tuple[Any, ...]
"""Values of columns of one sample."""


def pending_rows(
    catalog: Catalog, stage: str, key: str, columns: Sequence[str], *conditions: str
) -> tuple[int, Iterator[Row]]:
    """Return the number of samples that a pixel stage must process, and their rows.

    Args:
        catalog: open catalog.
        stage: name of the stage.
        key: fingerprint of the settings; samples that were processed with another key are pending.
        columns: columns of the rows; see `Catalog.sample_rows`.
        conditions: further conditions on the samples.
    """
    done = "SELECT 1 FROM steps WHERE steps.name = samples.name AND stage = ? AND key = ?"
    condition, _ = where((f"NOT EXISTS ({done})", *conditions), {})
    values = [stage, key]
    rows = catalog.execute(f"SELECT count(*) FROM samples WHERE {condition}", values)
    return int(rows[0][0]), catalog.sample_rows(columns, condition, values)


def update_samples(catalog: Catalog, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Set columns of many samples.

    Args:
        catalog: open catalog.
        columns: names of the columns to set.
        rows: name of each sample and its values of the columns.
    """
    changes = ", ".join(f'"{column}" = ?{i}' for i, column in enumerate(columns, start=2))
    catalog.execute_each(f"UPDATE samples SET {changes} WHERE name = ?1", rows)


def dropped_among(catalog: Catalog, names: Sequence[str]) -> set[str]:
    """Return the names of the dropped samples among up to a few hundred samples."""
    condition, values = where((DROPPED,), {"name": list(names)})
    rows = catalog.execute(f"SELECT name FROM samples WHERE {condition}", values)
    return {row["name"] for row in rows}


def put_fingerprints(catalog: Catalog, columns: Mapping[str, tuple[int, str] | None]) -> None:
    """Store the fingerprints of samples.

    Args:
        catalog: open catalog.
        columns: columns of the fingerprint by name of the sample, as `fingerprint_columns` returns
            them; None deletes the fingerprint.
    """
    catalog.execute_each(
        "INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?)",
        ((name, *values) for name, values in columns.items() if values is not None),
    )
    catalog.execute_each(
        "DELETE FROM fingerprints WHERE name = ?",
        ((name,) for name, values in columns.items() if values is None),
    )
