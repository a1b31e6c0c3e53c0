"""Serve until Ctrl-C or SIGTERM; requests in progress are answered first."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from moue.errors import MoueError
from moue.http_api.live_socket import FRAME_LIMIT
from moue.server.access import Access
from moue.server.app import PATHS, create_app
from moue.server.direct import Direct
from moue.server.limits import Limits
from moue.server.log import Log, LogHandler
from moue.server.messages import WorkerConfig
from moue.server.protocol import LimitedWebSocket, limited_protocol
from moue.server.recorder import Recorder
from moue.server.service import Service

GRACE = 20
"""Seconds to wait for requests in progress when the server stops."""
KEEP_ALIVE = 15
"""Seconds after which an idle connection is closed."""
_LOOK = 50
"""Number of ticks, each of 0.1 s, between two looks for connections that do not end."""
BACKLOG = 512
"""Maximum number of connections that wait to be accepted."""


def serve(
    host: str,
    port: int,
    config: WorkerConfig,
    limits: Limits,
    access: Access,
    log: Log,
    opened: Callable[[str], None],
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for a free port.
        config: model and settings of the worker processes.
        limits: limits of the server.
        access: who may use the server.
        log: log of the server.
        opened: function called with the address of the server, as soon as it listens.

    Raises:
        MoueError: the address cannot be used.
    """
    with _listen(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listener.getsockname()[1]}"
        handler = LogHandler(log)
        logging.getLogger(
            "python_multipart.multipart"
        ).disabled = True  # it would quote malformed forms
        loggers = [logging.getLogger(name) for name in ("moue.serve", "uvicorn.error", "asyncio")]
        for one in loggers:
            one.addHandler(handler)
            one.propagate = False
        try:
            _run(Service(config, limits, access), log, listener, opened, address)
        finally:
            for one in loggers:
                one.removeHandler(handler)
                one.propagate = True


def _run(
    service: Service,
    log: Log,
    listener: socket.socket,
    opened: Callable[[str], None],
    address: str,
) -> None:
    recorder = Recorder(service.metrics, log, PATHS)
    protocol = limited_protocol(service.limits.connections, Direct(service, recorder))
    config = uvicorn.Config(
        create_app(service, recorder), http=protocol,
        ws=LimitedWebSocket, ws_max_size=FRAME_LIMIT, log_config=None, access_log=False,
        server_header=False, proxy_headers=False, timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=KEEP_ALIVE,
    )  # fmt: skip
    identity = service.config.identity
    log.write("start", address=address, model=identity.name, sha256=identity.sha256,
              workers=service.config.workers)  # fmt: skip
    opened(address)
    gc.freeze()  # the collector does not walk through the libraries during a request
    _Server(config).run(sockets=[listener])
    log.write("stop")


class _Server(uvicorn.Server):
    """A server for which Ctrl-C and SIGTERM are the normal end.

    It ends connections that are closed, but whose client does not read the rest of an answer: their
    file descriptors would stay open for ever.
    """

    _closing: frozenset[asyncio.Protocol] = frozenset()

    async def on_tick(self, counter: int) -> bool:
        """End the connections that have been closing since the last look."""
        if counter % _LOOK == 0:
            found = frozenset(self.server_state.connections)
            closing = frozenset(one for one in found if one.transport.is_closing())
            for one in closing & self._closing:
                one.transport.abort()
            self._closing = closing
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at Ctrl-C and SIGTERM, and end without an error."""
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name == "posix":  # on Windows, the option would allow two servers on one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise MoueError(
            f"{host}, port {port} cannot be used: {reason}; choose others with --host and --port"
        ) from error
    return listener
