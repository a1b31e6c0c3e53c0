"""Bodies of requests and responses about edits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moue.studio.schema import Name, Request
from moue.studio.schema_data import KindOfRow, Label, Names, Offset, OpId, Version


class DecisionBody(Request, frozen=True):
    """An edit.

    `values` gives the label of each name for `confirm`. `keep` restores the names in `kept` and
    drops the others.
    """

    op_id: OpId
    action: Literal["label", "confirm", "drop", "restore", "keep"]
    kind: KindOfRow
    names: Names
    value: Label | None = None
    values: dict[Name, Label] = msgspec.field(default_factory=dict)
    kept: Annotated[list[Name], msgspec.Meta(max_length=1000)] = msgspec.field(default_factory=list)
    seen: dict[Name, Version] = msgspec.field(default_factory=dict)
    client: OpId | None = None


class UndoBody(Request, frozen=True):
    """An undo or redo; `of` is the edit, by default the latest one."""

    op_id: OpId
    of: OpId | None = None
    client: OpId | None = None


class ChangeRow(msgspec.Struct):
    """A change of one field; `version` is the new version of the name."""

    name: str
    field: str
    old: str | None
    value: str | None
    version: int


class ConflictRow(msgspec.Struct):
    """A name that was not changed; `truth` has its current field, or is None if it is gone."""

    name: str
    truth: dict[str, Any] | None


class Decided(msgspec.Struct):
    """The result of an edit; `undone` is the edit that an undo or redo was for."""

    op_id: str
    state: Literal["written", "queued"]
    changed: list[ChangeRow] = []
    conflicts: list[ConflictRow] = []
    undone: str | None = None


class ForgetBody(Request, frozen=True):
    """Pictures to delete; `confirm` is their number."""

    op_id: OpId
    names: Names
    confirm: Offset


class Forgotten(msgspec.Struct):
    """The result of deleting pictures; exact duplicates are deleted too."""

    op_id: str
    pictures: int
    files: int
    notes: list[str]
