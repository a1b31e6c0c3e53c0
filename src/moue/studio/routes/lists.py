"""Filtered and sorted lists of pictures and mouths, in parts, and the counts of filter values."""

from __future__ import annotations

from moue.http_api.endpoint import Endpoint
from moue.http_api.errors import _
from moue.studio.endpoint import Call
from moue.studio.rows import MouthView, picture_brief
from moue.studio.schema_data import FacetQuery, FacetValue, ListQuery, MouthPage, PicturePage
from moue.workspace import browse
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.filters import NO_VALUE, Filter

NOT_SET = _("no value")


def pictures(call: Call[ListQuery, None]) -> PicturePage:
    """Return a part of the pictures that the filter selects."""
    studio, query = call.studio, call.query
    chosen = Filter.parse("pictures", query.pairs())
    with studio.readers.reading() as reader:
        found = studio.lists.get(reader, chosen, query.sort, None, query.token)
        part = found.rows.part(reader.catalog, query.offset, query.limit)
        items = [picture_brief(row) for row in browse.picture_rows(reader.catalog, part)]
    return PicturePage(len(found.rows), query.offset, found.token, items)


def mouths(call: Call[ListQuery, None]) -> MouthPage:
    """Return a part of the mouths that the filter selects."""
    studio, query = call.studio, call.query
    chosen = Filter.parse("mouths", query.pairs())
    with studio.readers.reading() as reader:
        view = MouthView.of(reader, studio.workspace, query.model)
        found = studio.lists.get(reader, chosen, query.sort, view.model, query.token)
        part = found.rows.part(reader.catalog, query.offset, query.limit)
        rows = browse.mouth_rows(reader.catalog, part, view.model)
    return MouthPage(
        len(found.rows), query.offset, found.token, list(view.labels),
        view.model.name if view.model else None, [view.brief(row) for row in rows],
    )  # fmt: skip


def facets(call: Call[FacetQuery, None]) -> dict[str, list[FacetValue]]:
    """Return the values of each filter key, with the number of rows that each would select."""
    studio, query = call.studio, call.query
    chosen = Filter.parse(query.kind, query.pairs())
    with studio.readers.reading() as reader:
        view = MouthView.of(reader, studio.workspace, query.model)
        found = studio.lists.facets(reader, chosen, view.model)
    return {
        key: [_value(key, value, n) for value, n in values if value or key != "reason"]
        for key, values in found.items()
    }


def _value(key: str, value: str | None, count: int) -> FacetValue:
    if value is None:
        return FacetValue(NO_VALUE, NOT_SET, count)
    return FacetValue(value, DROP_REASONS.get(value, value) if key == "reason" else value, count)


ROUTES = (
    Endpoint(
        method="GET", path="/pictures", handler=pictures, query=ListQuery, response=PicturePage,
        errors=(400,), summary="Return a part of the pictures that a filter selects.",
    ),
    Endpoint(
        method="GET", path="/mouths", handler=mouths, query=ListQuery, response=MouthPage,
        errors=(400,), summary="Return a part of the mouths that a filter selects.",
    ),
    Endpoint(
        method="GET", path="/facets", handler=facets, query=FacetQuery,
        response=dict[str, list[FacetValue]], errors=(400,),
        summary="Return the values of each filter key with their counts.",
    ),
)  # fmt: skip
