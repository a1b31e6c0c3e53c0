"""The WebSocket `/v1/live`: receives video frames, returns tracked faces with steady labels."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from moue.http_api.live_socket import BUSY, FAILED, POLICY, NewestFrame, Refused, exchange
from moue.server.pool import LiveHandle
from moue.server.service import Service

FIRST = 10.0
"""Seconds in which the first message must arrive."""


class LiveStart(msgspec.Struct, forbid_unknown_fields=True):
    """The first message of a client, which it may leave out if it needs neither field.

    Attributes:
        key: API key, for clients that cannot send the header `Authorization`.
        fps: frame rate of a recording; without it, the time at which a frame arrives counts.
    """

    key: str = ""
    fps: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None


class _Session:
    """Passes the newest frame of a client to its worker process."""

    def __init__(self, handle: LiveHandle, fps: float | None) -> None:
        self._handle, self._frames = handle, NewestFrame(fps)

    def offer(self, data: bytes) -> None:
        self._frames.offer(data)

    async def answer(self) -> str:
        frame = await self._frames.take()
        answer = await self._handle.frame(*frame, self._frames.dropped)
        if answer.status != 200:
            code = BUSY if answer.status == 503 else FAILED
            raise Refused(code, f"{answer.reason}: the frame was not processed; connect again")
        return answer.body.decode()

    def close(self) -> None:
        self._handle.close()


async def live(service: Service, websocket: WebSocket) -> None:
    """Answer each binary message, a picture file, with the tracked faces as JSON."""
    await websocket.accept()
    if service.live >= service.limits.live:
        await websocket.close(BUSY, "too many live videos are open; try again later")
        return
    service.live += 1
    try:
        start, frame = await _first(service, websocket)
        session = _Session(service.pool.open_session(), start.fps)
        if frame is not None:
            session.offer(frame)
        await exchange(websocket, session)
    except Refused as error:
        await websocket.close(error.code, str(error))
    except WebSocketDisconnect:
        pass
    finally:
        service.live -= 1


async def _first(service: Service, websocket: WebSocket) -> tuple[LiveStart, bytes | None]:
    """Return the settings of a client, and its first frame if it has sent no settings."""
    try:
        async with asyncio.timeout(FIRST):
            message = await websocket.receive()
    except TimeoutError as error:
        raise Refused(POLICY, "the first message did not arrive in time") from error
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    frame, start = message.get("bytes"), LiveStart()
    if frame is None:
        try:
            start = msgspec.json.decode(message.get("text") or "", type=LiveStart)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Refused(POLICY, f"the first message is not valid: {error}"[:120]) from error
    given = websocket.headers.get("authorization") or f"Bearer {start.key}"
    if not service.access.knows(given):
        raise Refused(POLICY, "the API key is missing or wrong")
    return start, frame
