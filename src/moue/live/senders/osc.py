"""Send results as OSC messages over UDP, with python-osc.

Addresses, for the labels `open` and so on (`main` is the visible face with the lowest number):

    /moue/faces                      number of visible faces
    /moue/main/track                 number of the main face; 0 if no face is visible
    /moue/main/label                 label of the main face; empty if there is none
    /moue/main/probabilities/open    probability of the label `open`, 0 to 1
    /moue/main/measures/opening      measure of the mouth
    /moue/face/3/label, …            the same for face 3
    /moue/label                      new label of a face: track, label
    /moue/event                      ended expression: track, label, start, end in seconds
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeAlias

from moue.errors import MissingExtra
from moue.live.senders.address import parse_address, resolve
from moue.live.senders.background import in_background
from moue.live.senders.message import Message, Send

__all__ = ["osc_messages", "osc_sender"]

OscMessage: TypeAlias = tuple[str, list[Any]]
"""OSC address and arguments."""
_RESERVED = re.compile(r"[^!\"$-)+\-.0->@-Z\\^-z|~]")
"""Characters that an OSC address part must not contain: space, `#*,/?[]{}` and non-ASCII."""


@contextmanager
def osc_sender(address: str, say: Callable[[str], None]) -> Iterator[Send]:
    """Yield a function that sends messages to an OSC receiver.

    Args:
        address: Address of the receiver, such as `127.0.0.1:9000`.
        say: Function called with messages.

    Raises:
        ConfigError: The address is not valid.
        OutputError: The host is unknown.
        MissingExtra: python-osc is not installed.
    """
    try:
        from pythonosc.udp_client import SimpleUDPClient
    except ImportError as error:
        raise MissingExtra("--osc", "outputs") from error
    host, port = parse_address(address, "--osc")
    client = SimpleUDPClient(resolve(host, port, "--osc"), port)
    with closing(client):

        def transmit(message: Message) -> None:
            for osc_address, arguments in osc_messages(message):
                client.send_message(osc_address, arguments)

        with in_background(f"--osc {address}", transmit, say) as send:
            yield send


def osc_messages(message: Message) -> Iterator[OscMessage]:
    """Yield the OSC messages of a message.

    Args:
        message: Frame, label change or event.
    """
    data = message.data
    if message.kind == "label":
        yield "/moue/label", [data["track"], data["label"] or ""]
    elif message.kind == "event":
        yield (
            "/moue/event",
            [data["track"], data["label"], float(data["start"]), float(data["end"])],
        )
    else:
        yield "/moue/faces", [len(data["faces"])]
        yield "/moue/main/track", [data["main"] or 0]
        if data["main"] is None:
            yield "/moue/main/label", [""]
        for face in data["faces"]:
            if face["track"] == data["main"]:
                yield from _face("/moue/main", face)
            yield from _face(f"/moue/face/{face['track']}", face)


def _face(prefix: str, face: dict[str, Any]) -> Iterator[OscMessage]:
    yield f"{prefix}/label", [face["label"] or ""]
    for label, probability in face["probabilities"].items():
        yield f"{prefix}/probabilities/{_RESERVED.sub('_', label)}", [float(probability)]
    for name, value in (face["measures"] or {}).items():
        yield f"{prefix}/measures/{name}", [float(value)]
