"""Results of `moue live` as OSC messages, received by a real OSC server."""

from __future__ import annotations

import socket
import threading

import pytest

from moue.cli import main
from moue.errors import ConfigError, OutputError
from moue.live.senders.address import parse_address, resolve
from moue.live.senders.message import Message
from moue.live.senders.osc import osc_messages, osc_sender

pytest.importorskip("pythonosc")
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer


class Receiver:
    """An OSC server that collects messages, in the order in which they were sent."""

    def __init__(self):
        self.messages, self.ended = [], threading.Event()
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self.take)
        self.server = BlockingOSCUDPServer(("127.0.0.1", 0), dispatcher)
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def take(self, address, *arguments):
        if address == "/end":
            self.ended.set()
        self.messages.append((address, arguments))

    def wait(self):
        """Wait until all messages that were sent before are here."""
        with socket.socket(type=socket.SOCK_DGRAM) as last:
            last.sendto(b"/end\0\0\0\0,\0\0\0", self.server.server_address)
        assert self.ended.wait(60)

    def values(self, address):
        return [arguments for one, arguments in self.messages if one == address]


@pytest.fixture
def receiver():
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


def test_every_frame_is_sent(clip, model, receiver, capsys):
    arguments = ["live", str(clip), "-m", str(model), "--backend", "haar", "--fps", "25"]
    assert main([*arguments, "--min-duration", "0", "--osc", receiver.address]) == 0
    err = capsys.readouterr().err
    receiver.wait()
    assert sorted(receiver.values("/moue/faces")) == [(0,)] * 3 + [(1,)] * 9
    assert sorted(receiver.values("/moue/main/track")) == [(0,)] * 3 + [(1,)] * 9
    labels = {label for (label,) in receiver.values("/moue/main/label")}
    assert "" in labels
    assert labels - {""} <= {"none", "pout", "smile", "open"}
    assert {p for (p,) in receiver.values("/moue/face/1/probabilities/open")} <= {
        p for (p,) in receiver.values("/moue/main/probabilities/open")
    }
    assert receiver.values("/moue/label")[0][0] == 1
    assert "the receiver was too slow" not in err


def test_events_and_labels_have_their_own_addresses():
    event = {"track": 2, "label": "open", "start": 1, "end": 2.5, "changes": None}
    assert list(osc_messages(Message("event", event))) == [("/moue/event", [2, "open", 1.0, 2.5])]
    label = {"track": 2, "label": None, "probability": 0.4, "time": 1, "main": True}
    assert list(osc_messages(Message("label", label))) == [("/moue/label", [2, ""])]


def test_addresses_contain_no_reserved_characters():
    face = {"track": 4, "label": "a", "probabilities": {"big smile/1": 0.5, "微笑": 0.5},
            "measures": {"opening": 0.25}}  # fmt: skip
    sent = dict(osc_messages(Message("frame", {"main": 4, "faces": [face]})))
    assert sent["/moue/main/probabilities/big_smile_1"] == [0.5]
    assert sent["/moue/face/4/probabilities/__"] == [0.5]
    assert sent["/moue/main/measures/opening"] == [0.25]


def test_a_closed_port_does_not_stop_the_video():
    said = []
    with osc_sender("127.0.0.1:9", said.append) as send:
        for track in range(20):
            send(Message("label", {"track": track, "label": "open"}))
    assert said == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9000", ("127.0.0.1", 9000)), ("localhost:1", ("localhost", 1)), (":7", ("127.0.0.1", 7)),
     ("[::1]:9000", ("::1", 9000)), ("192.0.2.1:9000", ("192.0.2.1", 9000))],
)  # fmt: skip
def test_addresses_are_parsed(text, expected):
    assert parse_address(text, "--osc") == expected


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:70000", "host:0", "a@b:1",
                                  "host:1/path", "[::1:9000", "0"])  # fmt: skip
def test_invalid_addresses_are_refused(text, clip, capsys):
    with pytest.raises(ConfigError, match="HOST:PORT"):
        parse_address(text, "--osc")
    assert main(["live", str(clip), "--osc", text]) == 1
    assert "--osc" in capsys.readouterr().err


def test_an_unknown_host_is_refused():
    with pytest.raises(OutputError, match="unknown"):
        resolve("no such host", 9000, "--osc")
