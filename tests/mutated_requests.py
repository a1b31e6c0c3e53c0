"""Requests changed at random, sent to a running `moue serve`.

`PYTHONPATH=tests python -m mutated_requests 100000` sends that many and prints a report.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moue.demo.raw_folder import demo_pictures
from moue.media.image import Picture, encode_jpeg
from mutations import encoded, mutated
from served_predictions import PredictionServer, form, serving

FLAGS = "--workers 2 --body-timeout 2 --live 4 --connections 100 --quiet"
ALLOWED = {0, 101, 200, 400, 403, 404, 405, 408, 413, 415, 422, 431, 503}
"""Statuses that may answer a mutated request; 0 for a connection that ends without an answer."""
GROWTH = 1.25
"""Maximum growth of the memory: large pictures raise it in steps, and later ones reuse it."""
_PATIENCE = 0.3
"""Seconds to wait for the answer to a request whose framing is damaged."""
_WORDS = (
    b"", b"0", b"-1", b"1e9", b"99999999999999999999", b"nan", b"0.5", b"\xff\xfe", b"%00", b"%zz",
    b"a" * 3000, b"true", b"[]", "é".encode(), b"..", b"/etc/passwd", b"http://127.0.0.1/",
)  # fmt: skip
_HEADERS = (
    b"Content-Length", b"Transfer-Encoding", b"Content-Type", b"Host", b"Expect", b"Upgrade",
    b"Connection", b"Authorization", b"Origin", b"Accept", b"Sec-WebSocket-Key", b"X-Any",
    b"Content-Encoding", b"Range", b"TE", b"Accept-Encoding",
)  # fmt: skip
_VALUES = (
    *_WORDS, b"chunked", b"gzip, chunked", b"image/png", b"text/html", b"multipart/form-data",
    b"100-continue", b"h2c", b"websocket", b"upgrade", b"close", b"evil.example", b"gzip",
    b"bytes=0-1",
)  # fmt: skip
_METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI")
_PATHS = (
    b"/v1/predict", b"/v1/predict/many", b"/v1/live", b"/v1/models", b"/healthz", b"/readyz",
    b"/metrics", b"/openapi.json", b"/", b"*", b"//", b"/v1/../metrics", b"/v1/predict/",
)  # fmt: skip
_UPGRADE = (
    b"GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def pictures() -> list[bytes]:
    """Return small pictures in several formats, one of them with a face."""
    whole = Picture(next(iter(demo_pictures())).path.read_bytes()).rgb()
    return [
        encode_jpeg(np.ascontiguousarray(whole[::3, ::3])),
        encoded("JPEG", 1, progressive=True), encoded("JPEG", 2, "CMYK"), encoded("PNG", 3, "P"),
        encoded("PNG", 4, "RGBA"), encoded("WEBP", 5), encoded("GIF", 6), encoded("BMP", 7),
        encoded("TIFF", 8, compression="tiff_lzw"), encoded("AVIF", 9), encoded("PPM", 10),
    ]  # fmt: skip


@dataclass
class Mutator:
    """Makes the mutated requests of one client."""

    rng: np.random.Generator
    pictures: list[bytes] = field(default_factory=pictures)

    def choose(self, items):
        return items[self.rng.integers(len(items))]

    def picture(self) -> bytes:
        return mutated(self.rng, self.pictures)

    def query(self) -> str:
        names = ("max_error", "min_face", "size", "max_error%00", "", "MIN_FACE")
        pairs = (
            f"{self.choose(names)}={self.choose(_WORDS).decode('latin-1')}"
            for _ in range(self.rng.integers(4))
        )
        kept = "".join(c if 33 <= ord(c) < 127 else f"%{ord(c) & 255:02x}" for c in "&".join(pairs))
        return f"?{kept}" if kept else ""

    def many(self) -> tuple[bytes, dict[str, str]]:
        files = [self.picture() for _ in range(self.rng.integers(4))]
        if self.rng.integers(2):
            body, headers = form(*files)
        else:
            body = b"\n".join(b'{"image": "%s"}' % base64.b64encode(one) for one in files)
            headers = {"Content-Type": "application/x-ndjson"}
        return (mutated(self.rng, [body]) if body and self.rng.integers(2) else body), headers

    def raw(self) -> bytes:
        """Return a request with a damaged head, framing or both."""
        body = self.picture() if self.rng.integers(2) else b""
        lines = [b"%s %s HTTP/1.1" % (self.choose(_METHODS), self.choose(_PATHS))]
        lines += [b"Host: 127.0.0.1", b"Content-Type: image/jpeg"]
        kind = self.rng.integers(4)
        if kind < 2:
            lines.append(b"Content-Length: %d" % (len(body) + int(self.choose([0, 0, 1, -1, 900]))))
        elif kind == 2:
            lines.append(b"Transfer-Encoding: chunked")
            size = self.choose([b"%x" % len(body), b"-1", b"ffffffffffffffff", b"zz", b"1"])
            body = size + b"\r\n" + body + b"\r\n0\r\n\r\n"
        for _ in range(self.rng.integers(4)):
            lines.append(self.choose(_HEADERS) + b": " + self.choose(_VALUES))
        whole = b"\r\n".join([*lines, b"", b""]) + body
        return mutated(self.rng, [whole]) if self.rng.integers(3) == 0 else whole

    def video(self) -> bytes:
        """Return the upgrade to a WebSocket and a few frames, most of them valid."""
        found = [_UPGRADE]
        for _ in range(self.rng.integers(1, 4)):
            data = self.picture()[:60_000]
            if self.rng.integers(8) == 0:
                data = self.choose([b"{}", b"[]", b'{"fps": 0}', b'{"fps": 25}'])
            first = int(self.choose([0x82, 0x82, 0x81, 0x80, 0x89, 0x88, 0xF2]))
            frame = struct.pack("!BBH", first, 0x80 | 126, len(data)) + bytes(4) + data
            found.append(mutated(self.rng, [frame]) if self.rng.integers(4) == 0 else frame)
        return b"".join(found)


class Client:
    """Sends mutated requests to a server, and counts the statuses of the answers."""

    def __init__(self, server: PredictionServer, seed: int) -> None:
        self.server, self.mutator = server, Mutator(np.random.default_rng(seed))
        self.found: Counter[tuple[str, int]] = Counter()
        self.connection = server.connection()

    def send(self, count: int) -> Counter[tuple[str, int]]:
        """Send a number of requests."""
        for _ in range(count):
            kind = self.mutator.rng.integers(20)
            if kind < 13:
                body, query = self.mutator.picture(), self.mutator.query() if kind > 9 else ""
                status = self._ask(f"/v1/predict{query}", body, {"Content-Type": "image/jpeg"})
                self.found["picture" if kind < 10 else "query", status] += 1
            elif kind < 16:
                status = self._ask("/v1/predict/many", *self.mutator.many())
                self.found["many", status] += 1
            elif kind < 19:
                self.found["raw", self._throw(self.mutator.raw())] += 1
            else:
                self.found["video", self._throw(self.mutator.video())] += 1
        self.connection.close()
        return self.found

    def _ask(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        """Send a request that is valid HTTP, and check that the answer is JSON."""
        try:
            self.connection.request("POST", path, body, headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            return 0
        if answer.status == 200:
            assert all(json.loads(line) for line in data.splitlines())
        else:
            problem = json.loads(data)
            assert problem["status"] == answer.status
            if problem["reason"] in ("unexpected", "crashed"):
                self._keep(problem, body)
        return answer.status

    def _keep(self, problem: dict[str, object], body: bytes) -> None:
        """Store a body that the server could not handle, and fail."""
        with tempfile.NamedTemporaryFile(prefix="moue-request-", delete=False) as file:
            file.write(body)
        raise AssertionError(f"{problem}: the body is in {file.name}")

    def _throw(self, data: bytes) -> int:
        """Send bytes, and return the status of the first answer; 0 if there is none."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as connection:
            linger = struct.pack("ii", 1, 0)  # closes at once, whether all was read or not
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            try:
                connection.sendall(data)
                connection.settimeout(_PATIENCE)
                start = connection.recv(4096)
            except OSError:
                return 0
        return int(start[9:12]) if start.startswith(b"HTTP/1.1 ") else 0


def send(server: PredictionServer, count: int, seed: int = 0) -> Counter[tuple[str, int]]:
    """Send `count` mutated requests over several connections; return them by kind and status."""
    clients = [Client(server, seed + number) for number in range(6)]
    with ThreadPoolExecutor(len(clients)) as pool:
        return sum(pool.map(lambda one: one.send(count // len(clients)), clients), Counter())


def held(server: PredictionServer) -> tuple[int, float]:
    """Return the number of descriptors and the memory in MiB of a server and its workers."""
    pids = [server.process.pid, *server.workers()]
    descriptors = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
    lines = [Path(f"/proc/{pid}/status").read_text().splitlines() for pid in pids]
    pages = [line for one in lines for line in one if line.startswith("VmRSS")]
    return descriptors, sum(int(line.split()[1]) for line in pages) / 1024


def settled(server: PredictionServer, descriptors: int) -> tuple[int, float]:
    """Wait until the connections of the last clients have ended; return what is held then."""
    until = time.monotonic() + 30
    while held(server)[0] > descriptors and time.monotonic() < until:
        server.request("GET", "/healthz")
    return held(server)


def main(count: int) -> int:
    """Send `count` requests to a new server, and print the answers; 1 after a failure."""
    with tempfile.TemporaryDirectory() as folder, serving(
        *FLAGS.split(), TMPDIR=folder, cwd=folder
    ) as server:  # fmt: skip
        found = send(server, count // 5)
        before = settled(server, 0)
        found += send(server, count - found.total(), seed=100)
        after = settled(server, before[0])
        restarts = server.metric("moue_worker_restarts_total")
        files = [path.name for path in Path(folder).iterdir()]
        errors = [one for one in server.events() if one["event"] == "unexpected_error"]
        code = server.stop()
    for kind in sorted({kind for kind, _status in found}):
        row = {str(status): n for (one, status), n in sorted(found.items()) if one == kind}
        print(f"{kind:<8} {json.dumps(row)}")
    print(
        f"{found.total():,} requests; descriptors {before[0]} -> {after[0]}, memory "
        f"{before[1]:.0f} -> {after[1]:.0f} MiB, {restarts:.0f} workers restarted, files {files}, "
        f"errors {errors[:3]}, exit code {code}"
    )
    wrong = {status for _kind, status in found} - ALLOWED
    leaked = after[0] > before[0] or after[1] > GROWTH * before[1] or bool(files)
    return int(bool(wrong or errors or leaked or code))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
