"""HTTP/1.1 of uvicorn, with a limit on connections and on the time to send the head of a request.

uvicorn has neither for a client that never completes a request. Such clients would keep
connections, and the file descriptors of the process, for ever.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from moue.server.problem import MEDIA, problem

ABORT = "abort"
"""Name of the function in the state of a request that ends its connection at once."""
HEAD_TIMEOUT = 10.0
"""Maximum time to send the head of a request, or the rest of a refused body, in seconds."""

_BODY = problem(503, "connections", "too many connections are open; try again later")
_FULL = (
    f"HTTP/1.1 503 Service Unavailable\r\nContent-Type: {MEDIA}\r\nRetry-After: 1\r\n"
    f"Content-Length: {len(_BODY)}\r\nConnection: close\r\n\r\n"
).encode() + _BODY


def limited_protocol(connections: int) -> type[H11Protocol]:
    """Return the protocol class for a maximum number of open connections."""

    class LimitedProtocol(H11Protocol):
        """Closes connections that are too many, or whose client is too slow."""

        _timer: asyncio.TimerHandle | None = None
        _upgraded = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > connections:
                transport.write(_FULL)
                transport.close()
                return
            self.app_state = self.app_state | {ABORT: transport.abort}
            self._start_timer()

        def data_received(self, data: bytes) -> None:
            if self.transport.is_closing():
                return
            super().data_received(data)
            if self._upgraded:
                return
            if self.cycle is None or self.cycle.response_complete:
                self._start_timer()
            else:
                self._stop_timer()

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            self._upgraded = True
            self._stop_timer()
            super().handle_websocket_upgrade(event)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.cycle.more_body:
                self._stop_timer()  # the keep-alive timer runs now
            elif not self.transport.is_closing():
                self._start_timer()  # the rest of the body of a refused request

        def _start_timer(self) -> None:
            if self._timer is None:
                self._timer = self.loop.call_later(HEAD_TIMEOUT, self.transport.abort)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return LimitedProtocol
