"""Apply an edit of a person to the catalog, at most once.

Every change is a decision of the user in the catalog, also those of an undo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from moue.dataset.edits import (
    DROP_ACTIONS,
    LABEL_ACTIONS,
    Change,
    Conflict,
    Edit,
    Outcome,
)
from moue.dataset.label import LabelUpdate, set_labels
from moue.errors import DataError
from moue.workspace import edit_log as log
from moue.workspace import passes
from moue.workspace.browse import versions
from moue.workspace.catalog import Catalog, Decision, batched
from moue.workspace.edit_log import LoggedChange, LoggedEdit
from moue.workspace.stages import set_dropped, set_mouth_dropped
from moue.workspace.types import USER, Mouth, Sample

_PAGE = 400


def apply_edit(catalog: Catalog, edit: Edit) -> Outcome:
    """Apply an edit in one transaction, and record it; a recorded edit is not applied again.

    Raises:
        DataError: there is nothing to undo or redo, or the pass does not exist.
    """
    with catalog.transaction():
        done = log.find(catalog, edit.op_id)
        if done is not None:
            return _outcome(catalog, done)
        if edit.action == "pass":
            return _label_in_pass(catalog, edit)
        before = log.latest_decision(catalog)
        target = _target(catalog, edit)
        if target is None:
            changes = _change(catalog, edit)
        else:
            changes = _reverse(catalog, edit, target)
            log.mark(catalog, target, edit.action == log.UNDO)
        numbers = log.decisions_after(catalog, before)
        found = [
            one if one.decision is None else _numbered(one, numbers)
            for one in changes
            if one.decision is None or one.name in numbers
        ]
        entry = LoggedEdit(
            number=0, op_id=edit.op_id, action=edit.action,
            kind=edit.kind if target is None else target.kind,
            target=None if target is None else target.op_id, undone=False,
        )  # fmt: skip
        logged = log.record(catalog, entry, found, edit.client)
        return _outcome(catalog, logged)


def _change(catalog: Catalog, edit: Edit) -> list[LoggedChange]:
    """Apply an edit that is neither undo nor redo; return its changes and conflicts."""
    what = "label" if edit.action in LABEL_ACTIONS else "dropped"
    rows = _rows(catalog, edit.kind, edit.names)
    changes: list[LoggedChange] = []
    for name in dict.fromkeys(edit.names):
        row = rows.get(name)
        if row is None:
            changes.append(_conflict(name, what, None))
            continue
        seen = edit.seen.get(name)
        truth = getattr(row, what)
        wanted = _wanted(edit, name)
        if (
            seen is not None
            and truth != wanted
            and log.changed_by_others(catalog, name, what, seen, edit.client)
        ):
            changes.append(_conflict(name, what, truth))
            continue
        changes.append(_planned(row, what, wanted))
        _set(catalog, row, what, wanted, _WHY[edit.action])
    return changes


_WHY = {
    "label": "studio", "confirm": "studio, suggestion confirmed", "drop": "studio",
    "restore": "studio", "keep": "studio", log.UNDO: "studio, undo", log.REDO: "studio, redo",
}  # fmt: skip


def _wanted(edit: Edit, name: str) -> str | None:
    if edit.action == "confirm":
        return edit.values[name]
    if edit.action == "label":
        return edit.value
    dropped = edit.action == "drop" or (edit.action == "keep" and name not in edit.kept)
    return "by_hand" if dropped else None


def _reverse(catalog: Catalog, edit: Edit, target: LoggedEdit) -> list[LoggedChange]:
    """Undo or repeat an edit for all names whose values are still those that it left."""
    found: list[LoggedChange] = []
    changes = [one for one in log.changes(catalog, target) if one.decision is not None]
    rows = _rows(catalog, target.kind, [one.name for one in changes])
    for one in changes:
        row = rows.get(one.name)
        expected = one.value if edit.action == log.UNDO else one.old
        truth = None if row is None else getattr(row, one.field)
        if row is None or truth != expected:
            found.append(_conflict(one.name, one.field, truth))
            continue
        wanted = one.old if edit.action == log.UNDO else one.value
        found.append(_planned(row, one.field, wanted))
        if edit.action == log.REDO:
            _set(catalog, row, one.field, wanted, _WHY[log.REDO])
            continue
        update = catalog.update_mouth if isinstance(row, Mouth) else catalog.update_sample
        update(one.name, **one.before)
        catalog.decide([Decision(one.name, one.field, truth, one.old, USER, _WHY[log.UNDO])])
    return found


def _target(catalog: Catalog, edit: Edit) -> LoggedEdit | None:
    """Return the edit that an undo or redo is for; None for other edits."""
    if edit.action not in (log.UNDO, log.REDO):
        return None
    undo = edit.action == log.UNDO
    latest: Callable[[Catalog], LoggedEdit | None] = log.to_undo if undo else log.to_redo
    target = latest(catalog) if edit.of is None else log.find(catalog, edit.of)
    reversible = (*LABEL_ACTIONS, *DROP_ACTIONS)
    if target is None or target.action not in reversible or target.undone == undo:
        raise DataError(f"there is nothing to {edit.action}")
    return target


def _set(catalog: Catalog, row: Sample | Mouth, what: str, value: str | None, why: str) -> None:
    if isinstance(row, Sample):
        if row.dropped != value:
            set_dropped(catalog, row, value, USER, why)
    elif what == "label":
        set_labels(catalog, [LabelUpdate(row, value, USER, why)])
    else:
        set_mouth_dropped(catalog, row, value, why)


def _label_in_pass(catalog: Catalog, edit: Edit) -> Outcome:
    passes.get(catalog, edit.number)
    missing = [
        Conflict(name=name, field="label", truth=None, gone=True)
        for name in edit.names
        if not passes.set_label(catalog, edit.number, name, edit.value)
    ]
    entry = LoggedEdit(
        number=0, op_id=edit.op_id, action="pass", kind="mouths", target=None, undone=False
    )
    log.record(catalog, entry, [], edit.client)
    return Outcome(op_id=edit.op_id, action="pass", kind="mouths", conflicts=tuple(missing))


def _rows(catalog: Catalog, kind: str, names: Sequence[str]) -> dict[str, Sample | Mouth]:
    read: Callable[..., Iterable[Sample | Mouth]]
    read = catalog.mouths if kind == "mouths" else catalog.samples
    return {row.name: row for part in batched(names, _PAGE) for row in read(name=part)}


_KEPT = {"label": ("label", "label_by", "label_at"), "mouth": ("dropped", "decided_by"),
         "sample": ("dropped", "detail", "decided_by")}  # fmt: skip


def _planned(row: Sample | Mouth, what: str, value: str | None) -> LoggedChange:
    kind = what if what == "label" else "mouth" if isinstance(row, Mouth) else "sample"
    before: dict[str, Any] = {column: getattr(row, column) for column in _KEPT[kind]}
    old = getattr(row, what)
    return LoggedChange(name=row.name, field=what, old=old, value=value, decision=0, before=before)


def _conflict(name: str, what: str, truth: str | None) -> LoggedChange:
    return LoggedChange(name=name, field=what, old=None, value=truth, decision=None, before={})


def _numbered(change: LoggedChange, numbers: dict[str, int]) -> LoggedChange:
    return LoggedChange(
        name=change.name, field=change.field, old=change.old, value=change.value,
        decision=numbers[change.name], before=change.before,
    )  # fmt: skip


def _outcome(catalog: Catalog, edit: LoggedEdit) -> Outcome:
    changes = log.changes(catalog, edit)
    names = [one.name for one in changes if one.decision is None]
    existing = _rows(catalog, edit.kind, names) if names else {}
    latest = versions(catalog, names)
    return Outcome(
        op_id=edit.op_id,
        action=edit.action,
        kind=edit.kind,
        changed=tuple(
            Change(name=c.name, field=c.field, old=c.old, value=c.value, version=c.decision)
            for c in changes
            if c.decision is not None
        ),
        conflicts=tuple(
            Conflict(
                name=c.name,
                field=c.field,
                truth=c.value,
                version=latest.get(c.name, 0),
                gone=c.name not in existing,
            )
            for c in changes
            if c.decision is None
        ),
        target=edit.target,
    )
