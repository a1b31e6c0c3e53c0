"""A server on loopback that shows one figure of the course on an otherwise empty page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from moue.learn import data
from moue.learn.source import Source

HERE = Path(__file__).parent / "learn"
STATIC = Path(data.__file__).parents[1] / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class Handler(BaseHTTPRequestHandler):
    """Answers with the page, the scripts of the figures, and the data functions."""

    source: Source

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/data/"):
            query = dict(parse_qsl(url.query))
            answer = data.answer(url.path.removeprefix("/data/"), self.source, query)
            if isinstance(answer, bytes):
                self._send("application/octet-stream", answer)
            else:
                self._send("application/json", json.dumps(answer).encode())
            return
        if url.path.startswith("/static/"):
            path = STATIC / url.path.removeprefix("/static/")
        else:
            path = HERE / (url.path.removeprefix("/") or "figure_page.html")
        if path.suffix not in TYPES or not path.is_file():
            self.send_error(404)
            return
        self._send(TYPES[path.suffix], path.read_bytes())

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve(source: Source, port: int = 0) -> Iterator[str]:
    """Serve the figures of a source; yield the address of the page."""
    handler = type("SourceHandler", (Handler,), {"source": source})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    with serve(Source.bundled(), int(sys.argv[1])) as address:
        print(address, flush=True)
        Thread(target=lambda: None).start()
        sys.stdin.read()
