"""Publish results as JSON to an MQTT broker, with paho-mqtt.

Topics below the topic of the user: `label` and `event` (QoS 1), `frame` (QoS 0, at most once per
second) and `status` (`online` or `offline`, retained; the broker publishes `offline` if the
connection breaks).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moue.errors import ConfigError, MissingExtra, OutputError, reason_of
from moue.live.senders.address import parse_address
from moue.live.senders.background import in_background
from moue.live.senders.message import Message, Send
from moue.text import to_json

if TYPE_CHECKING:
    from paho.mqtt.client import Client

__all__ = ["Broker", "mqtt_sender", "parse_broker"]

PORT, TLS_PORT = 1883, 8883
DEFAULT_TOPIC = "moue"
MAX_TOPIC = 200
"""Maximum length of a topic in characters."""
CONNECT_SECONDS = 5.0
"""Maximum time to connect to the broker, in seconds."""
SEND_SECONDS = 2.0
"""Maximum time to send a message, in seconds."""
FRAME_SECONDS = 1.0
"""Minimum time between two frames, in seconds of the video."""
USER, PASSWORD = "MOUE_MQTT_USER", "MOUE_MQTT_PASSWORD"


@dataclass(frozen=True, slots=True)
class Broker:
    """The address of an MQTT broker.

    Attributes:
        host: Host name or IP address.
        port: TCP port.
        topic: First part of all topics.
        tls: True for an encrypted connection.
    """

    host: str
    port: int
    topic: str
    tls: bool


def parse_broker(text: str) -> Broker:
    """Return the broker of a text such as `localhost:1883/moue` or `mqtts://host/topic`.

    Raises:
        ConfigError: The text is not a valid address, or the topic is not valid.
    """
    scheme, separator, rest = text.rpartition("://")
    if scheme not in ("mqtt", "mqtts", "") or (separator and not scheme):
        raise ConfigError(f"--mqtt {text}: the address must begin with mqtt:// or mqtts://")
    address, _, topic = rest.partition("/")
    topic = topic or DEFAULT_TOPIC
    if len(topic) > MAX_TOPIC or any(c in "+#" or not c.isprintable() for c in topic):
        raise ConfigError(f"--mqtt {text}: the topic must not contain + or #; choose another topic")
    tls = scheme == "mqtts"
    host, port = parse_address(address, "--mqtt", TLS_PORT if tls else PORT)
    return Broker(host, port, topic, tls)


@contextmanager
def mqtt_sender(address: str, say: Callable[[str], None]) -> Iterator[Send]:
    """Connect to a broker; yield a function that publishes messages.

    If the connection breaks later, paho-mqtt connects again, and the messages wait in the queue.

    Args:
        address: Address of the broker, see `parse_broker`. User and password are in the
            environment variables `MOUE_MQTT_USER` and `MOUE_MQTT_PASSWORD`.
        say: Function called with messages.

    Raises:
        ConfigError: The address is not valid.
        OutputError: The broker cannot be reached, or refuses the connection.
        MissingExtra: paho-mqtt is not installed.
    """
    try:
        import paho.mqtt.client  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--mqtt", "outputs") from error
    broker = parse_broker(address)
    publisher = _Publisher(broker, f"--mqtt {broker.host}:{broker.port}", say)
    try:
        publisher.connect()
        with in_background(publisher.name, publisher.transmit, say) as send:
            yield send
    finally:
        publisher.close()


class _Publisher:
    def __init__(self, broker: Broker, name: str, say: Callable[[str], None]) -> None:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.name = name
        self._broker, self._say = broker, say
        self._client: Client = Client(CallbackAPIVersion.VERSION2)
        self._connected, self._answered = threading.Event(), threading.Event()
        self._refused, self._closing = "", False
        self._last_frame: float | None = None
        self._status = f"{broker.topic}/status"
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect

    def connect(self) -> None:
        client, broker = self._client, self._broker
        user = os.environ.get(USER)
        if user:
            client.username_pw_set(user, os.environ.get(PASSWORD))
        if broker.tls:
            client.tls_set()
        client.will_set(self._status, "offline", qos=1, retain=True)
        client.connect_timeout = CONNECT_SECONDS
        try:
            client.connect(broker.host, broker.port, keepalive=30)
        except (OSError, UnicodeError) as error:
            problem = f"the broker cannot be reached: {reason_of(error)}"
            raise OutputError(f"{self.name}: {problem}; check address and port") from error
        client.loop_start()
        if not self._answered.wait(CONNECT_SECONDS):
            raise OutputError(f"{self.name}: this server does not answer like an MQTT broker")
        if self._refused:
            raise OutputError(
                f"{self.name}: the broker refused the connection: {self._refused}; set {USER} and "
                f"{PASSWORD}"
            )

    def transmit(self, message: Message) -> None:
        """Publish a message and wait until it is sent; raise OSError if that takes too long."""
        if message.kind == "frame" and not self._is_due(message.data["time"]):
            return
        if not self._connected.wait(SEND_SECONDS):
            raise OSError("the broker is not connected")
        qos = 0 if message.kind == "frame" else 1
        topic = f"{self._broker.topic}/{message.kind}"
        sent = self._client.publish(topic, to_json(message.data), qos)
        try:
            sent.wait_for_publish(SEND_SECONDS)
            done = sent.is_published()
        except (RuntimeError, ValueError) as error:  # paho: not connected, or its queue is full
            raise OSError(str(error)) from error
        if not done:
            raise OSError("the broker does not answer")

    def close(self) -> None:
        """Publish the status `offline`, and disconnect."""
        self._closing = True
        if self._client.is_connected():
            last = self._client.publish(self._status, "offline", qos=1, retain=True)
            last.wait_for_publish(SEND_SECONDS)
        self._client.disconnect()
        self._client.loop_stop()

    def _is_due(self, time: float) -> bool:
        if self._last_frame is not None and time - self._last_frame < FRAME_SECONDS:
            return False
        self._last_frame = time
        return True

    def _on_connect(self, client: Client, _: Any, __: Any, reason: Any, *___: Any) -> None:
        if reason.is_failure:
            self._refused = str(reason)
            self._closing = True
            client.disconnect()
        else:
            client.publish(self._status, "online", qos=1, retain=True)
            if self._answered.is_set():
                self._say(f"{self.name}: connected again")
            self._connected.set()
        self._answered.set()

    def _on_disconnect(self, *_: Any) -> None:
        was_connected = self._connected.is_set()
        self._connected.clear()
        if was_connected and not self._closing:
            self._say(f"{self.name}: the connection is lost; moue tries to connect again")
