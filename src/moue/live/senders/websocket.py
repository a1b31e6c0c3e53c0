"""Send results as JSON to WebSocket clients, with websockets.

An asyncio server runs in a thread. Each client has a bounded queue, so a slow client misses frames
and delays neither the video nor other clients. Messages from clients are ignored.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import socket
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from moue.errors import MissingExtra, OutputError, reason_of
from moue.live.senders.address import parse_address
from moue.live.senders.drop_queue import DropQueue
from moue.live.senders.message import Message, Send
from moue.text import to_json

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

__all__ = ["websocket_sender"]

MAX_CLIENTS = 16
MAX_RECEIVED = 4096
"""Maximum size of a message from a client, in bytes."""
SEND_BUFFER = 65536
"""Size of the send buffer of a connection in bytes; a larger one delays the frames longer."""
DRAIN_SECONDS = 2.0
"""Maximum time to send the waiting messages after the end of the video, in seconds."""
CLOSE_SECONDS = 1.0
"""Maximum time to close a connection, in seconds."""
_LOCAL = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
"""Origins of pages that this machine serves."""


@contextmanager
def websocket_sender(
    address: str, origins: Collection[str], say: Callable[[str], None]
) -> Iterator[Send]:
    """Start a WebSocket server; yield a function that sends messages to all clients.

    Args:
        address: Port, or host and port, on which the server listens; without a host it listens on
            the loopback address.
        origins: Origins of web pages that may connect, in addition to pages of this machine.
        say: Function called with messages.

    Raises:
        ConfigError: The address is not valid.
        OutputError: The server cannot listen on the address.
        MissingExtra: websockets is not installed.
    """
    try:
        import websockets.asyncio.server  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--websocket", "outputs") from error
    host, port = parse_address(address, "--websocket", lowest=0)
    server = _Server(_listen(host, port, address), origins, say)
    shown = f"[{host}]" if ":" in host else host
    say(f"--websocket: listening on ws://{shown}:{server.port}")
    if not _is_loopback(host):
        say(f"--websocket: everyone who can reach {host} can read the results")
    server.thread.start()
    try:
        server.ready.wait()
        yield server.put
    finally:
        server.close()
        if server.dropped:
            say(f"--websocket: dropped messages: {server.dropped:,}; a client was too slow")


def _listen(host: str, port: int, address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = f"the server cannot listen on this address: {reason_of(error)}"
        raise OutputError(f"--websocket {address}: {reason}; choose another one") from error
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return listening


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Client:
    """The connection to one client, and its waiting messages."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.queue = DropQueue()
        self.changed = asyncio.Event()
        self.ended = False

    def put(self, message: Message | None) -> None:
        """Append a message; None ends the connection after the waiting messages."""
        if message is None:
            self.ended = True
        else:
            self.queue.put(message)
        self.changed.set()

    async def send(self) -> None:
        while True:
            while len(self.queue):
                await self.connection.send(to_json(self.queue.pop().to_dict()))
            if self.ended:
                return
            self.changed.clear()
            await self.changed.wait()


class _Server:
    def __init__(
        self, listening: socket.socket, origins: Collection[str], say: Callable[[str], None]
    ) -> None:
        self.port: int = listening.getsockname()[1]
        self.thread = threading.Thread(target=self._run, name="websocket", daemon=True)
        self.ready, self.dropped = threading.Event(), 0
        self._listening, self._origins, self._say = listening, frozenset(origins), say
        self._refused: set[str] = set()
        self._clients: dict[_Client, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def put(self, message: Message | None) -> None:
        """Pass a message to all clients; None ends the connections."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._deliver, message)

    def close(self) -> None:
        """Send the waiting messages, close all connections, and end the thread."""
        self.put(None)
        self.thread.join(DRAIN_SECONDS + 5 * CLOSE_SECONDS)
        self._listening.close()

    def _deliver(self, message: Message | None) -> None:
        for client in self._clients:
            client.put(message)
        if message is None:
            self._ended.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        from websockets.asyncio.server import serve

        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        silent = logging.Logger("moue", logging.CRITICAL + 1)
        server = await serve(
            self._handle,
            sock=self._listening,
            process_request=self._check,
            max_size=MAX_RECEIVED,
            close_timeout=CLOSE_SECONDS,
            compression=None,  # it costs more time than it saves on one machine
            logger=silent,
        )
        self.ready.set()
        await self._ended.wait()
        if self._clients:
            await asyncio.wait(self._clients.values(), timeout=DRAIN_SECONDS)
        for client, sending in self._clients.items():
            if not sending.done():  # a normal close would wait for the client as well
                client.connection.transport.abort()
        server.close()
        await server.wait_closed()

    async def _handle(self, connection: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        client = _Client(connection)
        sending = asyncio.create_task(client.send())
        self._clients[client] = sending
        try:
            with suppress(ConnectionClosed):
                async for _ in connection:
                    pass
        finally:
            sending.cancel()
            with suppress(ConnectionClosed, asyncio.CancelledError):
                await sending
            del self._clients[client]
            if client.ended:  # what is still waiting was not sent in time
                client.queue.clear()
            self.dropped += client.queue.dropped

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse pages of other origins, and too many clients."""
        for origin in request.headers.get_all("Origin"):
            if origin not in self._origins and not _LOCAL.fullmatch(origin):
                self._report_refused(origin)
                return connection.respond(HTTPStatus.FORBIDDEN, "this origin is not allowed\n")
        if len(self._clients) >= MAX_CLIENTS:
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many clients\n")
        return None

    def _report_refused(self, origin: str) -> None:
        """Report each refused origin once, and at most `MAX_CLIENTS` of them."""
        if origin in self._refused or len(self._refused) >= MAX_CLIENTS:
            return
        self._refused.add(origin)
        shown = origin[:200]
        self._say(
            f"--websocket: a page of {shown} was refused; --websocket-origin {shown} allows it"
        )
