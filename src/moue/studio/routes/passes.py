"""Second, blind passes, and their agreement with the first labels."""

from __future__ import annotations

from moue.dataset.edits import Edit
from moue.evaluation.agreement import agreement
from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import not_found
from moue.studio.endpoint import Call
from moue.studio.readers import Reader
from moue.studio.routes.decisions import submit
from moue.studio.rows import MouthView
from moue.studio.schema_edits import Decided
from moue.studio.schema_labels import (
    AgreementResult,
    BlindMouth,
    BlindMouths,
    ConfusionCounts,
    Dispute,
    NextQuery,
    PassBody,
    Passes,
    PassInfo,
    PassLabelBody,
)
from moue.studio.workspace_labels import workspace_labels
from moue.workspace import browse, passes
from moue.workspace.filters import Filter
from moue.workspace.passes import LabelPass
from moue.workspace.row_list import RowList, labelled_names


def start(call: Call[Empty, PassBody]) -> PassInfo:
    """Start a pass over a random sample of labelled mouths."""
    body, studio = call.body, call.studio
    chosen = Filter.parse("mouths", body.pairs())
    with studio.readers.reading() as reader:
        view = MouthView.of(reader, studio.workspace, body.model)
        found = RowList(reader.catalog, chosen, body.order, view.model)
        names = labelled_names(reader.catalog, found, body.sample)
    created = studio.writer.write(
        lambda catalog: passes.create(catalog, body.op_id, body.labeller, names)
    )
    return _info(created)


def listed(call: Call[Empty, None]) -> Passes:
    """Return all passes."""
    with call.studio.readers.reading() as reader:
        return Passes([_info(one) for one in passes.all_passes(reader.catalog)])


def following(call: Call[NextQuery, None]) -> BlindMouths:
    """Return the next mouths to label, without their labels and predictions."""
    query, studio = call.query, call.studio
    with studio.readers.reading() as reader:
        one = _pass(reader, call.path["id"])
        items = passes.to_label(reader.catalog, one.id, query.after, query.limit)
        view = MouthView.of(reader, studio.workspace)
        shown = {m.name: m.thumbnail for m in view.named(reader, [i.name for i in items])}
    blind = [BlindMouth(i.position, i.name, shown[i.name]) for i in items if i.name in shown]
    return BlindMouths(one.total, one.labelled, blind)


async def label(call: Call[Empty, PassLabelBody]) -> Decided:
    """Label a mouth in a pass."""
    body, number = call.body, call.path["id"]
    edit = Edit(
        op_id=body.op_id, action="pass", names=(body.name,), value=body.label,
        number=_number(number),
    )  # fmt: skip
    return await submit(call.studio, edit)


def agreed(call: Call[Empty, None]) -> AgreementResult:
    """Return the agreement of a pass with the current labels, and the disputed mouths."""
    studio = call.studio
    labels = workspace_labels(studio.workspace).names
    with studio.readers.reading() as reader:
        one = _pass(reader, call.path["id"])
        items = [i for i in passes.labelled(reader.catalog, one.id) if i.first is not None]
        pairs = {i.name: (str(i.first), str(i.label)) for i in items}
        disputed = [name for name, (first, second) in pairs.items() if first != second]
        view = MouthView.of(reader, studio.workspace)
        rows = browse.mouth_rows(
            reader.catalog, browse.numbers_of(reader.catalog, "mouths", disputed), view.model
        )
    found = agreement([a for a, _ in pairs.values()], [b for _, b in pairs.values()], labels)
    return AgreementResult(
        labelled=len(pairs), kappa=found.kappa, interval=found.interval,
        agreement=found.same.value,
        confusion=ConfusionCounts(list(found.labels), [list(row) for row in found.confusion]),
        disputes=[
            Dispute(**view.fields(r), first=pairs[r.name][0], second=pairs[r.name][1])
            for r in rows
        ],
    )  # fmt: skip


def _info(one: LabelPass) -> PassInfo:
    return PassInfo(one.id, one.labeller, one.at, one.total, one.labelled)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise not_found(text)
    return int(text)


def _pass(reader: Reader, text: str) -> LabelPass:
    number = _number(text)
    for one in passes.all_passes(reader.catalog):
        if one.id == number:
            return one
    raise not_found(text)


ROUTES = (
    Endpoint(
        method="GET", path="/passes", handler=listed, response=Passes,
        summary="Return all second passes.",
    ),
    Endpoint(
        method="POST", path="/passes", handler=start, body=PassBody, response=PassInfo,
        errors=(400, 409), summary="Start a second, blind pass over labelled mouths.",
    ),
    Endpoint(
        method="GET", path="/passes/{id}/next", handler=following, query=NextQuery,
        response=BlindMouths, errors=(404,),
        summary="Return the next mouths of a pass, without labels and predictions.",
    ),
    Endpoint(
        method="POST", path="/passes/{id}/labels", handler=label, body=PassLabelBody,
        response=Decided, errors=(400, 404), summary="Label a mouth in a pass.",
    ),
    Endpoint(
        method="GET", path="/passes/{id}/agreement", handler=agreed, response=AgreementResult,
        errors=(404,), summary="Return kappa and the disputes of a pass.",
    ),
)  # fmt: skip
