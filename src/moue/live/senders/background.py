"""Send messages from a thread, so that a slow receiver does not delay the video."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moue.errors import reason_of
from moue.live.senders.drop_queue import DropQueue
from moue.live.senders.message import Message, Send

__all__ = ["in_background"]

DRAIN_SECONDS = 2.0
"""Maximum time to send the waiting messages after the end of the video, in seconds."""


@contextmanager
def in_background(
    name: str, transmit: Callable[[Message], None], say: Callable[[str], None]
) -> Iterator[Send]:
    """Start a thread that sends messages; yield a function that passes a message to it.

    On exit, the waiting messages are sent, for at most `DRAIN_SECONDS`. The number of messages
    that were dropped or could not be sent is reported.

    Args:
        name: Name of the receiver for messages, such as `--osc 127.0.0.1:9000`.
        transmit: Function that sends one message; it may block, and may raise OSError.
        say: Function called with messages.
    """
    sender = _Sender(name, transmit, say)
    sender.thread.start()
    try:
        yield sender.put
    finally:
        sender.close()


class _Sender:
    def __init__(
        self, name: str, transmit: Callable[[Message], None], say: Callable[[str], None]
    ) -> None:
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._name, self._transmit, self._say = name, transmit, say
        self._queue, self._changed = DropQueue(), threading.Condition()
        self._ended, self._failed = False, 0

    def put(self, message: Message) -> None:
        with self._changed:
            self._queue.put(message)
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()
        self.thread.join(DRAIN_SECONDS)
        with self._changed:
            self._queue.clear()
            dropped = self._queue.dropped
        if dropped:
            self._say(f"{self._name}: dropped messages: {dropped:,}; the receiver was too slow")
        if self._failed > 1:
            self._say(f"{self._name}: messages that could not be sent: {self._failed:,}")

    def _run(self) -> None:
        while (message := self._next()) is not None:
            try:
                self._transmit(message)
            except OSError as error:
                self._failed += 1
                if self._failed == 1:  # one line is enough: the next frames fail in the same way
                    self._say(f"{self._name}: a message could not be sent: {reason_of(error)}")

    def _next(self) -> Message | None:
        """Return the oldest message; None after the end of the video."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._queue) or self._ended)
            return self._queue.pop() if len(self._queue) else None
