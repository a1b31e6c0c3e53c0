"""Download pictures from a local server: files per second, and memory.

`python -m benchmarks.collect serve` is the server; `python -m benchmarks.collect take URL COUNT
FOLDER` downloads COUNT pictures from it in another process. All pictures have different bytes. Only
the rate limit and the ban of private addresses are turned off.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from benchmarks.inputs import Bench, portraits
from benchmarks.memory import FLAT, peak
from benchmarks.table import Row
from moue.config import Config
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.http.http_settings import WebSettings
from moue.progress import Progress
from moue.workspace.context import Context
from moue.workspace.workspace import Workspace

COUNT = 100_000
GOAL = 200
SIDE = 200


def run(bench: Bench) -> list[Row]:
    """Download many pictures, and a quarter as many, in a new process each."""
    count = bench.few(COUNT, 2_000)
    few, many = (_taken(bench, number) for number in (count // 4, count))
    rate, low, high = many[0], few[1], many[1]
    return [
        Row(
            step="collect: files/s from a local server",
            moue=f"{rate:,.0f}/s",
            goal=f"{GOAL}/s",
            reached=rate >= GOAL,
            note=f"{count:,} URLs, JPEGs of {SIDE} px, 16 connections; server on the same cores",
        ),
        Row(
            step="memory: collect from URLs",
            moue=f"{low / 1024:.0f} and {high / 1024:.0f} MiB",
            goal="flat",
            reached=high <= FLAT * low,
            note=f"{count // 4:,} and {count:,} URLs",
        ),
    ]


def _taken(bench: Bench, count: int) -> tuple[float, float]:
    """Return files per second and the peak memory in KiB."""
    place = bench.place(f"collect-{count}")
    with _server() as url:
        command = [sys.executable, "-m", "benchmarks.collect", "take", url, str(count), str(place)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    rate, most = done.stdout.split()[-2:]
    return float(rate), float(most)


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.collect", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def take(url: str, count: int, place: Path) -> None:
    """Download pictures in this process; print files per second and the peak memory in KiB."""
    table = place / "urls.txt"
    with table.open("w", encoding="utf-8") as file:
        file.writelines(f"{url}/{number}.jpg\n" for number in range(count))
    workspace = Workspace(place / "workspace")
    workspace.create("")
    settings = WebSettings(allow_private=True, rate=0, max_per_host=16)
    with workspace.locked() as (catalog, _):
        start = time.perf_counter()
        context = Context(workspace, catalog, Config.of(settings), Progress())
        summary = collect_urls(context, [str(table)], None)
        seconds = time.perf_counter() - start
    assert summary.done == count, summary.notes
    print(count / seconds, peak())


async def serve() -> None:
    """Serve pictures until stopped; print the address."""
    face = cv2.resize(portraits()[0], (SIDE, SIDE))
    data = cv2.imencode(".jpg", face)[1].tobytes()

    def picture(path: bytes) -> bytes:
        own = path[:60].ljust(60)
        return data[:2] + b"\xff\xfe" + (len(own) + 2).to_bytes(2, "big") + own + data[2:]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                if path == b"/robots.txt":
                    body, kind = b"User-agent: *\nAllow: /\n", b"text/plain"
                else:
                    body, kind = picture(path), b"image/jpeg"
                length = str(len(body)).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\nContent-Length: " + length
                    + b"\r\n\r\n" + body
                )  # fmt: skip
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve())
    else:
        take(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
