"""Reading the body of an answer: never more than a limit, neither as sent nor unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from http.client import HTTPResponse

from moue.web.failure import Failure

_PIECE = 65536


def read(response: HTTPResponse, limit: int) -> bytes:
    """Return the whole body, its Content-Encoding undone.

    Raises:
        Failure: `too_large`, `cut_short` or, for an unknown encoding, `bad_answer`.
        OSError, HTTPException, zlib.error: the line or the data is broken.
    """
    if response.length is not None and response.length > limit:
        raise Failure("too_large", f"{response.length} bytes")
    unpacked = _unpacker(response.headers.get("Content-Encoding", ""))
    pieces: list[bytes] = []
    total = came = 0
    while piece := response.read(_PIECE):
        came += len(piece)
        # What is left of the limit, and a byte more to see that it is passed.
        piece = unpacked(piece, limit + 1 - total)
        total += len(piece)
        if total > limit or came > limit:
            raise Failure("too_large", f"more than {limit} bytes")
        pieces.append(piece)
    if response.length:
        raise Failure("cut_short", f"{response.length} bytes did not come")
    return b"".join(pieces)


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return lambda piece, room: piece
        case "gzip" | "x-gzip" | "deflate":
            machine = zlib.decompressobj(zlib.MAX_WBITS | 32)
            return machine.decompress
    raise Failure("bad_answer", f"Content-Encoding: {encoding[:80]}")
