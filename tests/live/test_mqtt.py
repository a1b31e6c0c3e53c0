"""Results of `moue live` at a real MQTT broker."""

from __future__ import annotations

import gc
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from moue.cli import main
from moue.errors import ConfigError, OutputError
from moue.live.senders.message import Message

pytest.importorskip("paho.mqtt.client")
from moue.live.senders import mqtt
from moue.live.senders.mqtt import Broker, mqtt_sender, parse_broker
from mqtt_broker import PASSWORDS, broker, needs_mosquitto, subscribed
from ports import free_port

ANYBODY = "allow_anonymous true"
CERTIFICATE = Path(__file__).parents[1] / "web" / "localhost.pem"


@pytest.fixture
def port():
    return free_port()


def label(track):
    return Message("label", {"track": track, "label": "open"})


def frame(time):
    return Message("frame", {"time": time, "faces": []})


@needs_mosquitto
def test_a_subscriber_receives_labels_frames_and_the_status(clip, model, port, tmp_path, capsys):
    call = ["live", str(clip), "-m", str(model), "--backend", "haar", "--fps", "5"]
    with broker(tmp_path, port, ANYBODY), subscribed(port) as subscriber:
        assert main([*call, "--mqtt", f"127.0.0.1:{port}/car/mouth"]) == 0
        assert subscriber.wait_for("car/mouth/status", 2) == ["online", "offline"]
        first, *_ = subscriber.of("car/mouth/label")
        times = [one["time"] for one in subscriber.of("car/mouth/frame")]
    assert first["track"] == 1
    assert times == [0, 1, 2]
    assert "the receiver was too slow" not in capsys.readouterr().err


@needs_mosquitto
def test_the_broker_reports_a_killed_sender_as_offline(port, tmp_path):
    with broker(tmp_path, port, ANYBODY), subscribed(port) as subscriber:
        sender = mqtt._Publisher(Broker("127.0.0.1", port, "moue", False), "x", print)
        sender.connect()
        subscriber.wait_for("moue/status")
        sender._closing = True
        sender._client.loop_stop()
        sender._client._sock_close()  # the connection breaks without a goodbye
        assert subscriber.wait_for("moue/status", 2) == ["online", "offline"]
        with subscribed(port) as late:
            assert late.wait_for("moue/status") == ["offline"]
            assert late.messages[0][2]


@needs_mosquitto
def test_messages_continue_after_a_restart_of_the_broker(port, tmp_path, monkeypatch):
    monkeypatch.setattr(mqtt, "SEND_SECONDS", 20.0)
    said = []
    address = f"127.0.0.1:{port}"
    with broker(tmp_path, port, ANYBODY) as first, mqtt_sender(address, said.append) as send:
        first.terminate()
        first.wait()
        while not said:
            threading.Event().wait(0.01)
        send(label(2))
        with broker(tmp_path, port, ANYBODY), subscribed(port) as subscriber:
            assert [one["track"] for one in subscriber.wait_for("moue/label")] == [2]
    assert said[0].endswith("the connection is lost; moue tries to connect again")
    assert said[1].endswith("connected again")


@needs_mosquitto
def test_user_and_password_come_from_the_environment(port, tmp_path, monkeypatch):
    users = tmp_path / "users"
    subprocess.run([str(PASSWORDS), "-b", "-c", str(users), "ann", "right"], check=True)
    monkeypatch.setenv("MOUE_MQTT_USER", "ann")
    with broker(tmp_path, port, "allow_anonymous false", f"password_file {users}"):
        monkeypatch.setenv("MOUE_MQTT_PASSWORD", "right")
        with mqtt_sender(f"127.0.0.1:{port}", print):
            pass
        monkeypatch.setenv("MOUE_MQTT_PASSWORD", "wrong")
        with (
            pytest.raises(OutputError, match=r"(?i)not authori[sz]ed.*MOUE_MQTT_USER"),
            mqtt_sender(f"127.0.0.1:{port}", print),
        ):
            pass


@needs_mosquitto
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_encrypted_connection_checks_the_certificate(port, tmp_path, monkeypatch):
    tls = [ANYBODY, f"certfile {CERTIFICATE}", f"keyfile {CERTIFICATE}"]
    said = []
    with broker(tmp_path, port, *tls):
        with (
            pytest.raises(OutputError, match="CERTIFICATE_VERIFY_FAILED"),
            mqtt_sender(f"mqtts://localhost:{port}", print),
        ):
            pass
        gc.collect()  # paho leaves the socket of a failed handshake to the garbage collector
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        with mqtt_sender(f"mqtts://localhost:{port}", said.append) as send:
            send(label(1))
    assert said == []


def test_a_broker_that_never_answers_is_refused(monkeypatch):
    monkeypatch.setattr(mqtt, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(OutputError, match="does not answer"), mqtt_sender(address, print):
            pass


def test_an_absent_broker_is_refused_at_the_start(port, clip, capsys):
    assert main(["live", str(clip), "--mqtt", f"127.0.0.1:{port}"]) == 1
    assert "the broker cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost", Broker("localhost", 1883, "moue", False)),
        ("10.0.0.1:99/a/b", Broker("10.0.0.1", 99, "a/b", False)),
        ("mqtt://[::1]/x", Broker("::1", 1883, "x", False)),
        ("mqtts://example.org/x", Broker("example.org", 8883, "x", True)),
        ("mqtts://example.org:1", Broker("example.org", 1, "moue", True)),
    ],
)
def test_addresses_are_parsed(text, expected):
    assert parse_broker(text) == expected


@pytest.mark.parametrize(
    "text", ["http://x", "://x", "x/a+", "x/#", "x/a\0", "a@b", "x:y", "x/" + "t" * 201]
)
def test_invalid_addresses_are_refused(text):
    with pytest.raises(ConfigError, match="--mqtt"):
        parse_broker(text)
