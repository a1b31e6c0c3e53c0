"""The live camera of `moue studio`: frames per second and delay, as its page shows them.

Headless Chromium reads a fake camera of 640 x 480 at 30 frames per second. The page sends each
frame to the server and draws it with its faces. The delay is the time from the capture of a frame
to its drawing.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.fake_camera import chromium_flags, write_camera_video
from benchmarks.inputs import Bench
from benchmarks.table import Row

FPS, DELAY = 25, 60
"""The goals: frames per second, and the median delay in milliseconds."""
WARM_UP, SECONDS = 3, 12


def run(bench: Bench) -> list[Row]:
    """Measure the page Try with the camera."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    video = write_camera_video(bench.folder / "camera.mjpeg")
    flags = [*chromium_flags(video), *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with running_studio(bench.folder / "studio") as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page()
        page.goto(link)
        page.goto(page.url.split("#")[0] + "#/try?camera=on")
        page.wait_for_selector(".stage.camera canvas:not(.idle)")
        page.wait_for_timeout(1000 * WARM_UP)
        numbers = [_numbers(page) for _ in range(4 * (4 if bench.quick else SECONDS))]
        browser.close()
    fps, delay = (statistics.median(column) for column in zip(*numbers, strict=True))
    return [
        Row(step="studio camera, frames per second", moue=f"{fps:.1f}",
            goal=f"{FPS}", reached=fps >= FPS),
        Row(step="studio camera, median delay", moue=f"{delay:.0f} ms",
            goal=f"{DELAY} ms", reached=delay <= DELAY),
    ]  # fmt: skip


@contextmanager
def running_studio(workspace: Path) -> Iterator[str]:
    """Run a studio in its own process, and yield the link that opens its page."""
    line = [sys.executable, "-m", "moue", "studio", "--no-browser", "-w", str(workspace)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(line.split()[-1] for line in process.stdout if "http://" in line)
        finally:
            process.terminate()


def _numbers(page: Any) -> tuple[float, float]:
    """Return frames per second and delay that the page shows now; the page measures 2 seconds."""
    page.wait_for_timeout(250)
    texts = [page.inner_text(f"[data-live={name}]") for name in ("fps", "delay")]
    return float(texts[0]), float(texts[1])
