"""Photograph the pages of `moue studio` on a workspace made of the bundled pictures.

Writes `docs/pictures/studio-*.webp`, and `docs/pictures/studio-zh-*.webp` for the Chinese pages.
Needs Chromium and the package playwright.
"""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import PIL.Image
from playwright.sync_api import sync_playwright

from moue.demo.raw_folder import make_raw_folder

FOLDER = Path(__file__).parent.parent / "pictures"
BUNDLED = Path(__file__).parents[2] / "src/moue/demo/pictures"
STAGES = (
    *("convert", "clean", "dedupe", "crop", "label", "split"),
    "train --recipe fast",
    "evaluate",
    "label --suggest",
)
PAGES = ("overview", "pictures", "label", "duplicates", "train", "results", "try", "explain")
LANGUAGES = {"": "en-US", "zh-": "zh-CN"}
PICTURES = 160
SETTLE_MS = 1200
"""Time in which a page loads its pictures and draws its charts."""


def prepare(folder: Path) -> Path:
    """Return a workspace with the results of all stages and a finished training."""
    root = folder / "workspace"
    raw = make_raw_folder(folder / "raw", PICTURES)
    for words in (["collect", "files", str(raw)], *(stage.split() for stage in STAGES)):
        command = [sys.executable, "-m", "moue", *words, "-w", str(root)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return root


def open_example(page: Any, name: str, picture: Path) -> None:
    """Show an example on the pages that start empty."""
    if name == "try":
        page.locator("main input[type=file]").first.set_input_files(picture)
        page.wait_for_selector(".face-card")
    if name == "explain":
        page.locator("a.tile-button").first.click()
        page.wait_for_timeout(3 * SETTLE_MS)


def read_link(studio: subprocess.Popen[str]) -> str:
    """Return the link that the studio prints."""
    for line in studio.stdout or ():
        if link := re.search(r"http://\S+\?token=\S+", line):
            return link[0]
    raise SystemExit("the studio did not start")


def photograph(page: Any, address: str, name: str, target: Path) -> None:
    """Write the view of one page as WebP."""
    page.goto(f"{address}#/{name}")
    page.wait_for_selector("main > *")
    page.wait_for_timeout(SETTLE_MS)
    open_example(page, name, next(iter(sorted(BUNDLED.glob("*-smile.jpg")))))
    page.wait_for_timeout(SETTLE_MS)
    picture = PIL.Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").save(target, "WEBP", quality=80, method=6)


def photograph_all(root: Path, folder: Path, width: int = 1440, scheme: str = "light") -> None:
    """Write a picture of each page in both languages."""
    for prefix, locale in LANGUAGES.items():
        words = [sys.executable, "-m", "moue", "studio", "--no-browser", "-w", str(root)]
        studio = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                page = browser.new_page(
                    viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme
                )
                link = read_link(studio)
                page.goto(link)
                for name in PAGES:
                    target = folder / f"studio-{prefix}{name}.webp"
                    photograph(page, link.split("?", maxsplit=1)[0], name, target)
                browser.close()
        finally:
            studio.send_signal(signal.SIGINT)
            studio.wait(20)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        photograph_all(prepare(Path(scratch)), FOLDER)
