"""`moue live --keys` presses real keys on a virtual screen."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from drawing import save
from moue.cli import main
from moue.live.keys.keyboard import wayland_note

LINUX = sys.platform.startswith("linux")
needs_screen = pytest.mark.skipif(
    not LINUX or shutil.which("Xvfb") is None or importlib.util.find_spec("pynput") is None,
    reason="needs Xvfb and pynput",
)
ENV = {"PYTHONPATH": os.pathsep.join(sys.path)}
WAIT = 30.0


@pytest.fixture(scope="module")
def screen():
    """The display of a virtual screen."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "320x240x24", "-nolisten", "tcp"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, pass_fds=[write], **quiet) as running:
        os.close(write)
        number = b""
        while not number.endswith(b"\n"):
            assert select.select([read], [], [], WAIT)[0]
            number += os.read(read, 16)
        os.close(read)
        try:
            yield f":{number.decode().strip()}"
        finally:
            running.terminate()


class Window:
    """A window that receives the keys of a screen."""

    def __init__(self, name):
        from Xlib import X, display

        self._x, self._display = X, display.Display(name)
        events = X.KeyPressMask | X.KeyReleaseMask | X.StructureNotifyMask
        root = self._display.screen().root
        self._window = root.create_window(0, 0, 99, 99, 0, X.CopyFromParent, event_mask=events)
        self._window.map()
        while self._display.next_event().type != X.MapNotify:
            pass
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def keys(self):
        """Return the keys that were pressed (`+`) and released (`-`) so far."""
        from Xlib import XK

        names = {XK.XK_space: "space", XK.XK_a: "a", XK.XK_Control_L: "ctrl"}
        found = []
        self._display.sync()
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type in (self._x.KeyPress, self._x.KeyRelease):
                sign = "+" if event.type == self._x.KeyPress else "-"
                found.append(sign + names[self._display.keycode_to_keysym(event.detail, 0)])
        return found

    def close(self):
        self._display.close()


@pytest.fixture
def window(screen):
    window = Window(screen)
    yield window
    window.close()


@pytest.fixture(scope="module")
def two_faces(tmp_path_factory, portrait):
    """Frames of a face, of nothing, and of the face again."""
    folder = tmp_path_factory.mktemp("faces")
    for number in range(40):
        blank = 14 <= number < 26
        save(folder / f"{number:03d}.png", np.full_like(portrait, 127) if blank else portrait)
    return folder


def live(folder, model, *arguments, **env):
    """Run the command in a process of its own: pynput connects to one screen per process."""
    command = [sys.executable, "-m", "moue", "live", str(folder), "-m", str(model), "--fps", "10"]
    return subprocess.run(
        [*command, "--backend", "haar", *arguments],
        env=os.environ | ENV | env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def shown(two_faces, model):
    """The label that the untrained model gives the face."""
    out = live(two_faces, model, "--json", "--until", "0.5").stdout
    return json.loads(out.splitlines()[-1])["faces"][0]["label"]


@pytest.mark.slow
@needs_screen
def test_each_appearance_of_the_label_presses_the_key_once(two_faces, model, shown, screen, window):
    done = live(two_faces, model, "--keys", f"{shown}=space", DISPLAY=screen)
    assert (done.returncode, window.keys()) == (0, ["+space", "-space"] * 2), done.stderr
    assert f"--keys: {shown} presses space (once)" in done.stderr
    assert "--keys: key presses in total: 2" in done.stderr


@pytest.mark.slow
@needs_screen
def test_a_held_combination_is_released_at_the_end(two_faces, model, shown, screen, window):
    keys = ("--keys", f"{shown}=ctrl+a:hold", "--until", "1")
    done = live(two_faces, model, *keys, DISPLAY=screen)
    assert (done.returncode, window.keys()) == (0, ["+ctrl", "+a", "-a", "-ctrl"]), done.stderr


@pytest.mark.slow
@needs_screen
def test_ctrl_c_releases_a_held_key(two_faces, model, shown, screen, window):
    command = [sys.executable, "-m", "moue", "live", str(two_faces), "-m", str(model), "--json",
               "--backend", "haar", "--fps", "10", "--realtime", "--dwell", "0",
               "--keys", f"{shown}=a:hold"]  # fmt: skip
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=os.environ | ENV | {"DISPLAY": screen}, **pipes) as running:
        end, found = time.monotonic() + WAIT, []
        while not found and time.monotonic() < end:
            found = window.keys()
        running.terminate()
        running.communicate(timeout=WAIT)
    assert found + window.keys() == ["+a", "-a"]
    assert running.returncode == 130


@pytest.mark.slow
@needs_screen
def test_an_unknown_key_is_refused_with_the_known_ones(two_faces, model, shown, screen):
    done = live(two_faces, model, "--keys", f"{shown}=spacebar", DISPLAY=screen)
    assert done.returncode == 1
    assert "'spacebar' is unknown" in done.stderr
    assert "space, " in done.stderr


@pytest.mark.slow
@needs_screen
def test_without_a_screen_the_message_names_the_remedy(two_faces, model, shown):
    done = live(two_faces, model, "--keys", f"{shown}=space", DISPLAY="")
    assert done.returncode == 1
    assert "no keys can be pressed here" in done.stderr
    assert "DISPLAY=:0" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_pynput_the_message_names_the_extra(two_faces, model, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    call = ["live", str(two_faces), "-m", str(model), "--backend", "haar"]
    assert main([*call, "--keys", "open=space"]) == 1
    assert "--keys needs the extra 'keys'" in capsys.readouterr().err


def test_a_wayland_session_is_reported(monkeypatch):
    for name in ("PYNPUT_BACKEND", "PYNPUT_BACKEND_KEYBOARD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_SESSION_TYPE", "x11")
    assert wayland_note() is None
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    assert "uinput" in wayland_note()
    monkeypatch.setenv("PYNPUT_BACKEND_KEYBOARD", "uinput")
    assert wayland_note() is None
