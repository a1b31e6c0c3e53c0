"""Send one request over an open connection, and read its response with h11.

h11 is strict: a chunk size that is negative, not hexadecimal or too long, a response with two
lengths, and a header with a control character are all errors. A body is limited in bytes, both
as sent and decompressed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping

import h11

from moue.dataset.collect.http.fetch_error import FetchError

__all__ = ["HttpResponse", "ProtocolError", "read_body"]

_RECEIVE_BYTES = 65536
_MAX_LINE_BYTES = 8192
"""Limit of one header line: h11 needs quadratic time for a long line that is not valid."""
_MAX_HEAD_BYTES = 65536
"""Limit of all header lines together."""
_MAX_INTERIM = 16
"""Maximum number of 1xx responses before the final one."""
_GZIP_MAGIC = b"\x1f\x8b"

ProtocolError = h11.ProtocolError
"""The peer does not speak valid HTTP/1.1."""


class HttpResponse:
    """A response whose head has been read; `iter_body` reads its body.

    Attributes:
        status: the HTTP status code.
        reason: the text after the status code.
        complete: whether the body has been read to its end.
    """

    def __init__(
        self,
        receive: Callable[[int], bytes],
        send: Callable[[bytes], object],
        method: str,
        target: str,
        headers: Mapping[str, str],
    ) -> None:
        """Send a request and read the head of its response.

        Args:
            receive: returns at most the given number of bytes; no bytes at the end of the stream.

        Raises:
            OSError: the connection is broken, or was closed before the first byte.
            EOFError: the connection was closed within the head.
            h11.ProtocolError: the request or the response is not valid HTTP.
        """
        self._receive = receive
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        first = self._parser.send(request) or b""
        send(first + (self._parser.send(h11.EndOfMessage()) or b""))
        self._buffer = bytearray()  # received, but not yet given to the parser
        head = self._read_head()
        self.status = head.status_code
        self.reason = head.reason.decode("latin-1")
        self._headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers]
        self.complete = False
        if self._buffer:  # h11 takes empty data for the end of the stream
            self._parser.receive_data(bytes(self._buffer))
        self._buffer.clear()

    def header(self, name: str) -> str | None:
        """Return the first value of a header (lower-case name), or None."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> list[str]:
        """Return all values of a header (lower-case name)."""
        return [value for key, value in self._headers if key == name]

    @property
    def content_length(self) -> int | None:
        """Stated length of the body in bytes; None if the response does not state it."""
        stated = self.header("content-length")
        if stated is None or self.header("transfer-encoding") is not None:
            return None
        return int(stated)  # h11 has checked that it is at most 20 digits

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another request.

        The body must have ended, both sides must keep the connection open, and no bytes may have
        arrived after the end: they must never count as the next response.
        """
        if not self.complete:
            for _ in self._parse_body():
                pass  # a short body that has already arrived, such as that of a redirect
        done = self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE
        return done and self._parser.trailing_data == (b"", False)

    @property
    def opened_tunnel(self) -> bool:
        """Whether a CONNECT request opened a tunnel, and no bytes arrived in it yet."""
        switched = self._parser.their_state is h11.SWITCHED_PROTOCOL
        return switched and self._parser.trailing_data == (b"", False)

    def iter_body(self) -> Iterator[bytes]:
        """Yield the body as it arrives, without chunk headers.

        Raises:
            OSError: the connection is broken, or the deadline has passed.
            EOFError: the connection was closed before the end of the body.
            h11.ProtocolError: the body is not valid HTTP.
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
                    raise EOFError("the body did not end")

    def _parse_body(self) -> Iterator[bytes]:
        """Yield the parts of the body that have already been received."""
        while not self.complete:
            event = self._parser.next_event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.complete = True
            else:
                return

    def _read_head(self) -> h11.Response:
        """Read the head of the response line by line; skip 1xx responses."""
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
        """Return the next line of the head, including its line end."""
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
        """Return the error for a connection that was closed within the head."""
        lines = self._parser.trailing_data[0]
        if not lines and not self._buffer:
            return ConnectionError("the connection was closed before a response")
        if not lines and not b"HTTP/1.".startswith(self._buffer[:7]):
            return h11.RemoteProtocolError("the response is not HTTP/1.1")
        return EOFError("the connection was closed within the headers")


def read_body(response: HttpResponse, limit: int) -> bytes:
    """Return the whole decompressed body.

    Args:
        limit: maximum number of bytes, both as sent and decompressed.

    Raises:
        FetchError: `too_large`; `cut_short` if the compressed data ends early; `bad_answer` if
            the Content-Encoding is not supported.
        OSError, EOFError, h11.ProtocolError, zlib.error: the connection or the data is broken.
    """
    if response.content_length is not None and response.content_length > limit:
        raise FetchError("too_large", f"{response.content_length} bytes")
    decompressor = _decompressor(",".join(response.header_values("content-encoding")))
    body = bytearray()
    received = 0
    for data in response.iter_body():
        received += len(data)
        # One byte more than the limit is decompressed, to notice that the limit is exceeded.
        body += data if decompressor is None else decompressor.feed(data, limit + 1 - len(body))
        if max(len(body), received) > limit:
            raise FetchError("too_large", f"more than {limit} bytes")
    if decompressor is not None:
        decompressor.finish()
    return bytes(body)


class _Decompressor:
    """Decompresses gzip, zlib, or deflate without a zlib header, which some servers send."""

    def __init__(self) -> None:
        self._start = b""
        self._zlib: zlib._Decompress | None = None

    def feed(self, data: bytes, limit: int) -> bytes:
        """Decompress some more bytes; return at most `limit` bytes."""
        if self._zlib is None:
            data = self._start + data
            if len(data) < 2:
                self._start = data
                return b""
            self._zlib = zlib.decompressobj(_window_bits(data))
        if self._zlib.eof:
            return b""  # padding after the end; browsers ignore it too
        out = self._zlib.decompress(data, limit)
        if self._zlib.unused_data.startswith(_GZIP_MAGIC):
            raise FetchError("bad_answer", "more than one gzip stream")
        return out

    def finish(self) -> None:
        """Check that the compressed data was complete.

        Raises:
            FetchError: `cut_short`.
        """
        complete = not self._start if self._zlib is None else self._zlib.eof
        if not complete:
            raise FetchError("cut_short", "the compressed data is incomplete")


def _window_bits(start: bytes) -> int:
    """Return the `wbits` of zlib for data with these first bytes."""
    zlib_header = start[0] & 15 == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS | 32 if start.startswith(_GZIP_MAGIC) or zlib_header else -zlib.MAX_WBITS


def _decompressor(encoding: str) -> _Decompressor | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return _Decompressor()
    raise FetchError("bad_answer", f"Content-Encoding: {encoding[:80]}")
