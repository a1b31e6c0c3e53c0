"""Decisions of a person: label, drop, restore, confirm, undo, redo and forget."""

from __future__ import annotations

import asyncio

from moue.config import Config
from moue.dataset.edits import Edit, Outcome, check
from moue.dataset.forget import forget
from moue.dataset.forget_selection import select_by_name
from moue.errors import CatalogError, DataError
from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import ApiError, _, not_found
from moue.progress import Progress
from moue.studio.endpoint import Call
from moue.studio.schema_edits import (
    ChangeRow,
    ConflictRow,
    Decided,
    DecisionBody,
    ForgetBody,
    Forgotten,
    UndoBody,
)
from moue.studio.studio import Studio
from moue.studio.workspace_labels import workspace_labels
from moue.workspace import edit_log as log
from moue.workspace import predictions
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.edit_log import LoggedEdit


async def decide(call: Call[Empty, DecisionBody]) -> Decided:
    """Label, drop or restore mouths or pictures."""
    body = call.body
    names, values = body.names, body.values
    if body.action == "confirm" and not values:
        values = await asyncio.to_thread(_shown_labels, call.studio, names)
        names = [name for name in names if name in values]
        if not names:
            raise ApiError(409, "no_suggestion", _("these mouths have no label to confirm"))
    edit = Edit(
        op_id=body.op_id, action=body.action, kind=body.kind, names=tuple(names),
        value=body.value if body.action == "label" else None, values=values, seen=body.seen,
        client=body.client, kept=tuple(body.kept),
    )  # fmt: skip
    return await submit(call.studio, edit)


async def undo(call: Call[Empty, UndoBody]) -> Decided:
    """Undo an edit."""
    return await _step(call, log.UNDO)


async def redo(call: Call[Empty, UndoBody]) -> Decided:
    """Repeat an edit that was undone."""
    return await _step(call, log.REDO)


async def _step(call: Call[Empty, UndoBody], action: str) -> Decided:
    body = call.body
    edit = Edit(op_id=body.op_id, action=action, of=body.of, client=body.client)
    try:
        return await submit(call.studio, edit)
    except CatalogError:
        raise
    except DataError as error:
        undone = action == log.UNDO
        text = _("there is nothing to undo") if undone else _("there is nothing to redo")
        raise ApiError(404, "nothing", text) from error


async def submit(studio: Studio, edit: Edit) -> Decided:
    """Validate an edit and write it, or queue it while a command locks the workspace.

    Raises:
        DataError: the edit is not valid, or there is nothing to undo.
    """
    check(edit, workspace_labels(studio.workspace))
    outcome = await asyncio.wrap_future(studio.writer.submit(edit))
    if outcome is None:
        return Decided(op_id=edit.op_id, state="queued")
    return _decided(outcome)


def _decided(outcome: Outcome) -> Decided:
    return Decided(
        op_id=outcome.op_id,
        state="written",
        changed=[ChangeRow(c.name, c.field, c.old, c.value, c.version) for c in outcome.changed],
        conflicts=[
            ConflictRow(c.name, None if c.gone else {c.field: c.truth, "version": c.version})
            for c in outcome.conflicts
        ],
        undone=outcome.target,
    )


def _shown_labels(studio: Studio, names: list[str]) -> dict[str, str]:
    """Return the label to confirm of each mouth: its own one, else the predicted one."""
    with studio.readers.reading() as reader:
        model = predictions.find_model(reader.catalog)
        known = predictions.suggested(reader.catalog, model, names) if model else {}
        known |= {m.name: m.label for m in reader.catalog.mouths(name=names) if m.label}
    return known


def forget_pictures(call: Call[Empty, ForgetBody]) -> Forgotten:
    """Delete pictures, as `moue forget` does; this cannot be undone."""
    body, studio = call.body, call.studio
    names = list(dict.fromkeys(body.names))
    if body.confirm != len(names):
        text = _("the number {given} is not the number of pictures, {count}")
        raise ApiError(422, "confirm", text, given=body.confirm, count=len(names))
    with studio.workspace.locked("forget") as (catalog, lock):
        if log.find(catalog, body.op_id) is not None:
            return Forgotten(body.op_id, 0, 0, [])
        known = {sample.name for sample in catalog.samples(name=names)}
        for name in names:
            if name not in known:
                raise not_found(name)
        context = Context(
            studio.workspace, catalog, Config.load(studio.workspace.settings), Progress(),
            pause=lock.paused, command="forget",
        )  # fmt: skip
        summary = forget(context, select_by_name(catalog, names), "studio")
        _record(catalog, body.op_id)
    studio.lists.clear()
    studio.hub.publish("decisions", {"op_id": body.op_id, "kind": "pictures", "names": names})
    counts = summary.counts
    return Forgotten(
        body.op_id, int(counts["pictures"]), int(counts["files removed"]), summary.notes
    )


def _record(catalog: Catalog, op_id: str) -> None:
    entry = LoggedEdit(
        number=0, op_id=op_id, action="forget", kind="pictures", target=None, undone=False
    )
    with catalog.transaction():
        log.record(catalog, entry, [])


ROUTES = (
    Endpoint(
        method="POST", path="/decisions", handler=decide, body=DecisionBody, response=Decided,
        errors=(400, 409), summary="Label, confirm, drop or restore mouths or pictures.",
    ),
    Endpoint(
        method="POST", path="/undo", handler=undo, body=UndoBody, response=Decided,
        errors=(404,), summary="Undo an edit, by default the latest one.",
    ),
    Endpoint(
        method="POST", path="/redo", handler=redo, body=UndoBody, response=Decided,
        errors=(404,), summary="Repeat an edit that was undone.",
    ),
    Endpoint(
        method="POST", path="/forget", handler=forget_pictures, body=ForgetBody,
        response=Forgotten, errors=(404, 409), summary="Delete pictures, which cannot be undone.",
    ),
)  # fmt: skip
