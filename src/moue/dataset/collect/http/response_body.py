"""Reading the body of a response: never more than a limit, neither as sent nor decompressed."""

from __future__ import annotations

import zlib

from moue.dataset.collect.http.exchange import Response
from moue.dataset.collect.http.fetch_error import FetchError

_GZIP = b"\x1f\x8b"


def read_body(response: Response, limit: int) -> bytes:
    """Return the whole body with its Content-Encoding undone.

    Raises:
        Failure: `too_large`; `cut_short` where the compressed data ends early; `bad_answer`
            for a Content-Encoding that moue does not read.
        OSError, EOFError, h11.ProtocolError, zlib.error: the connection or the data is broken.
    """
    if response.length is not None and response.length > limit:
        raise FetchError("too_large", f"{response.length} bytes")
    decompressor = _decompressor(",".join(response.all("content-encoding")))
    pieces: list[bytes] = []
    total = received = 0
    for sent in response.pieces():
        received += len(sent)
        # What is left of the limit, and one byte more to see that the limit is passed.
        piece = sent if decompressor is None else decompressor.feed(sent, limit + 1 - total)
        total += len(piece)
        if max(total, received) > limit:
            raise FetchError("too_large", f"more than {limit} bytes")
        pieces.append(piece)
    if decompressor is not None:
        decompressor.end()
    return b"".join(pieces)


class _Decompressor:
    """Decompresses gzip, zlib, or deflate without a zlib header, which some servers send."""

    def __init__(self) -> None:
        self._start = b""
        self._machine: zlib._Decompress | None = None

    def feed(self, data: bytes, room: int) -> bytes:
        """Return at most `room` bytes of what some more compressed bytes hold."""
        if self._machine is None:
            data = self._start + data
            if len(data) < 2:
                self._start = data
                return b""
            self._machine = zlib.decompressobj(_window(data))
        if self._machine.eof:
            return b""  # padding after the end, which browsers ignore too
        out = self._machine.decompress(data, room)
        if self._machine.unused_data.startswith(_GZIP):
            raise FetchError("bad_answer", "more than one gzip stream")
        return out

    def end(self) -> None:
        """Check that the compressed data was whole.

        Raises:
            Failure: `cut_short`.
        """
        whole = not self._start if self._machine is None else self._machine.eof
        if not whole:
            raise FetchError("cut_short", "the compressed data ends before its end")


def _window(start: bytes) -> int:
    """Return the mode of zlib for data that begins so."""
    zlib_header = start[0] & 15 == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS | 32 if start.startswith(_GZIP) or zlib_header else -zlib.MAX_WBITS


def _decompressor(encoding: str) -> _Decompressor | None:
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return _Decompressor()
    raise FetchError("bad_answer", f"Content-Encoding: {encoding[:80]}")
