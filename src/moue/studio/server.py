"""Serve the studio on the loopback address until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from moue.errors import MoueError
from moue.studio.access import Access
from moue.studio.app import create_app
from moue.studio.studio import Studio
from moue.workspace.workspace import Workspace

HOST = "127.0.0.1"
PORT = 8765
"""Port that is tried first."""
GRACE = 2
"""Seconds to wait for open requests when the server stops."""
FRAME_LIMIT = 2 << 20
"""Maximum size of a WebSocket message, in bytes."""


def serve(workspace: Workspace, port: int | None, opened: Callable[[str], None]) -> None:
    """Serve the studio until Ctrl-C.

    Args:
        workspace: workspace to show.
        port: port to listen on; None for `PORT`, or a free port if it is in use.
        opened: function called with the link that opens the page once, as soon as it works.

    Raises:
        MoueError: the port is in use.
    """
    with _listen(port) as listener:
        access = Access(listener.getsockname()[1])
        app = create_app(Studio(workspace, access))
        config = uvicorn.Config(
            app, ws="websockets-sansio", ws_max_size=FRAME_LIMIT, log_level="error",
            access_log=False, server_header=False, proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )  # fmt: skip
        # The socket listens already, so a browser that is faster than the server waits.
        opened(f"http://{HOST}:{access.port}/?token={access.new_token()}")
        uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int | None) -> socket.socket:
    """Return a socket that listens on the loopback address."""
    for number in (port,) if port is not None else (PORT, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind((HOST, number))
            listener.listen(128)
        except OSError as error:
            listener.close()
            reason = error.strerror
            continue
        return listener
    raise MoueError(f"port {port} cannot be used: {reason}; choose another one with --port")
