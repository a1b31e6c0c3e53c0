"""Send a request over an open connection, and parse the response with h11.

h11 is strict: it rejects invalid chunk sizes, conflicting lengths, and headers with control
characters. `read_body` limits the size of the compressed and the decompressed body.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

import h11

from moue.dataset.collect.http.fetch_error import FetchError

__all__ = ["HttpResponse", "ProtocolError", "read_body"]

_RECEIVE_BYTES = 65536
_MAX_LINE_BYTES = 8192
"""Maximum size of a header line: h11 takes quadratic time for a long invalid line."""
_MAX_HEAD_BYTES = 65536
"""Maximum size of all header lines together."""
_MAX_INTERIM = 16
"""Maximum number of 1xx responses before the final response."""
_GZIP_MAGIC = b"\x1f\x8b"

ProtocolError = h11.ProtocolError
"""Error for a request or response that is not valid HTTP/1.1."""


class HttpResponse:
    """HTTP response whose status line and headers have been read; `iter_body` reads the body.

    Attributes:
        status: HTTP status code.
        reason: Reason phrase after the status code.
        complete: Whether the body has been read completely.
    """

    def __init__(
        self,
        receive: Callable[[int], bytes],
        send: Callable[[bytes], object],
        method: str,
        target: str,
        headers: Mapping[str, str],
    ) -> None:
        """Send a request, and read the status line and headers of the response.

        Args:
            receive: Function that returns at most the given number of received bytes; it returns
                empty bytes at the end of the stream.
            send: Function that sends bytes.
            method: HTTP method, such as `GET`.
            target: Request target, such as the path of a URL.
            headers: Request headers by name.

        Raises:
            OSError: The connection failed, or was closed before the first byte.
            EOFError: The connection was closed before the end of the headers.
            h11.ProtocolError: The request or the response is not valid HTTP.
        """
        self._receive = receive
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        first = self._parser.send(request) or b""
        send(first + (self._parser.send(h11.EndOfMessage()) or b""))
        self._buffer = bytearray()  # received bytes that the parser does not have yet
        head = self._read_head()
        self.status = head.status_code
        self.reason = head.reason.decode("latin-1")
        self._headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers]
        self.complete = False
        if self._buffer:  # h11 interprets empty data as the end of the stream
            self._parser.receive_data(bytes(self._buffer))
        self._buffer.clear()

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name` (in lower case); None if missing."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> list[str]:
        """Return all values of the header `name` (in lower case)."""
        return [value for key, value in self._headers if key == name]

    @property
    def content_length(self) -> int | None:
        """Content-Length of the body in bytes; None if missing or if the body is chunked."""
        stated = self.header("content-length")
        if stated is None or self.header("transfer-encoding") is not None:
            return None
        return int(stated)  # h11 has checked that it is at most 20 digits

    @property
    def reusable(self) -> bool:
        """Whether the connection can be used for another request.

        The body must be complete, both sides must keep the connection open, and no bytes may have
        arrived after the body, since they would be parsed as the next response.
        """
        if not self.complete:
            for _ in self._parse_body():
                pass  # skip a short body that was already received, such as that of a redirect
        done = self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE
        return done and self._parser.trailing_data == (b"", False)

    @property
    def opened_tunnel(self) -> bool:
        """Whether a CONNECT request opened a tunnel that has not delivered any bytes yet."""
        switched = self._parser.their_state is h11.SWITCHED_PROTOCOL
        return switched and self._parser.trailing_data == (b"", False)

    def iter_body(self) -> Iterator[bytes]:
        """Yield the parts of the body as they arrive, without chunk headers.

        Raises:
            OSError: The connection failed, or the deadline has passed.
            EOFError: The connection was closed before the end of the body.
            h11.ProtocolError: The body is not valid HTTP.
        """
        while True:
            yield from self._parse_body()
            if self.complete:
                return
            data = self._receive(_RECEIVE_BYTES)
            self._parser.receive_data(data)
            if not data and self._parser.their_state is h11.SEND_BODY:
                try:
                    yield from self._parse_body()
                except h11.RemoteProtocolError as error:
                    raise EOFError(str(error)) from error
                if not self.complete:
                    raise EOFError("the connection was closed before the end of the body")

    def _parse_body(self) -> Iterator[bytes]:
        """Yield the parts of the body that have been received so far."""
        while not self.complete:
            event = self._parser.next_event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.complete = True
            else:
                return

    def _read_head(self) -> h11.Response:
        """Read the status line and headers line by line, and skip 1xx responses."""
        interim = 0
        while True:
            self._parser.receive_data(self._read_line())
            event = self._parser.next_event()
            if isinstance(event, h11.Response):
                return event
            interim += isinstance(event, h11.InformationalResponse)
            if interim > _MAX_INTERIM:
                raise h11.RemoteProtocolError("too many 1xx responses")

    def _read_line(self) -> bytes:
        """Return the next header line, including its line break."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            if len(self._buffer) > _MAX_LINE_BYTES:
                raise h11.RemoteProtocolError("a header line is too long")
            start = len(self._buffer)
            data = self._receive(_RECEIVE_BYTES)
            if not data:
                raise self._closed_early()
            self._buffer += data
        if end > _MAX_LINE_BYTES:
            raise h11.RemoteProtocolError("a header line is too long")
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return line

    def _closed_early(self) -> Exception:
        """Return the error for a connection that was closed before the end of the headers."""
        lines = self._parser.trailing_data[0]
        if not lines and not self._buffer:
            return ConnectionError("the connection was closed before a response")
        if not lines and not b"HTTP/1.".startswith(self._buffer[:7]):
            return h11.RemoteProtocolError("the response is not HTTP/1.1")
        return EOFError("the connection was closed before the end of the headers")


def read_body(response: HttpResponse, limit: int) -> bytes:
    """Return the complete decompressed body of a response.

    Args:
        response: Response whose body has not been read.
        limit: Maximum number of bytes of the compressed and of the decompressed body.

    Raises:
        FetchError: The reason is `too_large` for a body above the limit, `cut_short` for
            incomplete compressed data, or `bad_answer` for an unsupported Content-Encoding.
        OSError, EOFError, h11.ProtocolError, zlib.error: The connection failed, or the data is
            damaged.
    """
    if response.content_length is not None and response.content_length > limit:
        raise FetchError("too_large", f"{response.content_length:,} bytes; the limit is {limit:,}")
    decompressor = _decompressor(",".join(response.header_values("content-encoding")))
    body = bytearray()
    received = 0
    for data in response.iter_body():
        received += len(data)
        # One byte more than the limit is decompressed, to detect a body above the limit.
        body += data if decompressor is None else decompressor.feed(data, limit + 1 - len(body))
        if max(len(body), received) > limit:
            raise FetchError("too_large", f"the body has more than {limit:,} bytes")
    if decompressor is not None:
        decompressor.finish()
    return bytes(body)


class _Decompressor:
    """Decompressor for gzip, zlib, and raw deflate data, which some servers send."""

    def __init__(self) -> None:
        self._start = b""
        self._zlib: zlib._Decompress | None = None

    def feed(self, data: bytes, limit: int) -> bytes:
        """Decompress the next part of the data; return at most `limit` bytes."""
        if self._zlib is None:
            data = self._start + data
            if len(data) < 2:
                self._start = data
                return b""
            self._zlib = zlib.decompressobj(_window_bits(data))
        if self._zlib.eof:
            return b""  # padding after the end, which browsers ignore too
        out = self._zlib.decompress(data, limit)
        if self._zlib.unused_data.startswith(_GZIP_MAGIC):
            raise FetchError("bad_answer", "the body has more than one gzip stream")
        return out

    def finish(self) -> None:
        """Check that the compressed data is complete.

        Raises:
            FetchError: The data is incomplete; the reason is `cut_short`.
        """
        complete = not self._start if self._zlib is None else self._zlib.eof
        if not complete:
            raise FetchError("cut_short", "the compressed data is incomplete")


def _window_bits(start: bytes) -> int:
    """Return the `wbits` argument of `zlib.decompressobj` for data that starts with `start`."""
    zlib_header = start[0] & 15 == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS | 32 if start.startswith(_GZIP_MAGIC) or zlib_header else -zlib.MAX_WBITS


def _decompressor(encoding: str) -> _Decompressor | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return _Decompressor()
    raise FetchError("bad_answer", f"the Content-Encoding {encoding[:80]} is not supported")
