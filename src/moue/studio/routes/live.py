"""The live camera over a WebSocket: a picture up, an object down, always the newest frame."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket

from moue.errors import MoueError
from moue.http_api.endpoint import Socket
from moue.http_api.errors import ApiError
from moue.http_api.live_socket import BUSY, POLICY, exchange
from moue.live.live_settings import LiveSettings
from moue.studio.live_session import LiveSession
from moue.studio.models import config_of
from moue.studio.schema_model import ModelName
from moue.studio.studio import Studio

MAX_SESSIONS = 4
"""Maximum number of live cameras at the same time."""


class LiveQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The model, and the frame rate of a client that sends a recording."""

    model: ModelName = ""
    fps: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None


async def live(studio: Studio, websocket: WebSocket) -> None:
    """Answer each binary message, a picture file, with the tracked faces as JSON."""
    await websocket.accept()
    if studio.live_sessions >= MAX_SESSIONS:
        await websocket.close(BUSY, "too many live cameras are open")
        return
    studio.live_sessions += 1
    try:
        query = msgspec.convert(dict(websocket.query_params), LiveQuery, strict=False)
        session = await run_in_threadpool(_session, studio, query)
        await exchange(websocket, session)
    except (msgspec.ValidationError, ApiError, MoueError) as error:
        await websocket.close(POLICY, str(error)[:120])
    finally:
        studio.live_sessions -= 1


def _session(studio: Studio, query: LiveQuery) -> LiveSession:
    model = studio.models.load(query.model)
    settings = config_of(studio.workspace).get(LiveSettings)
    return LiveSession(model.predictor, settings, studio.models.guard(model), query.fps)


ROUTES = (
    Socket(
        path="/live", handler=live,
        summary="Send each frame of a camera as one binary message; each answer is the object of "
        "`moue live --json`. The server answers the newest frame and counts the dropped frames.",
    ),
)  # fmt: skip
