"""One connection to one server, every wait of which ends at a deadline.

A socket's own timeout is for one wait, so a server that sends a byte now and then could hold
it for ever; here each wait is only as long as what is left until the deadline.
"""

from __future__ import annotations

import contextlib
import io
import select
import socket
import ssl
import time
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import unquote, urlsplit

from moue.web.address import Address, Place, check_name, resolve
from moue.web.failure import Failure


class Line:
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
            self._socket = _connect(resolve(address, allow_private), address, deadline)
        else:
            check_name(address, allow_private)
            self._socket = self._by_proxy(proxy, address)
        if address.scheme == "https":
            self._secure(address)

    def ask(self, address: Address, headers: dict[str, str], deadline: float) -> HTTPResponse:
        """Send a GET and return the answer, its head read.

        Raises:
            OSError, HTTPException: the line is broken, or the answer is no HTTP.
        """
        self.deadline = deadline
        target = self._through + address.target if self._through else address.target
        if self._through and self._credentials:
            headers = headers | {"Proxy-Authorization": self._credentials}
        return self._exchange(f"GET {target}", {"Host": address.netloc} | headers)

    @property
    def idle(self) -> bool:
        """Whether nothing has come, not even the end, since the last answer."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        return not readable

    def stop(self) -> None:
        """End every wait on this line, from any thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def makefile(self, mode: str, *_: Any) -> io.BufferedReader:
        """Return what HTTPResponse reads from."""
        return io.BufferedReader(_Waiting(self), 65536)

    def wait(self) -> socket.socket:
        """Return the socket, ready for one wait until the deadline."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("took too long")
        self._socket.settimeout(left)
        return self._socket

    def _exchange(self, what: str, headers: dict[str, str]) -> HTTPResponse:
        head = [f"{what} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self.wait().sendall(("\r\n".join(head) + "\r\n\r\n").encode("latin-1"))
        answer = HTTPResponse(self, method=what.split()[0])  # type: ignore[arg-type]
        answer.begin()
        return answer

    def _by_proxy(self, proxy: str, address: Address) -> socket.socket:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme != "http" or not parts.hostname:
            raise Failure("unreachable", f"proxy {parts.scheme}://: only http:// proxies are known")
        if parts.username:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._credentials = f"Basic {b64encode(pair.encode()).decode()}"
        server = Address("http", parts.hostname, parts.port or 80, "/")
        self._socket = _connect(resolve(server, allow_private=True), server, self.deadline)
        if address.scheme == "http":
            self._through = address.origin
            return self._socket
        where = f"[{address.host}]" if ":" in address.host else address.host
        asked = {"Host": f"{where}:{address.port}"}
        if self._credentials:
            asked["Proxy-Authorization"] = self._credentials
        try:
            answer = self._exchange(f"CONNECT {where}:{address.port}", asked)
        except (OSError, HTTPException) as error:
            self.close()
            raise Failure("unreachable", f"proxy {server.host}: {error}") from error
        if answer.status != 200:
            self.close()
            raise Failure("unreachable", f"proxy {server.host}: {answer.status} {answer.reason}")
        return self._socket

    def _secure(self, address: Address) -> None:
        try:
            self._socket = _tls().wrap_socket(self.wait(), server_hostname=address.host)
        except (OSError, ValueError) as error:
            self.close()
            late = isinstance(error, TimeoutError)
            raise Failure(
                "timeout" if late else "unreachable", f"{address.host}: {error}"
            ) from error


class _Waiting(io.RawIOBase):
    """The incoming bytes of a line; closing it leaves the line open."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.wait().recv_into(buffer)


def _connect(places: Sequence[Place], address: Address, deadline: float) -> socket.socket:
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
    raise Failure(reason, f"{address.host}: {last.strerror or last}") from last


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
