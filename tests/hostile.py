"""Replies of hostile and broken servers.

None is a picture, and none may affect more than its own URL. Each ends when the client disconnects
or the site closes.
"""

from __future__ import annotations

import gzip
import zlib
from http.server import BaseHTTPRequestHandler

from webserver import Reply, Site, body, jpeg, raw, redirect, status

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
PIECE = bytes(65536)


def endless(site: Site, start: bytes, more: bytes, pause: float = 0.0) -> Reply:
    """Send some bytes, then repeat others until the client disconnects."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(start)
        while not site.over.wait(pause) if pause else not site.over.is_set():
            handler.wfile.write(more)

    return reply


def silent(site: Site) -> Reply:
    """Send nothing until the site closes."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        site.over.wait()

    return reply


def chunk_sizes(site: Site) -> dict[str, Reply]:
    """Invalid and impossible chunk sizes."""
    sizes = {
        "minus-one": b"-1", "minus-five": b"-5", "huge": b"f" * 200, "hex-garbage": b"zz",
        "empty": b"", "spaces": b" 5 5", "plus": b"+5", "prefix": b"0x10", "underscore": b"1_0",
        "float": b"1.5", "letters": "\u0665".encode(), "null": b"5\0",
        "long-extension": b"5;" + b"x" * 100_000,
    }  # fmt: skip
    replies = {
        f"chunk-{name}": endless(site, CHUNKED + size + b"\r\n", PIECE)
        for name, size in sizes.items()
    }
    return replies | {
        "chunk-no-line-end": endless(site, CHUNKED, b"5"),
        "chunk-no-crlf-after": raw(CHUNKED + b"5\r\nhelloXX5\r\nhello\r\n0\r\n\r\n"),
        "chunk-2-to-the-63": raw(CHUNKED + b"8000000000000000\r\nhello"),
        "chunk-one-byte-each": endless(site, CHUNKED, b"1\r\nx\r\n" * 10_000),
        "chunk-endless-extensions": endless(site, CHUNKED + b"5;", b"y" * 65536),
        "chunk-endless-trailer": endless(site, CHUNKED + b"0\r\n", b"X-More: y\r\n" * 1000),
        "chunk-cut": raw(CHUNKED + b"ff\r\nhello"),
        "chunk-cut-in-size": raw(CHUNKED + b"5\r\nhello\r\n5"),
        "chunk-and-length": raw(
            OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello"
        ),
        "chunk-twice": raw(OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n"),
    }


def lengths(site: Site) -> dict[str, Reply]:
    """Invalid and wrong values of Content-Length."""
    wrong = {
        "minus": b"-1", "huge": b"9" * 5000, "words": b"many", "two": b"5, 6", "plus": b"+5",
        "larger": b"30000001", "exabyte": b"1152921504606846976",
    }  # fmt: skip
    replies = {
        f"length-{name}": raw(OK + b"Content-Length: " + value + b"\r\n\r\nhello")
        for name, value in wrong.items()
    }
    return replies | {
        "length-short": raw(OK + b"Content-Length: 100\r\n\r\nfew"),
        "length-two-lines": raw(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        "length-none-endless": endless(site, OK + b"\r\n", PIECE),
    }


def heads(site: Site) -> dict[str, Reply]:
    """Heads that are endless, too large or invalid."""
    return {
        "head-endless": endless(site, OK, b"X-More: " + b"a" * 1000 + b"\r\n"),
        "head-endless-line": endless(site, OK + b"X-More: ", b"a" * 65536),
        "head-endless-status": endless(site, b"HTTP/1.1 200 ", b"a" * 65536),
        "head-giant-line": raw(OK + b"X-More: " + b"a" * 5_000_000 + b"\r\n\r\nhello"),
        "head-spaces": raw(OK + b"X-More:" + b" " * 60_000 + b"\0\r\n\r\nhello"),
        "head-many": raw(OK + b"a: b\r\n" * 100_000 + b"\r\nhello"),
        "head-null": raw(OK + b"X-More: a\0b\r\n\r\nhello"),
        "head-no-colon": raw(OK + b"X-More\r\n\r\nhello"),
        "head-folded": endless(site, OK + b"X-More: a\r\n", b" b\r\n" * 1000),
        "head-1xx-flood": endless(site, b"", INTERIM * 100),
        "head-1xx-then-nothing": raw(INTERIM),
        "head-101": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello"),
        "head-status-junk": raw(b"HTTP/1.1 99999 x\r\n\r\n"),
        "head-http-9": raw(b"HTTP/9 what\r\n\r\n"),
        "head-ssh": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "head-binary": endless(site, b"", bytes(range(256))),
        "head-empty-lines": endless(site, b"", b"\r\n" * 1000),
    }


def compressed(site: Site) -> dict[str, Reply]:
    """Compressed bodies that are truncated, damaged or extremely large."""
    photo = jpeg(1) * 50
    gz, deflate = gzip.compress(photo), zlib.compress(photo)
    bomb = gzip.compress(bytes(60_000_000))

    def packed(data: bytes, encoding: str) -> Reply:
        return body(data, "image/jpeg", Content_Encoding=encoding)

    return {
        "gzip-cut": packed(gz[: len(gz) // 2], "gzip"),
        "gzip-cut-by-one": packed(gz[:-1], "gzip"),
        "gzip-head-only": packed(gz[:5], "gzip"),
        "gzip-one-byte": packed(gz[:1], "gzip"),
        "gzip-wrong-sum": packed(gz[:-8] + bytes(8), "gzip"),
        "gzip-junk": packed(b"no gzip at all", "gzip"),
        "gzip-many": packed(gzip.compress(b"") * 100_000, "gzip"),
        "gzip-bomb": packed(bomb, "gzip"),
        "gzip-bomb-twice": packed(gzip.compress(bomb), "gzip, gzip"),
        "deflate-cut": packed(deflate[: len(deflate) // 2], "deflate"),
        "deflate-raw-cut": packed(deflate[2 : len(deflate) // 2], "deflate"),
        "deflate-bomb": packed(zlib.compress(bytes(60_000_000)), "deflate"),
        "brotli": packed(b"\x1b\x0f\x00\xf8", "br"),
        "unknown-encoding": packed(b"x", "klingon" * 100),
    }


def others(site: Site) -> dict[str, Reply]:
    """Delays, redirects and refusals."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 9999\r\n\r\n"
    return {
        "hang": silent(site),
        "drip-head": endless(site, b"", b"H", 0.03),
        "drip-body": endless(site, head, b"x", 0.03),
        "redirect-to-itself": redirect("/redirect-to-itself"),
        "redirect-to-file": redirect("file:///etc/passwd"),
        "redirect-to-junk": redirect("http://[::1"),
        "redirect-to-metadata": redirect("http://169.254.169.254/latest/meta-data/"),
        "redirect-to-nowhere": raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
        "redirect-long": redirect("/" + "a" * 5000),
        "busy": status(503, Retry_After="0"),
        "limited": status(429, Retry_After="0"),
        "gone": status(404),
        "failed": status(500),
        "no-image": body("<html>hello</html>"),
        "half-an-image": body(jpeg(1)[:100], "image/jpeg"),
        "empty": body(b"", "image/jpeg"),
    }


def cuts(site: Site) -> dict[str, Reply]:
    """A valid reply, truncated after each byte of its head and at places in its body."""
    photo = jpeg(1)
    whole = (
        b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
        + f"{len(photo):x}\r\n".encode()
        + photo
        + b"\r\n0\r\n\r\n"
    )
    places = [*range(100), *range(100, len(whole), 97), len(whole) - 3, len(whole) - 1]
    return {f"cut-{place}": raw(whole[:place]) for place in places}


def hostile(site: Site) -> dict[str, Reply]:
    """Return all replies by name, except the many `cuts`."""
    return {
        **chunk_sizes(site), **lengths(site), **heads(site), **compressed(site), **others(site),
    }  # fmt: skip


def serve(site: Site, replies: dict[str, Reply]) -> dict[str, str]:
    """Register replies at a site; return their URLs by name."""
    return {name: site.on(f"/{name}", reply) for name, reply in replies.items()}
