"""The live camera over a WebSocket: a picture up, an object down, always the newest frame."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Annotated, Any

import anyio
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from moue.errors import MoueError
from moue.live.live_settings import LiveSettings
from moue.studio.endpoint import Socket
from moue.studio.errors import ApiError
from moue.studio.live_session import LiveSession
from moue.studio.models import config_of
from moue.studio.schema_model import ModelName
from moue.studio.studio import Studio
from moue.text import to_json

FRAME_LIMIT = 2 << 20
"""Maximum size of a frame, in bytes."""
MAX_SESSIONS = 4
"""Maximum number of live cameras at the same time."""
SEND_TIMEOUT = 10.0
"""Seconds after which a client that reads no answers is disconnected."""

_UNSUPPORTED, _POLICY, _TOO_LARGE, _FAILED, _BUSY = 1003, 1008, 1009, 1011, 1013
"""Codes of RFC 6455 for the end of a connection."""


class _Refused(Exception):  # noqa: N818  the end of a connection
    """A message that ends the connection, with the code of the end."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class LiveQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The model, and the frame rate of a client that sends a recording."""

    model: ModelName = ""
    fps: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None


async def live(studio: Studio, websocket: WebSocket) -> None:
    """Answer each binary message, a picture file, with the tracked faces as JSON."""
    await websocket.accept()
    if studio.live_sessions >= MAX_SESSIONS:
        await websocket.close(_BUSY, "too many live cameras are open")
        return
    studio.live_sessions += 1
    try:
        await _serve(studio, websocket)
    finally:
        studio.live_sessions -= 1


async def _serve(studio: Studio, websocket: WebSocket) -> None:
    try:
        query = msgspec.convert(dict(websocket.query_params), LiveQuery, strict=False)
        session = await run_in_threadpool(_session, studio, query)
    except (msgspec.ValidationError, ApiError, MoueError) as error:
        await websocket.close(_POLICY, str(error)[:120])
        return
    try:
        await _first(_receive(websocket, session), _send(websocket, session))
    except WebSocketDisconnect:
        pass
    except _Refused as error:
        await websocket.close(error.code, str(error))
    except TimeoutError:
        await websocket.close(_POLICY, "the answers were not read")
    except MoueError as error:  # a damaged model
        await websocket.close(_FAILED, str(error)[:120])
    finally:
        session.close()


def _session(studio: Studio, query: LiveQuery) -> LiveSession:
    model = studio.models.load(query.model)
    settings = config_of(studio.workspace).get(LiveSettings)
    return LiveSession(model.predictor, settings, studio.models.guard(model), query.fps)


async def _receive(websocket: WebSocket, session: LiveSession) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        data = message.get("bytes")
        if data is None:
            raise _Refused(_UNSUPPORTED, "send each frame as one binary message")
        if len(data) > FRAME_LIMIT:
            raise _Refused(_TOO_LARGE, "a frame is larger than 2 MB")
        session.offer(data)


async def _send(websocket: WebSocket, session: LiveSession) -> None:
    while True:
        answer = await session.answer()
        with anyio.fail_after(SEND_TIMEOUT):
            await websocket.send_text(to_json(answer))


async def _first(*ones: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until the first of them ends; cancel the others and raise its error."""
    errors: list[Exception] = []

    async def run(one: Coroutine[Any, Any, None]) -> None:
        try:
            await one
        except (WebSocketDisconnect, _Refused, TimeoutError, MoueError) as error:
            errors.append(error)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for one in ones:
            group.start_soon(run, one)
    if errors:
        raise errors[0]


ROUTES = (
    Socket(
        path="/live", handler=live,
        summary="Send each frame of a camera as one binary message; each answer is the object of "
        "`moue live --json`. The server answers the newest frame and counts the dropped frames.",
    ),
)  # fmt: skip
