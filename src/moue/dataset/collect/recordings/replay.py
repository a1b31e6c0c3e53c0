"""An HTTP client that answers from a recording instead of the network."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import h11

from moue.dataset.collect.http.exchange import Exchange
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_response import HttpResponse
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.http.url_guard import HttpUrl

__all__ = ["ReplayClient"]


class ReplayClient(HttpClient):
    """HTTP client that answers from recorded exchanges, without a connection or a wait.

    Redirects, retries, robots.txt and headers are processed as in a live request. A URL without
    an exchange is answered by one with the same path, because an updated parser may request other
    parameters.
    """

    def __init__(self, exchanges: Iterable[Exchange], settings: WebSettings) -> None:
        super().__init__(settings)
        self._left: dict[str, list[Exchange]] = {}
        for exchange in exchanges:
            self._left.setdefault(exchange.url, []).append(exchange)

    @contextlib.contextmanager
    def _response(self, url: HttpUrl, accept: str, budget: Any) -> Iterator[HttpResponse]:
        exchange = self._next(str(url))
        if exchange.failure:
            raise FetchError(exchange.failure, exchange.detail, exchange.status)
        stream = io.BytesIO(_to_http(exchange))
        try:
            yield HttpResponse(
                stream.read, lambda data: None, "GET", url.target, {"Host": url.netloc}
            )
        except (EOFError, h11.ProtocolError) as error:
            raise FetchError("bad_answer", str(error)[:200]) from error

    def _next(self, url: str) -> Exchange:
        """Return the next exchange of a URL; the last one is repeated."""
        found = self._left.get(url)
        if found is None:
            near = (one for known, one in self._left.items() if _place(known) == _place(url))
            found = next(near, None)
        if found is None and _place(url)[1] == "/robots.txt":
            # Recorded with --no-robots; without a file, everything is allowed.
            raise FetchError("gone", "the recording has no robots.txt", 404)
        if found is None:
            raise FetchError("unreachable", "the recording has no response for this URL")
        return found.pop(0) if len(found) > 1 else found[0]


def _place(url: str) -> tuple[str, str]:
    """Return host and path of a URL."""
    parts = urlsplit(url)
    return parts.netloc, parts.path


def _to_http(exchange: Exchange) -> bytes:
    """Return the bytes of an HTTP response."""
    headers = [(name, value) for name, value in exchange.headers if name != "retry-after"]
    headers += [("retry-after", "0"), ("content-length", str(len(exchange.body)))]
    lines = [f"HTTP/1.1 {exchange.status} {exchange.phrase}", *(f"{k}: {v}" for k, v in headers)]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
    return head + exchange.body
