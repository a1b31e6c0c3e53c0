"""Second passes: labels that a person gives again without seeing the first ones.

The labels of a pass stay apart from the labels of the mouths, until a person settles the disputes.

- `passes`: one row for each pass.
- `pass_items`: the mouths of a pass in their order, with the label that the pass gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from moue.errors import DataError
from moue.workspace.catalog import Catalog


@dataclass(frozen=True, slots=True)
class LabelPass:
    """A pass over mouths.

    Attributes:
        id: number of the pass.
        labeller: name of the person who labels.
        at: time of its start in UTC, ISO 8601.
        total: number of mouths.
        labelled: number of mouths that have a label from this pass.
    """

    id: int
    labeller: str
    at: str
    total: int
    labelled: int


@dataclass(frozen=True, slots=True)
class PassItem:
    """One mouth of a pass.

    Attributes:
        position: position in the pass, from 0.
        name: name of the mouth.
        label: label from this pass; None before.
        first: current label of the mouth; None if it has no label any more.
    """

    position: int
    name: str
    label: str | None
    first: str | None


_PASS = (
    "SELECT p.id, p.labeller, p.at, count(i.name) AS total, count(i.label) AS labelled "
    "FROM passes AS p LEFT JOIN pass_items AS i ON i.pass = p.id"
)
_ITEM = (
    "SELECT i.position, i.name, i.label, m.label AS first FROM pass_items AS i "
    "JOIN mouths AS m ON m.name = i.name WHERE i.pass = ?"
)


def create(catalog: Catalog, op_id: str, labeller: str, names: Sequence[str]) -> LabelPass:
    """Start a pass over mouths; the same `op_id` returns the pass that it started.

    Raises:
        DataError: there are no mouths.
    """
    if not names:
        raise DataError("the filter selects no labelled mouth; label mouths first")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with catalog.transaction():
        rows = catalog.execute("SELECT id FROM passes WHERE op_id = ?", [op_id])
        if not rows:
            rows = catalog.execute(
                "INSERT INTO passes (op_id, labeller, at) VALUES (?, ?, ?) RETURNING id",
                [op_id, labeller, now],
            )
            for position, name in enumerate(names):
                catalog.execute(
                    "INSERT INTO pass_items (pass, position, name) VALUES (?, ?, ?)",
                    [rows[0]["id"], position, name],
                )
    return get(catalog, rows[0]["id"])


def all_passes(catalog: Catalog) -> list[LabelPass]:
    """Return all passes, latest first."""
    rows = catalog.execute(f"{_PASS} GROUP BY p.id ORDER BY p.id DESC")
    return [LabelPass(**dict(row)) for row in rows]


def get(catalog: Catalog, number: int) -> LabelPass:
    """Return a pass.

    Raises:
        DataError: no pass has this number.
    """
    rows = catalog.execute(f"{_PASS} WHERE p.id = ? GROUP BY p.id", [number])
    if not rows:
        raise DataError(f"no pass has the number {number}")
    return LabelPass(**dict(rows[0]))


def to_label(catalog: Catalog, number: int, after: int, limit: int) -> list[PassItem]:
    """Return the next mouths of a pass that it has not labelled, after a position."""
    sql = f"{_ITEM} AND i.label IS NULL AND i.position > ? ORDER BY i.position LIMIT ?"
    return [PassItem(**dict(row)) for row in catalog.execute(sql, [number, after, limit])]


def labelled(catalog: Catalog, number: int) -> list[PassItem]:
    """Return the mouths that a pass has labelled, in the order of the pass."""
    sql = f"{_ITEM} AND i.label IS NOT NULL ORDER BY i.position"
    return [PassItem(**dict(row)) for row in catalog.execute(sql, [number])]


def set_label(catalog: Catalog, number: int, name: str, label: str | None) -> bool:
    """Set or clear the label that a pass gives to a mouth; return False for a foreign mouth."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    sql = "UPDATE pass_items SET label = ?, at = ? WHERE pass = ? AND name = ? RETURNING name"
    return bool(catalog.execute(sql, [label, label and now, number, name]))


def disputes(catalog: Catalog) -> int:
    """Return the number of mouths in use that a pass labelled differently.

    A later decision of a person on the label settles a dispute.
    """
    rows = catalog.execute(
        "SELECT count(DISTINCT i.name) AS number FROM pass_items AS i "
        "JOIN mouths AS m ON m.name = i.name JOIN samples AS s ON s.name = m.sample "
        "WHERE i.label IS NOT NULL AND m.label IS NOT NULL AND i.label <> m.label "
        "AND m.dropped IS NULL AND s.dropped IS NULL AND NOT EXISTS ("
        "SELECT 1 FROM decisions AS d WHERE d.name = i.name AND d.field = 'label' "
        "AND d.by = 'user' AND d.at > i.at)"
    )
    return int(rows[0]["number"])
