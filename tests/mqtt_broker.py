"""A real MQTT broker (mosquitto) on the loopback address, and a client that collects messages."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="needs the broker mosquitto")
PASSWORDS = shutil.which("mosquitto_passwd")
POLLS = 1000


@contextmanager
def broker(folder: Path, port: int, *settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run mosquitto on a port; `settings` are further lines of its configuration."""
    config = folder / "mosquitto.conf"
    config.write_text("\n".join([f"listener {port} 127.0.0.1", "user root", *settings]))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([str(MOSQUITTO), "-c", str(config)], **quiet) as running:
        for _ in range(POLLS):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                threading.Event().wait(0.01)
        try:
            yield running
        finally:
            running.terminate()


class Subscriber:
    """Collects the messages of all topics."""

    def __init__(self, port: int) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.messages: list[tuple[str, object, bool]] = []
        self._ready = threading.Event()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._ready.wait(10)

    def _take(self, _: object, __: object, message: object) -> None:
        text = message.payload.decode()
        value = json.loads(text) if text.startswith("{") else text
        self.messages.append((message.topic, value, message.retain))

    def of(self, topic: str) -> list[object]:
        return [value for one, value, _ in list(self.messages) if one == topic]

    def wait_for(self, topic: str, count: int = 1) -> list[object]:
        for _ in range(POLLS):
            if len(found := self.of(topic)) >= count:
                return found
            threading.Event().wait(0.01)
        raise AssertionError(f"{topic}: {self.messages}")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def subscribed(port: int) -> Iterator[Subscriber]:
    subscriber = Subscriber(port)
    try:
        yield subscriber
    finally:
        subscriber.close()
