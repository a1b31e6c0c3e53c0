"""HTTP/1.1 and WebSockets of uvicorn, with limits for clients that send or read too slowly.

uvicorn limits neither the head of a request, nor the requests that a client sends before it reads
the first answer, nor the answers to pings that a client does not read. Such clients would keep
connections, the file descriptors of the process and its memory for ever.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from moue.server.direct import Direct, DirectRequest
from moue.server.problem import MEDIA, problem

ABORT = "abort"
"""Name of the function in the state of a request that ends its connection at once."""
HEAD_TIMEOUT = 10.0
"""Maximum time to send the head of a request, or the rest of a refused body, in seconds."""
MAX_HEAD = 1 << 16
"""Maximum size of the head of a request, in bytes."""
HELD_BODY = 1 << 18
"""Size of the part of a body, in bytes, at which a connection stops to read until it is taken."""
MAX_PIPELINED = 16
"""Maximum number of requests that wait on a connection for the answer to an earlier one."""
READ_TIMEOUT = 10.0
"""Maximum time in which the client of a live video reads no answers, in seconds."""
_MAX_FRAMING = 8
"""Maximum number of bytes around a byte of a body that is sent in chunks."""


def limited_protocol(connections: int, direct: Direct) -> type[HttpToolsProtocol]:
    """Return the protocol class of the server.

    Args:
        connections: maximum number of open connections.
        direct: handler of plain requests, without the web framework.
    """

    class LimitedProtocol(HttpToolsProtocol):
        """Closes connections that are too many, or whose client sends too slowly or too much."""

        _timer: asyncio.TimerHandle | None = None
        _upgraded = _between = False
        _received = _body = 0
        _direct: DirectRequest | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > connections:
                detail = "too many connections are open; try again later"
                transport.write(_answer(503, "connections", detail))
                transport.close()
                return
            self.app_state = self.app_state | {ABORT: transport.abort}
            self._start_timer()

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            self._received += len(data)
            self._between = False
            super().data_received(data)
            if self._upgraded or self.transport.is_closing():
                return
            if self._received - self._body > MAX_HEAD + _MAX_FRAMING * self._body:
                self._refuse(431, "head", "the head of the request is too large")
            elif self.cycle is not None and not self.cycle.response_complete:
                self._stop_timer()
                if isinstance(self.cycle, DirectRequest) and self.cycle.more_body:
                    self.cycle.wait(self.loop)
            elif self._between:
                self._stop_timer()
                self._keep_open()
            else:
                self._start_timer()

        def on_headers_complete(self) -> None:
            ready = self.cycle is None or self.cycle.response_complete
            found = direct.begin(self) if ready and not self.pipeline else None
            if found is None:
                super().on_headers_complete()
            else:
                self.cycle = self._direct = found
                found.start()

        def on_message_begin(self) -> None:
            if len(self.pipeline) >= MAX_PIPELINED:
                raise ValueError("too many pipelined requests")  # the parser passes it on
            super().on_message_begin()

        def on_body(self, body: bytes) -> None:
            self._body += len(body)
            if isinstance(self.cycle, DirectRequest):
                self.cycle.feed(body)
                return
            super().on_body(body)
            if len(self.cycle.body) <= HELD_BODY:  # uvicorn stops at 64 KB, and wakes up often
                self.flow.resume_reading()

        def on_message_complete(self) -> None:
            self._between = True
            self._received = self._body = 0
            if isinstance(self.cycle, DirectRequest):
                self.cycle.complete()
            else:
                super().on_message_complete()

        def handle_websocket_upgrade(self) -> None:
            self._upgraded = True
            self._stop_timer()
            super().handle_websocket_upgrade()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            if self._direct is not None:
                self._direct.leave()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.cycle.more_body:
                self._stop_timer()  # the keep-alive timer runs now
            elif not self.transport.is_closing():
                self._start_timer()  # the rest of the body of a refused request

        def send_400_response(self, msg: str) -> None:
            self._refuse(400, "http", "this is not a valid HTTP request")

        def _refuse(self, status: int, reason: str, detail: str) -> None:
            started = self.cycle is not None and self.cycle.response_started
            if not started or self.cycle.response_complete:
                self.transport.write(_answer(status, reason, detail))
            self.transport.close()

        def _keep_open(self) -> None:
            """Start the keep-alive timer after the discarded body of a refused request."""
            if self.timeout_keep_alive_task is None:
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )

        def _start_timer(self) -> None:
            if self._timer is None:
                self._timer = self.loop.call_later(HEAD_TIMEOUT, self.transport.abort)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return LimitedProtocol


class LimitedWebSocket(WebSocketsSansIOProtocol):
    """Stops reading while the client does not read, and ends the connection after a while."""

    _timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Stop reading, since unsent replies to pings of this client would fill the memory."""
        super().pause_writing()
        self.transport.pause_reading()
        self._timer = self.loop.call_later(READ_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        """Read again, unless the application has not taken the last message."""
        super().resume_writing()
        self._stop_timer()
        if not self.read_paused:
            self.transport.resume_reading()

    async def receive(self) -> ASGIReceiveEvent:
        """Return the next message, as soon as the client reads again."""
        await self.writable.wait()
        return await super().receive()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_timer()
        super().connection_lost(exc)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _answer(status: int, reason: str, detail: str) -> bytes:
    """Return an error response that ends the connection."""
    body = problem(status, reason, detail)
    retry = "Retry-After: 1\r\n" if status == 503 else ""
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {MEDIA}\r\n{retry}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
