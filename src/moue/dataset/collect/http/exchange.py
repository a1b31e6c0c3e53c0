"""One request and its response, read by h11 from an open connection.

h11 is strict: a chunk size that is negative, not hexadecimal or too long, a response with two
lengths, and a header with a control character all end the exchange with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import h11

_PIECE = 65536
_LONGEST_LINE = 8192
"""Bytes of one header line. h11 needs quadratic time for a long line that is not valid."""
_LONGEST_HEAD = 65536
"""Bytes of all header lines together."""
_MOST_INTERIM = 16
"""1xx responses before the real one."""

ProtocolError = h11.ProtocolError
"""What is raised where the peer does not speak HTTP/1.1."""


class Response:
    """A response whose head has been read; `pieces` reads its body.

    Attributes:
        status: the HTTP status code.
        reason: the text after it.
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
            receive: returns at most so many bytes, or none at the end of the stream.

        Raises:
            OSError: the connection is broken or was closed before anything came.
            EOFError: it was closed within the head.
            h11.ProtocolError: the request or the response is not valid HTTP.
        """
        self._receive = receive
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        request = h11.Request(method=method, target=target, headers=list(headers.items()))
        first = self._parser.send(request) or b""
        send(first + (self._parser.send(h11.EndOfMessage()) or b""))
        self._left = bytearray()  # received, and not yet given to the parser
        head = self._head()
        self.status = head.status_code
        self.reason = head.reason.decode("latin-1")
        self._headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers]
        self.complete = False
        if self._left:  # no bytes at all would mean the end of the stream
            self._parser.receive_data(bytes(self._left))
        self._left.clear()

    def header(self, name: str) -> str | None:
        """Return the first value of a header, given in lower case; None where it is missing."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        """Return every value of a header, given in lower case."""
        return [value for key, value in self._headers if key == name]

    @property
    def length(self) -> int | None:
        """The body's length in bytes as stated, None where the response does not state it."""
        stated = self.header("content-length")
        if stated is None or self.header("transfer-encoding") is not None:
            return None
        return int(stated)  # h11 has checked that it is at most 20 digits

    @property
    def reusable(self) -> bool:
        """Whether another request may go over the connection.

        Only where the body has ended, both sides keep the connection open, and nothing was
        received after the end: such bytes must never count as the next response.
        """
        if not self.complete:
            for _ in self._parsed():
                pass  # a short body that has arrived already, such as that of a redirect
        done = self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE
        return done and self._parser.trailing_data == (b"", False)

    @property
    def tunnel(self) -> bool:
        """Whether the answer to a CONNECT opened a tunnel, with nothing sent ahead in it."""
        switched = self._parser.their_state is h11.SWITCHED_PROTOCOL
        return switched and self._parser.trailing_data == (b"", False)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it arrives, without its chunk headers.

        Raises:
            OSError: the connection is broken, or the deadline has passed.
            EOFError: it was closed before the end of the body.
            h11.ProtocolError: the body is not valid HTTP.
        """
        while True:
            yield from self._parsed()
            if self.complete:
                return
            data = self._receive(_PIECE)
            self._parser.receive_data(data)
            if not data and self._parser.their_state is h11.SEND_BODY:
                try:
                    yield from self._parsed()
                except h11.RemoteProtocolError as error:
                    raise EOFError(str(error)) from error
                if not self.complete:
                    raise EOFError("the body did not end")

    def _parsed(self) -> Iterator[bytes]:
        """Yield the parts of the body that have been received."""
        while not self.complete:
            event = self._parser.next_event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self.complete = True
            else:
                return

    def _head(self) -> h11.Response:
        """Read the head of the response, line by line, past the heads of 1xx responses."""
        interim = 0
        while True:
            self._parser.receive_data(self._line())
            event = self._parser.next_event()
            if isinstance(event, h11.Response):
                return event
            interim += isinstance(event, h11.InformationalResponse)
            if interim > _MOST_INTERIM:
                raise h11.RemoteProtocolError("too many 1xx responses")

    def _line(self) -> bytes:
        """Return the next line of the head with its end."""
        start = 0
        while (end := self._left.find(b"\n", start)) < 0:
            if len(self._left) > _LONGEST_LINE:
                raise h11.RemoteProtocolError("a header line is too long")
            start = len(self._left)
            data = self._receive(_PIECE)
            if not data:
                raise self._cut()
            self._left += data
        if end > _LONGEST_LINE:
            raise h11.RemoteProtocolError("a header line is too long")
        line = bytes(self._left[: end + 1])
        del self._left[: end + 1]
        return line

    def _cut(self) -> Exception:
        """Return what is wrong with a connection that was closed within the head."""
        lines = self._parser.trailing_data[0]
        if not lines and not self._left:
            return ConnectionError("the connection was closed before a response")
        if not lines and not b"HTTP/1.".startswith(self._left[:7]):
            return h11.RemoteProtocolError("the response is not HTTP/1.1")
        return EOFError("the connection was closed within the headers")
