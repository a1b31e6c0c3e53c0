"""The record of edits, that is, of changes that a person made with one key or click.

An edit makes decisions on one or many names. The record serves three purposes: an edit that a
client sends again is not applied again, an edit can be undone after a restart, and a change that
another client made since is noticed.

- `edits`: one row for each edit, by its `op_id`.
- `edit_changes`: one row for each name of an edit. `decision` is the number of its decision;
  NULL for a conflict, whose `value` is then the value in the catalog.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from moue.errors import CatalogError
from moue.text import to_json
from moue.workspace.catalog import Catalog
from moue.workspace.types import USER

UNDO: Final = "undo"
REDO: Final = "redo"
_REVERSIBLE = "action IN ('label', 'confirm', 'drop', 'restore', 'keep')"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEdit:
    """A recorded edit.

    Attributes:
        number: number of the edit; a later edit has a larger number.
        op_id: identifier that the client chose.
        action: `label`, `confirm`, `drop`, `restore`, `keep`, `undo`, `redo` or another action.
        kind: `pictures` or `mouths`.
        target: for `undo` and `redo`, the `op_id` of the edit that they reverse or repeat.
        undone: True while the edit is undone.
    """

    number: int
    op_id: str
    action: str
    kind: str
    target: str | None
    undone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """The change of one name by an edit.

    Attributes:
        name: name of the picture or mouth.
        field: changed field: `label` or `dropped`.
        old: value before the change.
        value: value after the change; for a conflict, the value in the catalog.
        decision: number of the decision; None for a conflict.
        before: columns of the row before the change, to restore them.
    """

    name: str
    field: str
    old: str | None
    value: str | None
    decision: int | None
    before: Mapping[str, Any]


def find(catalog: Catalog, op_id: str) -> LoggedEdit | None:
    """Return the edit with an `op_id`; None if it was not applied."""
    return _first(catalog, "g.op_id = ?", op_id)


def to_undo(catalog: Catalog) -> LoggedEdit | None:
    """Return the latest edit that changed something and is not undone."""
    changed = "SELECT 1 FROM edit_changes AS c WHERE c.edit = g.id AND c.decision > 0"
    return _first(catalog, f"g.undone = 0 AND g.{_REVERSIBLE} AND EXISTS ({changed})")


def to_redo(catalog: Catalog) -> LoggedEdit | None:
    """Return the edit of the latest undo; None if another edit or no undo came since."""
    rows = catalog.execute(f"SELECT max(id) AS number FROM edits WHERE {_REVERSIBLE}")
    return _first(
        catalog,
        "g.undone = 1 AND u.id > ?",
        rows[0]["number"] or 0,
        join="JOIN edits AS u ON u.action = 'undo' AND u.target = g.op_id",
        order="u.id DESC",
    )


def changes(catalog: Catalog, edit: LoggedEdit) -> list[LoggedChange]:
    """Return the changes and conflicts of an edit, sorted by name."""
    sql = (
        "SELECT name, field, old, value, decision, before FROM edit_changes "
        "WHERE edit = ? ORDER BY name"
    )
    try:
        return [
            LoggedChange(**dict(row) | {"before": json.loads(row["before"])})
            for row in catalog.execute(sql, [edit.number])
        ]
    except ValueError as error:
        raise CatalogError(f"{catalog.path}: edit {edit.op_id} is damaged") from error


def record(
    catalog: Catalog,
    edit: LoggedEdit,
    found: Iterable[LoggedChange],
    client: str | None = None,
) -> LoggedEdit:
    """Record an edit with its changes; return it with its number.

    Args:
        edit: edit; its number is ignored.
        found: changes and conflicts.
        client: identifier of the client, whose own decisions are no conflicts for it.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = catalog.execute(
        "INSERT INTO edits (op_id, action, kind, client, target, at) VALUES (?, ?, ?, ?, ?, ?) "
        "RETURNING id",
        [edit.op_id, edit.action, edit.kind, client, edit.target, now],
    )
    number = rows[0]["id"]
    for one in found:
        catalog.execute(
            "INSERT OR REPLACE INTO edit_changes VALUES (?, ?, ?, ?, ?, ?, ?)",
            [number, one.name, one.field, one.old, one.value, one.decision, to_json(one.before)],
        )
    return LoggedEdit(
        number=number, op_id=edit.op_id, action=edit.action, kind=edit.kind,
        target=edit.target, undone=False,
    )  # fmt: skip


def mark(catalog: Catalog, edit: LoggedEdit, undone: bool) -> None:
    """Record that an edit is undone, or is applied again."""
    sql = "UPDATE edits SET undone = ? WHERE id = ?"
    catalog.execute(sql, [int(undone), edit.number])


def latest_decision(catalog: Catalog) -> int:
    """Return the number of the latest decision; 0 without decisions."""
    return int(catalog.execute("SELECT ifnull(max(id), 0) AS number FROM decisions")[0]["number"])


def decisions_after(catalog: Catalog, number: int) -> dict[str, int]:
    """Return the numbers of the decisions after `number`, by name."""
    sql = "SELECT name, id FROM decisions WHERE id > ? ORDER BY id"
    return {row["name"]: row["id"] for row in catalog.execute(sql, [number])}


def changed_by_others(
    catalog: Catalog, name: str, field: str, seen: int, client: str | None
) -> bool:
    """Return whether a person changed a field since a client saw it.

    Decisions of stages do not count, since a person takes precedence. Decisions of the same client
    do not count either, since it knows them.

    Args:
        name: name of the picture or mouth.
        field: name of the field.
        seen: version that the client saw, that is, the number of the latest decision then.
        client: identifier of the client; None if it has none.
    """
    own = (
        "SELECT 1 FROM edit_changes AS c JOIN edits AS g ON g.id = c.edit "
        "WHERE c.name = d.name AND c.decision = d.id AND g.client = ?"
    )
    sql = (
        "SELECT 1 FROM decisions AS d WHERE d.name = ? AND d.field = ? AND d.by = ? AND d.id > ? "
        f"AND NOT EXISTS ({own}) LIMIT 1"
    )
    return bool(catalog.execute(sql, [name, field, USER, seen, client]))


def _first(
    catalog: Catalog, condition: str, *values: object, join: str = "", order: str = "g.id DESC"
) -> LoggedEdit | None:
    sql = (
        "SELECT g.id AS number, g.op_id, g.action, g.kind, g.target, g.undone "
        f"FROM edits AS g {join} WHERE {condition} ORDER BY {order} LIMIT 1"
    )
    rows = catalog.execute(sql, values)
    return LoggedEdit(**dict(rows[0]) | {"undone": bool(rows[0]["undone"])}) if rows else None
