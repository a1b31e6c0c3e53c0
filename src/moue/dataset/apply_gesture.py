"""Apply a gesture of a person to the catalog, at most once.

Every change is a decision of the user in the catalog, also those of an undo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from moue.dataset.gestures import (
    DROP_ACTIONS,
    LABEL_ACTIONS,
    Change,
    Conflict,
    Gesture,
    Outcome,
)
from moue.dataset.label import LabelUpdate, set_labels
from moue.errors import DataError
from moue.workspace import gesture_log as log
from moue.workspace import passes
from moue.workspace.browse import versions
from moue.workspace.catalog import Catalog, Decision, batched
from moue.workspace.gesture_log import LoggedChange, LoggedGesture
from moue.workspace.stages import set_dropped, set_mouth_dropped
from moue.workspace.types import USER, Mouth, Sample

_PAGE = 400


def apply_gesture(catalog: Catalog, gesture: Gesture) -> Outcome:
    """Apply a gesture in one transaction, and record it; a recorded gesture is not applied again.

    Raises:
        DataError: there is nothing to undo or redo, or the pass does not exist.
    """
    with catalog.transaction():
        done = log.find(catalog, gesture.op_id)
        if done is not None:
            return _outcome(catalog, done)
        if gesture.action == "pass":
            return _label_in_pass(catalog, gesture)
        before = log.latest_decision(catalog)
        target = _target(catalog, gesture)
        if target is None:
            changes = _change(catalog, gesture)
        else:
            changes = _reverse(catalog, gesture, target)
            log.mark(catalog, target, gesture.action == log.UNDO)
        numbers = log.decisions_after(catalog, before)
        found = [
            one if one.decision is None else _numbered(one, numbers)
            for one in changes
            if one.decision is None or one.name in numbers
        ]
        entry = LoggedGesture(
            number=0, op_id=gesture.op_id, action=gesture.action,
            kind=gesture.kind if target is None else target.kind,
            target=None if target is None else target.op_id, undone=False,
        )  # fmt: skip
        logged = log.record(catalog, entry, found, gesture.client)
        return _outcome(catalog, logged)


def _change(catalog: Catalog, gesture: Gesture) -> list[LoggedChange]:
    """Apply a gesture that is neither undo nor redo; return its changes and conflicts."""
    what = "label" if gesture.action in LABEL_ACTIONS else "dropped"
    rows = _rows(catalog, gesture.kind, gesture.names)
    changes: list[LoggedChange] = []
    for name in dict.fromkeys(gesture.names):
        row = rows.get(name)
        if row is None:
            changes.append(_conflict(name, what, None))
            continue
        seen = gesture.seen.get(name)
        truth = getattr(row, what)
        wanted = _wanted(gesture, name)
        if (
            seen is not None
            and truth != wanted
            and log.changed_by_others(catalog, name, what, seen, gesture.client)
        ):
            changes.append(_conflict(name, what, truth))
            continue
        changes.append(_planned(row, what, wanted))
        _set(catalog, row, what, wanted, _WHY[gesture.action])
    return changes


_WHY = {
    "label": "studio", "confirm": "studio, suggestion confirmed", "drop": "studio",
    "restore": "studio", log.UNDO: "studio, undo", log.REDO: "studio, redo",
}  # fmt: skip


def _wanted(gesture: Gesture, name: str) -> str | None:
    if gesture.action == "confirm":
        return gesture.values[name]
    if gesture.action == "label":
        return gesture.value
    return "by_hand" if gesture.action == "drop" else None


def _reverse(catalog: Catalog, gesture: Gesture, target: LoggedGesture) -> list[LoggedChange]:
    """Undo or repeat a gesture for all names whose values are still those that it left."""
    found: list[LoggedChange] = []
    changes = [one for one in log.changes(catalog, target) if one.decision is not None]
    rows = _rows(catalog, target.kind, [one.name for one in changes])
    for one in changes:
        row = rows.get(one.name)
        expected = one.value if gesture.action == log.UNDO else one.old
        truth = None if row is None else getattr(row, one.field)
        if row is None or truth != expected:
            found.append(_conflict(one.name, one.field, truth))
            continue
        wanted = one.old if gesture.action == log.UNDO else one.value
        found.append(_planned(row, one.field, wanted))
        if gesture.action == log.REDO:
            _set(catalog, row, one.field, wanted, _WHY[log.REDO])
            continue
        update = catalog.update_mouth if isinstance(row, Mouth) else catalog.update_sample
        update(one.name, **one.before)
        catalog.decide([Decision(one.name, one.field, truth, one.old, USER, _WHY[log.UNDO])])
    return found


def _target(catalog: Catalog, gesture: Gesture) -> LoggedGesture | None:
    """Return the gesture that an undo or redo is for; None for other gestures."""
    if gesture.action not in (log.UNDO, log.REDO):
        return None
    undo = gesture.action == log.UNDO
    latest: Callable[[Catalog], LoggedGesture | None] = log.to_undo if undo else log.to_redo
    target = latest(catalog) if gesture.of is None else log.find(catalog, gesture.of)
    reversible = (*LABEL_ACTIONS, *DROP_ACTIONS)
    if target is None or target.action not in reversible or target.undone == undo:
        raise DataError(f"there is nothing to {gesture.action}")
    return target


def _set(catalog: Catalog, row: Sample | Mouth, what: str, value: str | None, why: str) -> None:
    if isinstance(row, Sample):
        if row.dropped != value:
            set_dropped(catalog, row, value, USER, why)
    elif what == "label":
        set_labels(catalog, [LabelUpdate(row, value, USER, why)])
    else:
        set_mouth_dropped(catalog, row, value, why)


def _label_in_pass(catalog: Catalog, gesture: Gesture) -> Outcome:
    passes.get(catalog, gesture.number)
    missing = [
        Conflict(name=name, field="label", truth=None, gone=True)
        for name in gesture.names
        if not passes.set_label(catalog, gesture.number, name, gesture.value)
    ]
    entry = LoggedGesture(
        number=0, op_id=gesture.op_id, action="pass", kind="mouths", target=None, undone=False
    )
    log.record(catalog, entry, [], gesture.client)
    return Outcome(op_id=gesture.op_id, action="pass", kind="mouths", conflicts=tuple(missing))


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


def _outcome(catalog: Catalog, gesture: LoggedGesture) -> Outcome:
    changes = log.changes(catalog, gesture)
    names = [one.name for one in changes if one.decision is None]
    existing = _rows(catalog, gesture.kind, names) if names else {}
    latest = versions(catalog, names)
    return Outcome(
        op_id=gesture.op_id,
        action=gesture.action,
        kind=gesture.kind,
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
        target=gesture.target,
    )
