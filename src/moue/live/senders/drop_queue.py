"""A bounded queue that drops messages instead of blocking."""

from __future__ import annotations

from collections import deque

from moue.live.senders.message import Message

__all__ = ["LIMIT", "DropQueue"]

LIMIT = 64
"""Maximum number of waiting messages: about two seconds of video."""


class DropQueue:
    """Bounded queue of messages; not thread-safe.

    If the queue is full, the oldest frame is dropped, because a newer frame replaces it. Label
    changes and events are dropped only if no frame is waiting.

    Attributes:
        dropped: Number of dropped messages.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.dropped = 0
        self._limit = limit
        self._waiting: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message) -> None:
        """Append a message; drop another one if the queue is full."""
        if len(self._waiting) >= self._limit:
            oldest = (i for i, waiting in enumerate(self._waiting) if waiting.kind == "frame")
            del self._waiting[next(oldest, 0)]
            self.dropped += 1
        self._waiting.append(message)

    def pop(self) -> Message:
        """Remove and return the oldest message.

        Raises:
            IndexError: The queue is empty.
        """
        return self._waiting.popleft()

    def clear(self) -> None:
        """Drop all waiting messages."""
        self.dropped += len(self._waiting)
        self._waiting.clear()
