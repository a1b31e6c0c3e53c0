"""The messages that all protocols send: frames, label changes and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from moue.live.events import EventSettings
from moue.live.outputs import Output, event_output
from moue.live.watch import TrackedFace, View

__all__ = ["Kind", "LabelChanges", "Message", "Send", "main_face", "message_output"]

Kind: TypeAlias = Literal["frame", "label", "event"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the receivers.

    Attributes:
        kind: `frame` for each frame, `label` for a new label of a face, `event` for an expression
            that has ended.
        data: JSON-serialisable content. `frame`: the object of `moue live --json` and `main`.
            `label`: `track`, `label`, `probability`, `time`, `main` and `visible`. `event`: the
            object of `moue live --json --events`.
    """

    kind: Kind
    data: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the content with the kind of the message in the field `type`."""
        return {"type": self.kind} | self.data


Send: TypeAlias = Callable[[Message], None]


def main_face(view: View) -> TrackedFace | None:
    """Return the visible face with the lowest track number; None if no face is visible.

    A person who enters the picture later has a higher number, and so does not take over.
    """
    return min(view.faces, key=lambda face: face.number, default=None)


class LabelChanges:
    """Detects new labels of each track."""

    def __init__(self) -> None:
        self._labels: dict[int, str | None] = {}

    def update(self, view: View) -> Iterator[Message]:
        """Yield a message for each deleted track, and for each face with a new label.

        Args:
            view: next frame and its faces.
        """
        main = main_face(view)
        for number, _ in view.lost:
            if number in self._labels:
                del self._labels[number]
                yield _label_message(view, number, None, 0.0, main, visible=False)
        for face in view.faces:
            shown = face.smoothed
            if face.number in self._labels and self._labels[face.number] == shown.label:
                continue
            self._labels[face.number] = shown.label
            yield _label_message(view, face.number, shown.label, shown.probability, main)


@contextmanager
def message_output(
    sends: Iterable[Send], name: str, dropped: Callable[[], int], settings: EventSettings
) -> Iterator[Output]:
    """Send the messages of each view to all receivers. On exit, the last events are sent.

    Args:
        sends: functions that send a message to one receiver without blocking.
        name: name of the source.
        dropped: function that returns the number of frames dropped so far.
        settings: settings of event detection.
    """
    sends, changes = tuple(sends), LabelChanges()

    def send(message: Message) -> None:
        for to_receiver in sends:
            to_receiver(message)

    with event_output(lambda event: send(Message("event", event.to_dict())), settings) as events:

        def output(view: View) -> None:
            for message in changes.update(view):
                send(message)
            events(view)
            main = main_face(view)
            number = None if main is None else main.number
            send(Message("frame", {"main": number} | view.to_dict(name, dropped())))

        yield output


def _label_message(
    view: View,
    number: int,
    label: str | None,
    probability: float,
    main: TrackedFace | None,
    visible: bool = True,
) -> Message:
    data = {
        "track": number,
        "label": label,
        "probability": round(probability, 4),
        "time": round(view.time, 3),
        "main": main is not None and main.number == number,
        "visible": visible,
    }
    return Message("label", data)
