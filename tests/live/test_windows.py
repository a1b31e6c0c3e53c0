"""The window and the page in the browser, for real: on a virtual screen and over loopback.

The window is tried where Xvfb, xdotool and Tk are installed; elsewhere these tests are skipped.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest

from drawing import drawn, save
from moue.live.browser_window import open_page
from moue.live.tk_window import NoWindow, open_window
from moue.media.image import scale_to_fit

WAIT = 60
needs_screen = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool") and importlib.util.find_spec("_tkinter")),
    reason="no Xvfb, xdotool or Tk here",
)


@pytest.fixture(scope="module")
def screen():
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as running:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        yield f":{number}"
        running.terminate()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    for i in range(40):
        save(folder / f"{i:03d}.png", drawn(i, 240, 320))
    return folder


@contextmanager
def live(clip, model, screen, *options):
    """`moue live --show` of ten seconds at the pace of a camera."""
    command = [sys.executable, "-m", "moue", "live", str(clip), "-m", str(model), "--show",
               "--realtime", "--fps", "2", *options]  # fmt: skip
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "DISPLAY": screen}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=env, **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def xdotool(screen, *arguments):
    env = os.environ | {"DISPLAY": screen}
    done = subprocess.run(["xdotool", *arguments], env=env, capture_output=True, timeout=WAIT,
                          check=True, text=True)  # fmt: skip
    return done.stdout.strip()


@needs_screen
@pytest.mark.parametrize("key", ["q", "Escape"])
def test_q_in_the_window_ends_the_session(clip, model, screen, key):
    with live(clip, model, screen) as running:
        found = xdotool(screen, "search", "--sync", "--onlyvisible", "--class", "moue")
        number = found.splitlines()[0]
        xdotool(screen, "windowfocus", "--sync", number, "key", key)
        _, told = running.communicate(timeout=WAIT)
    assert running.returncode == 0, told
    assert "Traceback" not in told
    frames = int(re.search(r"(\d+) frames", told).group(1))
    assert 0 < frames < 40


@needs_screen
def test_the_window_shows_the_pixels(screen, monkeypatch):
    import tkinter

    monkeypatch.setenv("DISPLAY", screen)
    image = np.zeros((100, 150, 3), np.uint8)
    image[:, :75], image[:, 75:] = (250, 10, 20), (10, 20, 250)
    with open_window("a title") as show:
        assert show(image)
        assert show(image)
        assert xdotool(screen, "search", "--name", "a title")
        root = tkinter._default_root  # type: ignore[attr-defined]
        name = root.winfo_children()[0].cget("image")
        for x, colour in ((10, (250, 10, 20)), (140, (10, 20, 250))):
            assert (
                root.tk.getint(root.tk.splitlist(root.tk.call(name, "get", x, 50))[0]) == colour[0]
            )


@needs_screen
def test_closing_the_window_ends_the_session(screen, monkeypatch):
    """The screen has no window manager with a button to close: what it would call is called."""
    import tkinter

    monkeypatch.setenv("DISPLAY", screen)
    with open_window("a title") as show:
        assert show(drawn(1, 48, 64))
        root = tkinter._default_root  # type: ignore[attr-defined]
        root.tk.eval(root.protocol("WM_DELETE_WINDOW"))
        assert not show(drawn(2, 48, 64))


def test_frames_keep_their_aspect_ratio():
    image = drawn(1, 300, 400)
    assert scale_to_fit(image, 200, 200).shape == (150, 200, 3)
    assert scale_to_fit(image, 800, 800).shape == (600, 800, 3)
    assert (scale_to_fit(image, 800, 800, enlarge=False) == image).all()
    assert scale_to_fit(image, 1, 1).shape == (1, 1, 3)


def test_no_window_opens_without_a_display(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(NoWindow, match="no screen"), open_window("title"):
        pass


def test_no_window_opens_on_an_unreachable_display(monkeypatch):
    pytest.importorskip("_tkinter")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", "127.0.0.1:97")
    with pytest.raises(NoWindow, match=r"on screen 127\.0\.0\.1:97"), open_window("title"):
        pass


def test_no_window_opens_without_tk(monkeypatch):
    monkeypatch.setitem(sys.modules, "tkinter", None)
    monkeypatch.setenv("DISPLAY", ":97")
    with pytest.raises(NoWindow, match="Tk is not installed"), open_window("title"):
        pass


def opened(address, data=None, **headers):
    request = urllib.request.Request(address, data=data, headers=headers)
    return urllib.request.urlopen(request, timeout=WAIT)


def refused(address, data=None, **headers):
    """Tell whether the server answers that there is nothing."""
    try:
        opened(address, data, **headers).close()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 404
    return False


@contextmanager
def shown():
    said = []
    with open_page(said.append, "no Tk", 0, lambda: False) as show:
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+/", said[0]).group()
        yield show, address


def test_the_page_shows_the_newest_frame_and_accepts_q():
    with shown() as (show, address):
        assert show(drawn(1, 48, 64))
        with opened(address) as answer:
            assert b'src="frames"' in answer.read()
        with opened(address + "frames") as stream:
            assert stream.readline() == b"--frame\r\n"
            assert stream.readline() == b"Content-Type: image/jpeg\r\n"
            length = int(stream.readline().split(b":")[1])
            stream.readline()
            assert stream.read(length)[:2] == b"\xff\xd8"
        with opened(address + "end", b"") as answer:
            assert answer.status == 200
        assert not show(drawn(2, 48, 64))


def test_the_stream_ends_with_the_video():
    with shown() as (show, address):
        show(drawn(1, 48, 64))
        stream = opened(address + "frames")
        assert stream.readline() == b"--frame\r\n"
    with stream:
        assert b"\xff\xd9" in stream.read()


@pytest.mark.parametrize("path", ["", "frames", "wrong/frames", "wrong/", "/", "%00/end"])
def test_requests_without_the_token_are_refused(path):
    with shown() as (show, address):
        root = address.rsplit("/", 2)[0] + "/"
        for data in (None, b""):
            assert refused(root + path, data)
        assert show(drawn(1, 48, 64))


def test_dns_rebinding_is_refused():
    with shown() as (_, address):
        assert not refused(address)
        assert refused(address, Host="attacker.example")


def test_without_a_display_live_prints_the_page_address(clip, model):
    with live(clip, model, "") as running:
        address = None
        while address is None:
            line = running.stderr.readline()
            assert line, running.stdout.read()
            match = re.search(r"open (http://127\.0\.0\.1:\S+) in a browser", line)
            address = match and match.group(1)
        opened(address + "end", b"").close()
        _, told = running.communicate(timeout=WAIT)
    assert running.returncode == 0, told
    assert int(re.search(r"(\d+) frames", told).group(1)) < 40


def test_a_file_waits_only_for_a_connected_viewer():
    said, stopped = [], iter([False, False, True])
    with open_page(said.append, "no Tk", WAIT, lambda: next(stopped)) as show:
        assert show(drawn(1, 48, 64))
    assert "waiting up to 60 s" in said[1]
