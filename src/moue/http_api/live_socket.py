"""Live video over a WebSocket: each frame up, an object down, always the newest frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, Protocol

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from moue.errors import MoueError

FRAME_LIMIT = 2 << 20
"""Default maximum size of a frame, in bytes."""
SEND_TIMEOUT = 10.0
"""Seconds after which a client that reads no answers is disconnected."""

UNSUPPORTED, POLICY, TOO_LARGE, FAILED, RESTART, BUSY = 1003, 1008, 1009, 1011, 1012, 1013
"""Codes of RFC 6455 and its registry for the end of a connection."""


class Refused(Exception):  # noqa: N818  the end of a connection
    """A message that ends the connection, with the code of the end."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Session(Protocol):
    """Processes the frames of one client."""

    def offer(self, data: bytes) -> None:
        """Make a picture file the newest frame; the older one is dropped if it still waits."""

    async def answer(self) -> str:
        """Wait for a frame, process the newest one and return the message for the client."""

    def close(self) -> None:
        """End the session."""


class NewestFrame:
    """A buffer of one frame, the newest, so that neither memory nor delay grows.

    Attributes:
        dropped: number of frames that a newer frame replaced.
    """

    def __init__(self, fps: float | None = None) -> None:
        """Create the buffer.

        Args:
            fps: frame rate of a client that sends a recording; None to use the time at which a
                frame arrives.
        """
        self._fps = fps
        self._newest: tuple[bytes, float] | None = None
        self._arrived = asyncio.Event()
        self._started = time.monotonic()
        self._count = 0
        self.dropped = 0

    def offer(self, data: bytes) -> None:
        """Store a picture file as the newest frame."""
        self.dropped += self._newest is not None
        self._newest = data, time.monotonic() - self._started
        self._arrived.set()

    async def take(self) -> tuple[bytes, int, float]:
        """Wait for a frame; return its bytes, its number from 0 and its time in seconds."""
        await self._arrived.wait()
        self._arrived.clear()
        assert self._newest is not None
        (data, at), self._newest = self._newest, None
        number, self._count = self._count, self._count + 1
        return data, number, at if self._fps is None else number / self._fps


async def exchange(websocket: WebSocket, session: Session, limit: int = FRAME_LIMIT) -> None:
    """Answer the frames of an accepted WebSocket until it ends, and close the session.

    Args:
        websocket: accepted WebSocket; each binary message is a picture file.
        session: processes the frames.
        limit: maximum size of a frame, in bytes.
    """
    try:
        await _first(_receive(websocket, session, limit), _send(websocket, session))
    except WebSocketDisconnect:
        pass
    except Refused as error:
        await websocket.close(error.code, str(error))
    except TimeoutError:
        await websocket.close(POLICY, "the answers were not read")
    except MoueError as error:  # a damaged model
        await websocket.close(FAILED, str(error)[:120])
    finally:
        session.close()


async def _receive(websocket: WebSocket, session: Session, limit: int) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        data = message.get("bytes")
        if data is None:
            raise Refused(UNSUPPORTED, "send each frame as one binary message")
        if len(data) > limit:
            raise Refused(TOO_LARGE, f"a frame is larger than {limit / (1 << 20):g} MB")
        session.offer(data)


async def _send(websocket: WebSocket, session: Session) -> None:
    while True:
        answer = await session.answer()
        with anyio.fail_after(SEND_TIMEOUT):
            await websocket.send_text(answer)


async def _first(*ones: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until the first of them ends; cancel the others and raise its error."""
    errors: list[Exception] = []

    async def run(one: Coroutine[Any, Any, None]) -> None:
        try:
            await one
        except (WebSocketDisconnect, Refused, TimeoutError, MoueError) as error:
            errors.append(error)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for one in ones:
            group.start_soon(run, one)
    if errors:
        raise errors[0]
