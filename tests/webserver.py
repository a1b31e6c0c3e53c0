"""A local web server whose replies tests define, also invalid ones."""

from __future__ import annotations

import io
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import PIL.Image

from drawing import drawn

Reply = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """Replies by path; any other path gives 404."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.over = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.headers.append(dict(self.headers))
                reply = site.replies.get(self.path) or site.replies.get(urlsplit(self.path).path)
                try:
                    (reply or status(404))(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            listening = self._server.socket
            self._server.socket = context.wrap_socket(listening, server_side=True)
        self.port = self._server.server_address[1]
        self.root = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        return self.root + path

    def on(self, path: str, reply: Reply) -> str:
        self.replies[path] = reply
        return self.url(path)

    def picture(self, path: str, seed: int, **headers: str) -> str:
        return self.on(path, body(jpeg(seed), "image/jpeg", **headers))

    def paths(self) -> list[str]:
        """The requested paths, without robots.txt."""
        return [urlsplit(path).path for path in self.asked if path != "/robots.txt"]


@contextmanager
def served(certificate: Path | None = None) -> Iterator[Site]:
    site = Site(certificate)
    try:
        yield site
    finally:
        site.close()


def jpeg(seed: int, side: int = 64) -> bytes:
    data = io.BytesIO()
    PIL.Image.fromarray(drawn(seed, side, side)).save(data, "JPEG")
    return data.getvalue()


def png(seed: int, side: int = 64) -> bytes:
    data = io.BytesIO()
    PIL.Image.fromarray(drawn(seed, side, side)).save(data, "PNG")
    return data.getvalue()


def body(data: bytes | str, kind: str = "text/html; charset=utf-8", **headers: str) -> Reply:
    content = data.encode() if isinstance(data, str) else data

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def as_json(data: object) -> Reply:
    return body(json.dumps(data), "application/json")


def status(code: int, **headers: str) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return reply


def redirect(where: str, code: int = 302) -> Reply:
    return status(code, Location=where)


def raw(data: bytes) -> Reply:
    """Send raw bytes, then close the connection."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return reply


def in_turn(*replies: Reply) -> Reply:
    """Use the replies in order; repeat the last one."""
    left = list(replies)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return reply


def by_query(name: str, replies: Mapping[str, Reply]) -> Reply:
    """Choose the reply by a parameter of the query string."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        value = parse_qs(urlsplit(handler.path).query).get(name, [""])[0]
        (replies.get(value) or status(404))(handler)

    return reply


def openverse(urls: list[str], **more: object) -> Reply:
    """A page of results in the format of Openverse."""
    results = [
        {
            "id": str(i), "title": f"Picture {i}", "url": url, "creator": "Ann",
            "foreign_landing_url": f"https://example.org/{i}", "license": "by",
            "license_version": "4.0", "license_url": "https://creativecommons.org/licenses/by/4.0/",
            "width": 64, "height": 64,
        }
        for i, url in enumerate(urls)
    ]  # fmt: skip
    page = {"result_count": len(urls), "page_count": 1, "page_size": 20, "page": 1}
    return as_json(page | {"results": results} | more)
