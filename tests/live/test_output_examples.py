"""The programs in `examples/outputs`, with the real senders of `moue live`."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from moue.live.senders.message import Message
from moue.live.senders.mqtt import mqtt_sender
from moue.live.senders.osc import osc_sender
from moue.live.senders.websocket import websocket_sender
from mqtt_broker import broker, needs_mosquitto
from ports import free_port

pytest.importorskip("websockets")
pytest.importorskip("paho.mqtt.client")
pytest.importorskip("pythonosc")
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

EXAMPLES = Path(__file__).parents[2] / "examples" / "outputs"
FPS = 10


@contextmanager
def running(name, *arguments):
    """Run an example; its output can be read line by line."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        guard = threading.Timer(60, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


def frame(number, label, measures=None):
    face = {"track": 1, "label": label, "probabilities": {}, "measures": measures}
    time = round(number / FPS, 3)
    faces = [] if label is None else [face]
    return Message("frame", {"main": 1 if faces else None, "time": time, "faces": faces})


def test_the_switch_selects_the_highlighted_choice_once():
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    labels = ["none"] * 25 + ["open"] * 30 + ["none"] * 20 + ["open"] * 4 + ["none"] * 5
    with ExitStack() as video:
        send = video.enter_context(websocket_sender(str(port), (), print))
        with running("switch.py", "Yes", "No", "--url", url) as switch:
            assert switch.stdout.readline() == f"connected to {url}\n"
            for number, label in enumerate(labels):
                send(frame(number, label))
                threading.Event().wait(0.002)  # a faster video would drop frames
            video.close()
            lines = switch.stdout.read().splitlines()
    assert lines == ["> Yes", "> No", "selected: No", "> Yes", "the video has ended"]


def test_the_avatar_receives_blend_shapes():
    shapes, done = [], threading.Event()
    dispatcher = Dispatcher()
    dispatcher.map("/VMC/Ext/Blend/Val", lambda _, name, value: shapes.append((name, value)))
    dispatcher.map("/VMC/Ext/Blend/Apply", lambda _: len(shapes) >= 9 and done.set())
    rest = {"opening": 0.1, "pucker": 0.0, "smile_left": 0.0, "smile_right": 0.0}
    wide = {"opening": 0.24, "pucker": 0.5, "smile_left": 0.065, "smile_right": 0.02}
    with BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher) as vmc:
        thread = threading.Thread(target=vmc.serve_forever, args=(0.01,))
        thread.start()
        address = f"127.0.0.1:{vmc.server_address[1]}"
        with running("avatar.py", "--listen", 0, "--avatar", address) as avatar:
            port = avatar.stdout.readline().split()[-1]
            with osc_sender(f"127.0.0.1:{port}", print) as send:
                send(frame(0, "open", wide))
                send(frame(1, "none", rest))
                send(frame(2, None))
            assert done.wait(30)
        vmc.shutdown()
        thread.join()
    values = sorted((name, round(value, 2)) for name, value in shapes)
    assert values == [("A", 0.0), ("A", 0.0), ("A", 0.5), ("Joy", 0.0), ("Joy", 0.0),
                      ("Joy", 0.5), ("U", 0.0), ("U", 0.0), ("U", 1.0)]  # fmt: skip


@needs_mosquitto
def test_the_yawn_counter_warns_after_three_yawns(tmp_path):
    port = free_port()
    address = f"127.0.0.1:{port}"
    spans = [
        ("open", 0, 3), ("open", 10, 11), ("smile", 20, 29), ("open", 40, 42.5),
        ("speaking", 50, 60), ("open", 400, 404), ("open", 410, 414), ("open", 420, 424),
    ]  # fmt: skip
    with (
        broker(tmp_path, port, "allow_anonymous true"),
        running("yawn_counter.py", address, "--topic", "car") as counter,
    ):
        assert counter.stdout.readline() == "listening to car/event\n"
        with mqtt_sender(f"{address}/car", print) as send:
            for label, start, end in spans:
                send(Message("event", {"track": 1, "label": label, "start": start, "end": end}))
        lines = [counter.stdout.readline().strip() for _ in range(6)]
    assert lines == ["yawn 1: 3.0 s", "yawn 2: 2.5 s", "yawn 3: 4.0 s", "yawn 4: 4.0 s",
                     "yawn 5: 4.0 s", "3 yawns in 5 minutes: take a break"]  # fmt: skip
