"""Connections to servers, and a pool of idle connections.

The timeout of a socket limits a single read, so a server that sends one byte at a time could keep
a request open without limit. Therefore each read has the time until the deadline of the request.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from urllib.parse import unquote, urlsplit

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_response import HttpResponse, ProtocolError
from moue.dataset.collect.http.url_guard import (
    HttpUrl,
    SocketAddress,
    check_host_name,
    resolve_host,
)
from moue.errors import reason_of

__all__ = ["Connection", "ConnectionPool", "tls_context"]


class Connection:
    """Open connection to a server or proxy, for consecutive requests.

    Attributes:
        reused: Whether an earlier request used the connection, so that the server may have
            closed it.
    """

    def __init__(self, url: HttpUrl, deadline: float, allow_private: bool) -> None:
        """Connect to the host of a URL, through a proxy if the environment configures a proxy.

        Args:
            url: URL of the first request.
            deadline: Latest end of the connection setup, in seconds of `time.monotonic`.
            allow_private: Whether private and local addresses are allowed.

        Raises:
            FetchError: The connection failed; the reason is `refused`, `no_host`, `unreachable`
                or `timeout`.
        """
        self.reused = False
        self._deadline = deadline
        self._target_prefix = ""
        self._proxy_headers: dict[str, str] = {}
        proxy = _proxy_for(url)
        if proxy is None:
            self._socket = _connect(resolve_host(url, allow_private), url, deadline)
        else:
            check_host_name(url, allow_private)
            self._connect_to_proxy(proxy, url)
        if url.scheme == "https":
            self._start_tls(url)

    def request(self, url: HttpUrl, headers: dict[str, str], deadline: float) -> HttpResponse:
        """Send a GET request; return the response, whose headers have been read.

        Args:
            url: URL with the origin of this connection.
            headers: Request headers without `Host`.
            deadline: Latest end of the response, in seconds of `time.monotonic`.

        Raises:
            OSError, EOFError, h11.ProtocolError: The connection failed, or the response is not
                valid HTTP.
        """
        self._deadline = deadline
        headers = {"Host": url.netloc} | headers
        if self._target_prefix:
            headers |= self._proxy_headers
        return self._send("GET", self._target_prefix + url.target, headers)

    @property
    def idle(self) -> bool:
        """True if the connection is open and no data has arrived since the last response."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            return not selector.select(0)

    def abort(self) -> None:
        """Abort all reads and writes of this connection; callable from any thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _timed_socket(self) -> socket.socket:
        """Return the socket, with the time until the deadline as its timeout."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the time limit was exceeded")
        self._socket.settimeout(remaining)
        return self._socket

    def _send(self, method: str, target: str, headers: dict[str, str]) -> HttpResponse:
        return HttpResponse(
            lambda size: self._timed_socket().recv(size),
            lambda data: self._timed_socket().sendall(data),
            method, target, headers,
        )  # fmt: skip

    def _connect_to_proxy(self, proxy: str, url: HttpUrl) -> None:
        try:
            parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            port = parts.port or 80
        except ValueError as error:
            detail = f"the proxy URL of the environment is not valid: {error}"
            raise FetchError("unreachable", detail) from error
        if parts.scheme != "http" or not parts.hostname:
            raise FetchError(
                "unreachable", f"{parts.scheme}:// proxies are not supported; use an http:// proxy"
            )
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credentials = b64encode(pair.encode()).decode()
            self._proxy_headers = {"Proxy-Authorization": f"Basic {credentials}"}
        server = HttpUrl("http", parts.hostname, port, "/")
        self._socket = _connect(resolve_host(server, allow_private=True), server, self._deadline)
        if url.scheme == "http":
            self._target_prefix = url.origin  # a proxy takes the whole URL as the target
        else:
            self._open_tunnel(server, url)

    def _open_tunnel(self, proxy: HttpUrl, url: HttpUrl) -> None:
        host = f"[{url.host}]" if ":" in url.host else url.host
        target = f"{host}:{url.port}"
        try:
            response = self._send("CONNECT", target, {"Host": target} | self._proxy_headers)
        except (OSError, EOFError, ProtocolError) as error:
            self.close()
            raise FetchError(
                "unreachable", f"the proxy {proxy.host} failed: {reason_of(error)}"
            ) from error
        if not response.opened_tunnel:
            self.close()
            status = f"{response.status} {response.reason}"
            raise FetchError("unreachable", f"the tunnel of proxy {proxy.host} failed: {status}")

    def _start_tls(self, url: HttpUrl) -> None:
        try:
            self._socket = tls_context().wrap_socket(self._timed_socket(), server_hostname=url.host)
        except (OSError, ValueError) as error:
            self.close()
            reason = "timeout" if isinstance(error, TimeoutError) else "unreachable"
            raise FetchError(reason, f"{url.host}: {reason_of(error)}") from error


class ConnectionPool:
    """Thread-safe pool of open connections, in use or idle."""

    def __init__(self, allow_private: bool, max_idle: int) -> None:
        """Create an empty pool.

        Args:
            allow_private: Whether private and local addresses are allowed.
            max_idle: Maximum number of idle connections; above it, the oldest is closed.
        """
        self._allow_private, self._max_idle = allow_private, max_idle
        self._idle: list[tuple[str, Connection]] = []
        self._active: set[Connection] = set()
        self._lock = threading.Lock()
        self._closed = False

    def acquire(self, url: HttpUrl, deadline: float) -> Connection:
        """Return an idle or new connection to the origin of a URL.

        Args:
            url: URL to connect to.
            deadline: Latest end of the connection setup, in seconds of `time.monotonic`.

        Raises:
            FetchError: The server cannot be reached, or the pool is closed.
        """
        while (connection := self._pop_idle(url.origin)) is not None:
            if connection.idle:
                return connection
            self.release(url, connection, False)
        connection = Connection(url, deadline, self._allow_private)
        with self._lock:
            if not self._closed:
                self._active.add(connection)
                return connection
        connection.close()
        raise FetchError("unreachable", "the HTTP client was stopped")

    def release(self, url: HttpUrl, connection: Connection, keep: bool) -> None:
        """Return a connection to the pool if `keep` is true, or close it."""
        surplus: Connection | None = connection
        with self._lock:
            self._active.discard(connection)
            if keep and not self._closed:
                surplus, connection.reused = None, True
                self._idle.append((url.origin, connection))
                if len(self._idle) > self._max_idle:
                    _, surplus = self._idle.pop(0)
        if surplus is not None:
            surplus.close()

    def close(self) -> None:
        """Close the idle connections, and abort the connections in use."""
        with self._lock:
            self._closed = True
            for connection in self._active:
                connection.abort()
            for _, connection in self._idle:
                connection.close()
            self._idle.clear()

    def _pop_idle(self, origin: str) -> Connection | None:
        """Return the most recently used idle connection to an origin, and mark it as active."""
        with self._lock:
            for index in reversed(range(len(self._idle))):
                if self._idle[index][0] == origin:
                    _, connection = self._idle.pop(index)
                    self._active.add(connection)
                    return connection
        return None


def _connect(addresses: Sequence[SocketAddress], url: HttpUrl, deadline: float) -> socket.socket:
    """Return a socket that is connected to the first reachable address.

    Raises:
        FetchError: No address can be reached; the reason is `timeout` or `unreachable`.
    """
    last: OSError = TimeoutError("the time limit was exceeded")
    for family, address in addresses:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            break
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            # Half of the remaining time, so that an unreachable address leaves time for the next.
            opened.settimeout(remaining / 2 if len(addresses) > 1 else remaining)
            opened.connect(address)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            opened.close()
            last = error
        else:
            return opened
    reason = "timeout" if isinstance(last, TimeoutError) else "unreachable"
    raise FetchError(reason, f"cannot connect to {url.host}: {last.strerror or last}") from last


def _proxy_for(url: HttpUrl) -> str | None:
    """Return the proxy URL that the environment configures for a URL; None for no proxy.

    The variable `no_proxy` is respected.
    """
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(url.netloc):
        return None
    return proxy


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context; it is cached, because loading the system certificates is slow."""
    return ssl.create_default_context()
