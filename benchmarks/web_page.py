"""The page of `moue export --web`: frames per second of a camera of 640 x 480.

Headless Chromium reads a fake camera of 640 x 480 at 30 frames per second. The page detects,
follows and classifies the faces of each frame, and draws it with its timeline.
"""

from __future__ import annotations

import functools
import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from benchmarks.fake_camera import chromium_flags, write_camera_video
from benchmarks.inputs import Bench
from benchmarks.table import Row
from moue.export.web_page import page_files, write_page
from moue.predict.predictor import Predictor

FPS = 20
"""The goal in frames per second."""
WARM_UP, SECONDS = 3, 12


def run(bench: Bench) -> list[Row]:
    """Measure the page with the camera."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    write_page(page_files(Predictor.load()), bench.folder / "page")
    video = write_camera_video(bench.folder / "camera.mjpeg")
    flags = [*chromium_flags(video), *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with served(bench.folder / "page") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.click("#camera:not([disabled])", timeout=60_000)
        page.wait_for_selector(".face")
        page.wait_for_timeout(1000 * WARM_UP)
        numbers = []
        for _ in range(4 * (4 if bench.quick else SECONDS)):
            page.wait_for_timeout(250)
            numbers.append(
                tuple(float(page.get_attribute("#speed", f"data-{n}") or 0) for n in ("fps", "ms"))
            )
        browser.close()
    fps, spent = (statistics.median(column) for column in zip(*numbers, strict=True))
    return [
        Row(step="web page, camera of 640 x 480, frames per second", moue=f"{fps:.1f}",
            goal=f"{FPS}", reached=fps >= FPS, note=f"{spent:.0f} ms for one frame"),
    ]  # fmt: skip


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder from this machine, and yield its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
