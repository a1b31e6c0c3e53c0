"""Results of `moue live` on a WebSocket, received by real clients."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import contextmanager

import pytest

from moue.cli import main
from moue.errors import ConfigError, OutputError
from moue.live.senders.message import Message

pytest.importorskip("websockets")
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from moue.live.senders import websocket
from moue.live.senders.websocket import websocket_sender


def label(track, **more):
    return Message("label", {"track": track, "label": "open"} | more)


@contextmanager
def serving(*origins):
    """Yield send function, URL and messages of a server."""
    said = []
    with websocket_sender("0", origins, said.append) as send:
        yield send, re.search(r"ws://\S+", said[0])[0], said


def received(client, kinds=("label",)):
    """Return the messages until the server closes the connection."""
    found = []
    try:
        while True:
            found.append(json.loads(client.recv(timeout=10)))
    except ConnectionClosed:
        return [message for message in found if message["type"] in kinds]


def test_every_client_receives_every_message():
    with serving() as (send, url, _), connect(url) as first, connect(url) as second:
        for track in range(20):
            send(label(track))
        tracks = [json.loads(first.recv(timeout=10))["track"] for _ in range(20)]
        assert [json.loads(second.recv(timeout=10))["track"] for _ in range(20)] == tracks
    assert tracks == list(range(20))


def test_messages_that_wait_at_the_end_are_sent():
    with serving() as (send, url, said), connect(url) as client:
        client.send("ignored")
        for track in range(50):
            send(label(track))
        tracks = []
        reader = threading.Thread(target=lambda: tracks.extend(received(client)))
        reader.start()
    reader.join()
    assert [message["track"] for message in tracks] == list(range(50))
    assert not any("dropped" in text for text in said)


def test_live_video_is_sent(clip, model, capsys):
    """The client connects to the address that the command prints, while the video plays."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = []

    def listen():
        for _ in range(500):
            try:
                with connect(f"ws://127.0.0.1:{port}") as client:
                    found.extend(received(client, ("frame", "label", "event")))
                return
            except OSError:
                threading.Event().wait(0.02)

    listener = threading.Thread(target=listen)
    listener.start()
    arguments = ["live", str(clip), "-m", str(model), "--backend", "haar", "--realtime"]
    assert main([*arguments, "--fps", "5", "--websocket", str(port)]) == 0
    listener.join()
    assert f"ws://127.0.0.1:{port}" in capsys.readouterr().err
    frames = [message for message in found if message["type"] == "frame"]
    assert frames
    assert frames[-1]["main"] == 1
    assert {"faces", "time", "width", "dropped"} <= frames[0].keys()
    assert {"track", "label", "visible", "main"} <= next(
        message.keys() for message in found if message["type"] == "label"
    )


@pytest.mark.parametrize(
    "origin", ["http://localhost:8000", "https://localhost", "http://127.0.0.1:3", "http://[::1]:8"]
)
def test_pages_of_this_machine_may_connect(origin):
    with serving() as (send, url, _), connect(url, origin=origin) as client:
        send(label(1))
        assert json.loads(client.recv(timeout=10))["track"] == 1


@pytest.mark.parametrize(
    "origin",
    ["https://example.org", "null", "http://localhost.example.org", "http://127.0.0.1.example.org",
     "file://", "http://localhost:8000/", "http://a@localhost"],
)  # fmt: skip
def test_pages_of_other_origins_are_refused(origin):
    with serving("https://example.com") as (_, url, said):
        for _ in range(2):
            with pytest.raises(InvalidStatus, match="403"):
                connect(url, origin=origin)
        with connect(url, origin="https://example.com"):
            pass
    refused = [text for text in said if "was refused" in text]
    assert refused == [
        f"--websocket: a page of {origin} was refused; --websocket-origin {origin} allows it"
    ]


def test_a_client_that_does_not_read_loses_frames_and_blocks_nobody(monkeypatch):
    monkeypatch.setattr(websocket, "DRAIN_SECONDS", 0.2)
    frames = 3000
    with serving() as (send, url, said):
        stuck = socket.socket()
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        stuck.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b"101" in stuck.recv(64)
        with connect(url) as client:
            for number in range(frames):
                send(Message("frame", {"number": number, "padding": "x" * 2000}))
                if number % 20 == 0:  # at the pace of a video, the other client keeps up
                    send(label(number))
                    while json.loads(client.recv(timeout=10)).get("track") != number:
                        pass
    stuck.close()
    (dropped,) = [text for text in said if "dropped" in text]
    assert int(re.search(r"messages: ([\d,]+)", dropped)[1].replace(",", "")) > frames / 2


def test_the_number_of_clients_is_limited(monkeypatch):
    monkeypatch.setattr(websocket, "MAX_CLIENTS", 1)
    with serving() as (_, url, _), connect(url), pytest.raises(InvalidStatus, match="503"):
        connect(url)


def test_the_server_listens_on_this_machine_by_default():
    with serving() as (_, url, said):
        assert url.startswith("ws://127.0.0.1:")
    assert len(said) == 1
    said.clear()
    with websocket_sender("0.0.0.0:0", (), said.append):
        pass
    assert "everyone who can reach 0.0.0.0 can read the results" in said[1]


def test_a_taken_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(OutputError, match="cannot listen"),
            websocket_sender(str(port), (), print),
        ):
            pass


@pytest.mark.parametrize("address", ["x", "70000", "-1", "a:b", "1.2.3.4:5/x"])
def test_invalid_addresses_are_refused(address):
    with pytest.raises(ConfigError, match="HOST:PORT"), websocket_sender(address, (), print):
        pass


def test_origins_need_the_server(clip, capsys):
    assert main(["live", str(clip), "--websocket-origin", "https://example.org"]) == 2
    assert "--websocket-origin needs --websocket" in capsys.readouterr().err
