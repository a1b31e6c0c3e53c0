"""The gestures of a person, label, drop, restore, undo and redo, and their outcomes.

A gesture changes many names at once. Its `op_id` identifies it, so that a client may send it again
after a lost answer. `apply_gesture.py` applies gestures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from moue.errors import DataError
from moue.workspace import gesture_log as log
from moue.workspace.label_set import LabelSet

LABEL_ACTIONS: Final = ("label", "confirm")
DROP_ACTIONS: Final = ("drop", "restore")
ACTIONS: Final = (*LABEL_ACTIONS, *DROP_ACTIONS, log.UNDO, log.REDO, "pass")
MAX_NAMES = 1000
"""Maximum number of names of one gesture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gesture:
    """A change that a person made with one key or click.

    Attributes:
        op_id: identifier that the client chose, such as a UUID.
        action: one of `ACTIONS`. `confirm` labels mouths with suggested labels. `pass` labels a
            mouth in a second pass, see `passes.py`.
        kind: `mouths` or `pictures`.
        names: names of the mouths or pictures.
        value: label for `label` and `pass`, None to remove it; unused for other actions.
        values: label by name for `confirm`.
        seen: version by name that the client saw; names without a version have no conflicts.
        client: identifier of the client; its own decisions are no conflicts.
        of: `op_id` to undo or redo; None for the latest one.
        number: number of the pass.
    """

    op_id: str
    action: str
    kind: str = "mouths"
    names: tuple[str, ...] = ()
    value: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    client: str | None = None
    of: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one field; `version` is the number of its decision."""

    name: str
    field: str
    old: str | None
    value: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A name that a gesture did not change.

    Attributes:
        name: name of the picture or mouth.
        field: field that was not changed.
        truth: value in the catalog.
        version: number of the latest decision on the name.
        gone: True if the name does not exist.
    """

    name: str
    field: str
    truth: str | None
    version: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a gesture.

    Attributes:
        op_id: identifier of the gesture.
        action: action of the gesture.
        kind: `mouths` or `pictures`.
        changed: changes, sorted by name.
        conflicts: names that were not changed, since another person changed them or because they
            no longer exist.
        target: for undo and redo, the `op_id` of the gesture that was undone or repeated.
    """

    op_id: str
    action: str
    kind: str
    changed: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    target: str | None = None


def check(gesture: Gesture, labels: LabelSet) -> None:
    """Check a gesture without the catalog.

    Raises:
        DataError: the action, kind, label or number of names is invalid.
    """
    if gesture.action not in ACTIONS:
        raise DataError(f"{gesture.action!r} is not one of {', '.join(ACTIONS)}")
    if gesture.action in (log.UNDO, log.REDO):
        return
    if not 1 <= len(gesture.names) <= MAX_NAMES:
        raise DataError(f"{len(gesture.names):,} names; give 1 to {MAX_NAMES:,} names")
    if gesture.kind not in ("mouths", "pictures"):
        raise DataError(f"{gesture.kind!r} is not one of mouths, pictures")
    if gesture.action not in DROP_ACTIONS and gesture.kind != "mouths":
        raise DataError("only mouths have labels")
    given = [gesture.value] if gesture.action in ("label", "pass") else []
    if gesture.action == "confirm":
        given += [gesture.values.get(name) for name in gesture.names]
        if None in given:
            raise DataError("values has no label for some of the names")
    for label in given:
        if label is not None and label not in labels.names:
            raise DataError(f"{label!r} is not one of the labels {labels.words}")
