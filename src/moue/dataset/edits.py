"""The edits of a person, label, drop, restore, undo and redo, and their outcomes.

An edit changes many names at once. Its `op_id` identifies it, so that a client may send it again
after a lost answer. `apply_edit.py` applies edits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from moue.errors import DataError
from moue.workspace import edit_log as log
from moue.workspace.label_set import LabelSet

LABEL_ACTIONS: Final = ("label", "confirm")
DROP_ACTIONS: Final = ("drop", "restore", "keep")
ACTIONS: Final = (*LABEL_ACTIONS, *DROP_ACTIONS, log.UNDO, log.REDO, "pass")
MAX_NAMES = 1000
"""Maximum number of names of one edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change that a person made with one key or click.

    Attributes:
        op_id: identifier that the client chose, such as a UUID.
        action: one of `ACTIONS`. `confirm` labels mouths with suggested labels. `keep` restores
            the names in `kept` and drops the others. `pass` labels a mouth in a second pass, see
            `passes.py`.
        kind: `mouths` or `pictures`.
        names: names of the mouths or pictures.
        value: label for `label` and `pass`, None to remove it; unused for other actions.
        values: label by name for `confirm`.
        kept: names to restore for `keep`.
        seen: last version of each name that the client saw, to detect concurrent edits; names
            without a version are not checked.
        client: identifier of the client; its own earlier edits do not conflict.
        of: `op_id` to undo or redo; None for the latest one.
        number: number of the second pass, for `pass`.
    """

    op_id: str
    action: str
    kind: str = "mouths"
    names: tuple[str, ...] = ()
    value: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
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
    """A name that an edit did not change.

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
    """The result of an edit.

    Attributes:
        op_id: identifier of the edit.
        action: action of the edit.
        kind: `mouths` or `pictures`.
        changed: changes, sorted by name.
        conflicts: names that were not changed, since another person changed them or because they
            no longer exist.
        target: for undo and redo, the `op_id` of the edit that was undone or repeated.
    """

    op_id: str
    action: str
    kind: str
    changed: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    target: str | None = None


def check(edit: Edit, labels: LabelSet) -> None:
    """Check an edit without the catalog.

    Raises:
        DataError: the action, kind, label or number of names is invalid.
    """
    if edit.action not in ACTIONS:
        raise DataError(f"{edit.action!r} is not one of {', '.join(ACTIONS)}")
    if edit.action in (log.UNDO, log.REDO):
        return
    if not 1 <= len(edit.names) <= MAX_NAMES:
        raise DataError(f"{len(edit.names):,} names; give 1 to {MAX_NAMES:,} names")
    if edit.kind not in ("mouths", "pictures"):
        raise DataError(f"{edit.kind!r} is not one of mouths, pictures")
    if edit.action not in DROP_ACTIONS and edit.kind != "mouths":
        raise DataError("only mouths have labels")
    given = [edit.value] if edit.action in ("label", "pass") else []
    if edit.action == "confirm":
        given += [edit.values.get(name) for name in edit.names]
        if None in given:
            raise DataError("values has no label for some of the names")
    for label in given:
        if label is not None and label not in labels.names:
            raise DataError(f"{label!r} is not one of the labels {labels.words}")
