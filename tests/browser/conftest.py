"""A running studio on a small workspace, and pages of a headless Chromium."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fake_camera import chromium_flags, write_camera_video
from commands import call
from ports import free_port

REQUIRED = "MOUE_REQUIRE_CHROMIUM"
"""Environment variable that turns a missing browser from a skip into a failure."""
PATHS = ("chromium", "chromium-browser", "google-chrome")
STAGES = ("convert", "clean", "dedupe", "crop", "label", "split")
PICTURES = 24
IGNORED = ("status of 400", "status of 401", "status of 404", "status of 415", "status of 422",
           "net::ERR_")  # fmt: skip
"""Parts of console messages of requests that a test makes fail on purpose."""


def _unavailable(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium."""
    path = next((found for name in PATHS if (found := shutil.which(name))), None)
    if path is None:
        _unavailable("Chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _unavailable("the package playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def camera_browser(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Chromium whose camera shows bundled faces."""
    video = write_camera_video(tmp_path_factory.mktemp("camera") / "faces.mjpeg")
    flags = ["--no-sandbox", *chromium_flags(video)]
    browser = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=flags)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the results of all stages up to split."""
    from moue.demo.raw_folder import make_raw_folder

    folder = tmp_path_factory.mktemp("browser")
    raw = make_raw_folder(folder / "raw", PICTURES)
    root = folder / "workspace"
    assert call("collect", "files", raw, "-w", root) == 0
    for stage in STAGES:
        workers = ("--workers", 1) if stage in ("convert", "clean", "crop") else ()
        assert call(stage, *workers, "-w", root) == 0
    return root


@pytest.fixture(scope="session")
def prepared_runs(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two short runs and the predictions of the bundled model for all mouths."""
    pytest.importorskip("torch")
    root = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("runs") / "workspace"))
    for seed in (1, 2):
        assert call("train", "--epochs", 1, "--seed", seed, "-w", root) == 0
    assert call("label", "--suggest", "-m", "mouth", "-w", root) == 0
    return root


@dataclass
class Server:
    """A running `moue studio`."""

    root: Path
    link: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        """The address without the token."""
        return self.link.split("?", maxsplit=1)[0]

    def kill(self) -> None:
        """Kill the server, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Press Ctrl-C, and wait until the server has ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture
def start_studio() -> Iterator[Callable[..., Server]]:
    """A function that starts a studio of a workspace; its servers end with the test."""
    servers: list[Server] = []

    def start(root: Path, port: int = 0) -> Server:
        # Another test process must not take the port of a server that a test starts again.
        flags = ["-w", str(root), "--port", str(port or free_port())]
        servers.append(start_server("studio", *flags, folder=root))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`moue learn` without a workspace."""
    server = start_server("learn", folder=tmp_path_factory.mktemp("course"))
    yield server
    server.stop()


def start_server(*words: str, folder: Path) -> Server:
    """Start `moue studio` or `moue learn` in a folder, and return the server when it works."""
    process = subprocess.Popen(
        [sys.executable, "-m", "moue", *words, "--no-browser"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
    )  # fmt: skip
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if link := re.search(r"http://\S+\?token=\S+", line):
            return Server(folder, link[0], process)
    raise AssertionError(f"the server did not start: {printed}")


@pytest.fixture
def root(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared workspace."""
    return Path(shutil.copytree(prepared, tmp_path / "workspace"))


@pytest.fixture
def studio(start_studio: Callable[..., Server], root: Path) -> Server:
    """A studio of a copy of the prepared workspace."""
    return start_studio(root)


@pytest.fixture
def trained_studio(
    start_studio: Callable[..., Server], prepared_runs: Path, tmp_path: Path
) -> Server:
    """A studio of a copy of the workspace with two runs."""
    return start_studio(Path(shutil.copytree(prepared_runs, tmp_path / "trained")))


@pytest.fixture
def open_page(chromium: Any, start_studio: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens a link; it fails the test on an error in the console of the page.

    It needs `start_studio` so that the pages close before the server stops: a server that stops
    answers the requests that still run with 500.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def note(message: Any) -> None:
        if message.type == "error" and not any(part in message.text for part in IGNORED):
            errors.append(message.text)

    def opened(link: str, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        options.setdefault("locale", "en-US")
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(link)
        page.wait_for_selector('main > :not([aria-busy="true"])')
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Callable[..., Any], studio: Server) -> Any:
    """The page of the studio, in English, 1440 px wide."""
    return open_page(studio.link)
