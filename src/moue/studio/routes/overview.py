"""The state of the workspace, and the stream of events."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from moue.http_api.endpoint import Empty, Endpoint
from moue.studio.endpoint import Call
from moue.studio.schema import Link, State


def state(call: Call[Empty, None]) -> State:
    """Return the state of the workspace."""
    return call.studio.watch.state()


def create_link(call: Call[Empty, None]) -> Link:
    """Return another link that opens the page once."""
    return Link(call.studio.access.link())


async def events(call: Call[Empty, None]) -> Response:
    """Return the stream of events."""
    return StreamingResponse(call.studio.hub.stream(), media_type="text/event-stream")


ROUTES = (
    Endpoint(
        method="GET", path="/state", handler=state, response=State, errors=(409,),
        summary="What the header, the tabs and the overview show.",
    ),
    Endpoint(
        method="POST", path="/links", handler=create_link, response=Link,
        summary="Another link that opens the page once, in another browser.",
    ),
    Endpoint(
        method="GET", path="/events", handler=events, response="text/event-stream",
        summary="The events state, job, progress, epoch, decisions and queue.",
    ),
)  # fmt: skip
