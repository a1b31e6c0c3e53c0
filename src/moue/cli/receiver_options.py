"""The options of `moue live` that send its results to other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import click

from moue.cli.options import CommonOptions
from moue.live.capture import Capture
from moue.live.events import EventSettings
from moue.live.keys.key_map import parse_key_map
from moue.live.keys.key_output import key_output
from moue.live.keys.key_settings import KeySettings
from moue.live.keys.keyboard import SystemKeyboard, wayland_note
from moue.live.live_settings import LiveSettings
from moue.live.outputs import Output
from moue.live.senders.message import Send, message_output
from moue.live.senders.mqtt import mqtt_sender
from moue.live.senders.osc import osc_sender
from moue.live.senders.websocket import websocket_sender

Command: TypeAlias = Callable[..., Any]

_OPTIONS = (
    click.option(
        "--osc", metavar="HOST:PORT",
        help="Send each frame, label change and event as OSC messages over UDP.",
    ),
    click.option(
        "--websocket", metavar="PORT",
        help="Send each frame, label change and event as JSON to WebSocket clients. The server "
        "listens on this machine only; HOST:PORT listens on another address.",
    ),
    click.option(
        "--websocket-origin", "origins", multiple=True, metavar="ORIGIN",
        help="Origin of web pages that may connect to --websocket, such as https://example.org, "
        "in addition to pages of this machine. May be repeated.",
    ),
    click.option(
        "--mqtt", metavar="HOST:PORT/TOPIC",
        help="Publish label changes, events and one frame per second as JSON to an MQTT broker. "
        "mqtts://HOST/TOPIC encrypts the connection. MOUE_MQTT_USER and MOUE_MQTT_PASSWORD are "
        "user and password.",
    ),
    click.option(
        "--keys", "key_maps", multiple=True, metavar="LABEL=KEY",
        help="Press a key when the main face has had a label for --dwell seconds, such as "
        "open=space. LABEL=KEY:hold keeps the key down until the label ends, LABEL=KEY:repeat "
        "presses it every --repeat-every seconds. Separate several with commas.",
    ),
)  # fmt: skip


def receiver_options(command: Command) -> Command:
    """Add the options to a command; their names are the fields of `Receivers`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Receivers:
    """The programs that take the results of `moue live`.

    Attributes:
        osc: Address of an OSC receiver; None for none.
        websocket: Address of the WebSocket server; None for none.
        origins: Origins of web pages that may connect to the WebSocket server.
        mqtt: Address and topic of an MQTT broker; None for none.
        key_maps: Key maps, such as `open=space`.
    """

    osc: str | None
    websocket: str | None
    origins: tuple[str, ...]
    mqtt: str | None
    key_maps: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.origins and self.websocket is None:
            raise click.UsageError("--websocket-origin needs --websocket")

    @property
    def sends_messages(self) -> bool:
        """Whether results are sent to other programs (OSC, WebSocket or MQTT)."""
        return (self.osc, self.websocket, self.mqtt) != (None, None, None)

    def keys(
        self, labels: tuple[str, ...], call: CommonOptions, say: Callable[[str], None]
    ) -> AbstractContextManager[Output]:
        """Return the output that presses keys.

        Args:
            labels: Labels of the model.
            call: Options of the call, with the settings.
            say: Function called with messages.

        Raises:
            ConfigError: A key map is not valid.
            OutputError: No keys can be pressed on this computer.
            MissingExtra: pynput is not installed.
        """
        bindings = parse_key_map(self.key_maps, labels)
        settings = call.config.get(KeySettings)
        keyboard = SystemKeyboard({name for binding in bindings for name in binding.keys})
        for binding in bindings:
            say(f"--keys: {binding.label} presses {binding.words} ({binding.mode})")
        if (note := wayland_note()) is not None:
            say(note)
        grace = call.config.get(LiveSettings).min_duration
        return key_output(bindings, settings, grace, keyboard, say)

    @contextmanager
    def output(
        self, name: str, capture: Capture, settings: EventSettings, say: Callable[[str], None]
    ) -> Iterator[Output]:
        """Connect to the receivers; yield the output that sends each view to them.

        Args:
            name: Name of the source.
            capture: Capture of the source, which counts the dropped frames.
            settings: Settings of event detection.
            say: Function called with messages.
        """
        with ExitStack() as stack:
            sends = [stack.enter_context(sender) for sender in self._senders(say)]
            sent = message_output(sends, name, lambda: capture.dropped, settings)
            yield stack.enter_context(sent)

    def _senders(self, say: Callable[[str], None]) -> list[AbstractContextManager[Send]]:
        senders: list[AbstractContextManager[Send]] = []
        if self.osc is not None:
            senders.append(osc_sender(self.osc, say))
        if self.websocket is not None:
            senders.append(websocket_sender(self.websocket, self.origins, say))
        if self.mqtt is not None:
            senders.append(mqtt_sender(self.mqtt, say))
        return senders
