"""Serve the studio on the loopback address until Ctrl-C."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.server import HANDLED_SIGNALS

from moue.errors import MoueError
from moue.files import make_folder, part_beside
from moue.http_api.live_socket import FRAME_LIMIT
from moue.studio.access import HOST, Access
from moue.studio.app import create_app, create_course_app
from moue.studio.endpoint import PREFIX
from moue.studio.studio import Studio
from moue.workspace.lock import Lock
from moue.workspace.workspace import Workspace

PORT = 8765
"""Port that is tried first."""
GRACE = 2
"""Seconds to wait for open requests when the server stops."""
ANSWER = 10.0
"""Seconds to wait for the answer of a running studio."""
RECORD = "server.json"
"""File with the port and the key of the running server, readable by its user only."""


def serve(
    workspace: Workspace,
    port: int | None,
    opened: Callable[[str], None],
    joined: Callable[[str], None],
    allowed: tuple[Path, ...] = (),
    page: str = "",
) -> list[str]:
    """Serve the studio until Ctrl-C; return the commands that its jobs still run.

    If a studio of the workspace runs already, it gives another link, and the function returns.

    Args:
        workspace: workspace to show.
        port: port to listen on; None for `PORT`, or a free port if it is in use.
        opened: function called with a link that opens the page once, as soon as it works.
        joined: function called instead with the link of the studio that runs already.
        allowed: further folders whose content may be imported.
        page: path of the page to open, such as `learn/09-loss`; empty for the page of the studio.

    Raises:
        MoueError: the port is in use, or the running studio does not answer.
    """
    make_folder(workspace.studio)
    lock = Lock(workspace.studio / "server.db", "studio", "serves this workspace")
    if not lock.try_acquire():
        joined(_link_of_running(workspace, page))
        return []
    record = workspace.studio / RECORD
    try:
        with _listen(port) as listener:
            access = Access(listener.getsockname()[1])
            _write_private(record, {"port": access.port, "key": access.key})
            studio = Studio(workspace, access, allowed)
            # The socket listens already, so a browser that is faster than the server waits.
            opened(access.link(page))
            _run(create_app(studio), listener, studio.hub.close)
            return [job.command for job in studio.jobs.running()]
    finally:
        record.unlink(missing_ok=True)
        lock.release()


def serve_course(port: int | None, opened: Callable[[str], None], page: str) -> None:
    """Serve the course on the bundled pictures until Ctrl-C.

    Args:
        port: port to listen on; None for `PORT`, or a free port if it is in use.
        opened: function called with a link that opens the page once, as soon as it works.
        page: path of the page to open, such as `learn/09-loss`.

    Raises:
        MoueError: the port is in use.
    """
    with _listen(port) as listener:
        access = Access(listener.getsockname()[1])
        opened(access.link(page))
        _run(create_course_app(access), listener, lambda: None)


class _Server(uvicorn.Server):
    """A server that ends the streams of events first, since they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at Ctrl-C and SIGTERM, and end without an error: this is how the studio ends."""
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)


def _run(app: Starlette, listener: socket.socket, end_streams: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app, http="h11", ws="websockets-sansio", ws_max_size=FRAME_LIMIT, log_level="error",
        access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )  # fmt: skip
    _Server(config, end_streams).run(sockets=[listener])


def _listen(port: int | None) -> socket.socket:
    """Return a socket that listens on the loopback address."""
    for number in (port,) if port is not None else (PORT, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # on Windows, the option would allow two servers on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen(128)
        except OSError as error:
            listener.close()
            reason = error.strerror
            continue
        return listener
    raise MoueError(f"port {port} cannot be used: {reason}; choose another one with --port")


def _link_of_running(workspace: Workspace, page: str) -> str:
    """Ask the running studio of a workspace for another link to a page."""
    try:
        record = json.loads((workspace.studio / RECORD).read_text(encoding="utf-8"))
        connection = http.client.HTTPConnection(HOST, int(record["port"]), timeout=ANSWER)
        try:
            headers = {"Authorization": f"Bearer {record['key']}"}
            connection.request("POST", f"{PREFIX}/links", headers=headers)
            answer = json.loads(connection.getresponse().read())
            return str(answer["link"]).replace("/?token=", f"/{page}?token=")
        finally:
            connection.close()
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
        raise MoueError(
            f"{workspace.root}: another studio of this workspace runs, but does not answer; end it"
        ) from error


def _write_private(path: Path, value: dict[str, object]) -> None:
    """Write a file that only its user can read."""
    part = part_beside(path)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file)
    part.replace(path)
