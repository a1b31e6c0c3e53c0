"""One connection to one server, every wait of which ends at a deadline.

A socket's own timeout is for one wait, so a server that sends a byte now and then could hold
it for ever; here each wait is only as long as what is left until the deadline.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import time
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from urllib.parse import unquote, urlsplit

from moue.dataset.collect.http.exchange import ProtocolError, Response
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import Address, SocketAddress, check_name, resolve_host


class Connection:
    """An open connection; `ask` may be called again once an answer has been read to its end.

    Attributes:
        used: whether it has carried an answer already, so that it may have gone stale.
    """

    def __init__(self, address: Address, deadline: float, allow_private: bool) -> None:
        """Connect, through the environment's proxy where there is one for the address.

        Raises:
            Failure: `refused`, `no_host`, `unreachable` or `timeout`.
        """
        self.used = False
        self.deadline = deadline
        self._through: str | None = None
        self._credentials: str | None = None
        proxy = _proxy(address)
        if proxy is None:
            self._socket = _connect(resolve_host(address, allow_private), address, deadline)
        else:
            check_name(address, allow_private)
            self._socket = self._by_proxy(proxy, address)
        if address.scheme == "https":
            self._secure(address)

    def ask(self, address: Address, headers: dict[str, str], deadline: float) -> Response:
        """Send a GET and return the response, its head read.

        Raises:
            OSError, EOFError, h11.ProtocolError: the connection is broken, or the response is
                not valid HTTP.
        """
        self.deadline = deadline
        target = self._through + address.target if self._through else address.target
        if self._through and self._credentials:
            headers = headers | {"Proxy-Authorization": self._credentials}
        return self._exchange("GET", target, {"Host": address.netloc} | headers)

    @property
    def idle(self) -> bool:
        """Whether nothing has come, not even the end, since the last answer."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            return not selector.select(0)

    def stop(self) -> None:
        """End every wait on this line, from any thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def wait(self) -> socket.socket:
        """Return the socket, ready for one wait until the deadline."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("took too long")
        self._socket.settimeout(left)
        return self._socket

    def _exchange(self, method: str, target: str, headers: dict[str, str]) -> Response:
        return Response(
            lambda size: self.wait().recv(size), lambda data: self.wait().sendall(data),
            method, target, headers,
        )  # fmt: skip

    def _by_proxy(self, proxy: str, address: Address) -> socket.socket:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme != "http" or not parts.hostname:
            raise FetchError(
                "unreachable", f"proxy {parts.scheme}://: only http:// proxies are known"
            )
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._credentials = f"Basic {b64encode(pair.encode()).decode()}"
        server = Address("http", parts.hostname, parts.port or 80, "/")
        self._socket = _connect(resolve_host(server, allow_private=True), server, self.deadline)
        if address.scheme == "http":
            self._through = address.origin
            return self._socket
        where = f"[{address.host}]" if ":" in address.host else address.host
        asked = {"Host": f"{where}:{address.port}"}
        if self._credentials:
            asked["Proxy-Authorization"] = self._credentials
        try:
            answer = self._exchange("CONNECT", f"{where}:{address.port}", asked)
        except (OSError, EOFError, ProtocolError) as error:
            self.close()
            raise FetchError("unreachable", f"proxy {server.host}: {error}") from error
        if not answer.tunnel:
            self.close()
            raise FetchError("unreachable", f"proxy {server.host}: {answer.status} {answer.reason}")
        return self._socket

    def _secure(self, address: Address) -> None:
        try:
            self._socket = _tls().wrap_socket(self.wait(), server_hostname=address.host)
        except (OSError, ValueError) as error:
            self.close()
            late = isinstance(error, TimeoutError)
            raise FetchError(
                "timeout" if late else "unreachable", f"{address.host}: {error}"
            ) from error


def _connect(places: Sequence[SocketAddress], address: Address, deadline: float) -> socket.socket:
    """Connect to the first of some checked addresses that answers."""
    last: OSError = TimeoutError("took too long")
    for family, where in places:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(left / 2 if len(places) > 1 else left)
            opened.connect(where)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            opened.close()
            last = error
        else:
            return opened
    reason = "timeout" if isinstance(last, TimeoutError) else "unreachable"
    raise FetchError(reason, f"{address.host}: {last.strerror or last}") from last


def _proxy(address: Address) -> str | None:
    """The proxy that the environment names for an address; `no_proxy` is heeded."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(address.netloc):
        return None
    return proxy


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # reading the system's certificates takes a moment
