"""The options of `moue live` that send its results to other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import click

from moue.live.capture import Capture
from moue.live.events import EventSettings
from moue.live.outputs import Output
from moue.live.senders.message import Send, message_output
from moue.live.senders.osc import osc_sender

Command: TypeAlias = Callable[..., Any]

_OPTIONS = (
    click.option(
        "--osc", metavar="HOST:PORT",
        help="Send each frame, label change and event as OSC messages over UDP.",
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
    """

    osc: str | None

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
        return senders
