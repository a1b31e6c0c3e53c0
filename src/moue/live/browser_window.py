"""Show the video of `--show` in a web browser on this machine if no window can be opened.

A server on the loopback address sends each frame as a JPEG. The address of the page contains a
random token, so that other users and web pages cannot see the video.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moue.live.tk_window import Show
from moue.media.image import encode_jpeg
from moue.workspace.types import Image

HOST = "127.0.0.1"
QUALITY = 85
TIMEOUT = 10.0
"""Maximum time to receive a request or to send a frame, in seconds."""
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>moue live</title>
<style>body{margin:0;background:#000;color:#ccc;font:14px sans-serif;text-align:center}
img{display:block;margin:auto;max-width:100vw;max-height:calc(100vh - 2em)}</style>
<img src="frames" alt="The video, with the mouth box and label of each face">
<p id="status">Press q or Escape to end the video.</p>
<script>
function ended() {
  document.getElementById("status").textContent = "The video has ended. You can close this page.";
  clearInterval(timer);
}
addEventListener("keydown", e => {
  if (["q", "Q", "Escape"].includes(e.key)) fetch("end", {method: "POST"}).then(ended);
});
const timer = setInterval(() => fetch("ping").catch(ended), 1000);
</script></html>
"""


@contextmanager
def open_page(
    say: Callable[[str], None], reason: str, wait: float, stopped: Callable[[], bool]
) -> Iterator[Show]:
    """Start the server of the page; yield a function that shows an image in the page.

    `q` or Escape in the page ends the video.

    Args:
        say: function called with messages, such as the address of the page.
        reason: reason why no window can be opened.
        wait: maximum time to wait for the page to be opened, before the first image is shown, in
            seconds; 0 for a camera.
        stopped: function that returns True to stop waiting.
    """
    shared = _Shared()
    server = _Server((HOST, 0), shared)
    threading.Thread(target=server.serve_forever, args=(0.1,), name="page", daemon=True).start()
    say(f"--show: {reason}; open {server.address} in a browser on this machine; press q to end it")
    first = True

    def show(image: Image) -> bool:
        nonlocal first
        shared.put(image)
        if first and wait:
            say(f"--show: waiting up to {wait:g} s for the page to be opened")
            shared.await_viewer(wait, stopped)
        first = False
        return not shared.ended.is_set()

    try:
        yield show
    finally:
        shared.close()
        server.shutdown()
        server.server_close()


class _Shared:
    """The newest frame, shared by all viewers. Without a viewer, frames are not encoded."""

    def __init__(self) -> None:
        self.ended, self.closed = threading.Event(), False
        self._changed = threading.Condition()
        self._image: Image | None = None
        self._number, self._viewers = 0, 0

    def put(self, image: Image) -> None:
        with self._changed:
            self._image, self._number = image, self._number + 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def await_viewer(self, wait: float, stopped: Callable[[], bool]) -> None:
        end = time.monotonic() + wait
        with self._changed:
            while not (self._viewers or stopped() or self.ended.is_set()):
                if time.monotonic() >= end:
                    return
                self._changed.wait(0.1)

    def frames(self) -> Iterator[bytes]:
        """Yield the newest frame as a JPEG until the video ends; a slow viewer misses frames."""
        seen = 0
        with self._changed:
            self._viewers += 1
            self._changed.notify_all()
        while True:
            with self._changed:
                while self._number == seen:
                    if self.closed:
                        return
                    self._changed.wait()
                image, seen = self._image, self._number
            if image is not None:
                yield encode_jpeg(image, QUALITY)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], shared: _Shared) -> None:
        super().__init__(address, _Handler)
        self.shared, self.token = shared, secrets.token_urlsafe(16)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        self.address = f"http://{HOST}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: a viewer that closes the page is not an error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = TIMEOUT

    def do_GET(self) -> None:
        """Send the page or the frames, or answer a ping."""
        resource = self._resource()
        if resource == "":
            self._send(_PAGE.encode(), "text/html; charset=utf-8")
        elif resource == "ping":
            self._send(b"", "text/plain")
        elif resource == "frames":
            self._stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """End the video at the request of the page."""
        if self._resource() != "end":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.server.shared.ended.set()
        self._send(b"", "text/plain")

    def _resource(self) -> str | None:
        """Return the part of the path after the token; None for a wrong token or host."""
        _, token, *rest = [*self.path.split("/", 2), ""][:3]
        known = secrets.compare_digest(token.encode(), self.server.token.encode())
        if not known or not rest or self.headers.get("Host") not in self.server.hosts:
            return None
        return rest[0]

    def _stream(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with suppress(OSError):
            for jpeg in self.server.shared.frames():
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
        self.close_connection = True

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
