"""When an expression began and when it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

REST = "none"
"""The label that is no event: a mouth at rest."""


@dataclass(frozen=True, slots=True)
class Event:
    """One expression of one person. Times are seconds of the video.

    Attributes:
        ended: None while it lasts.
    """

    person: int
    label: str
    began: float
    ended: float | None = None

    @property
    def words(self) -> str:
        """For people: `person 1: smile began 12.4 s, ended 15.1 s`."""
        end = "" if self.ended is None else f", ended {self.ended:.1f} s"
        return f"person {self.person}: {self.label} began {self.began:.1f} s{end}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        ended = None if self.ended is None else round(self.ended, 3)
        return {
            "person": self.person,
            "label": self.label,
            "began": round(self.began, 3),
            "ended": ended,
        }


class Events:
    """Turns the labels of frames into events; each is told when it begins and when it ends."""

    def __init__(self) -> None:
        self._open: dict[int, Event] = {}

    def update(self, person: int, label: str | None, time: float) -> Iterator[Event]:
        """Yield what begins or ends with this frame.

        Args:
            label: None where the model abstains, which ends an expression too.
        """
        now = self._open.get(person)
        if now is not None and now.label == label:
            return
        if now is not None:
            yield from self.end([person], time)
        if label is not None and label != REST:
            self._open[person] = Event(person, label, time)
            yield self._open[person]

    def end(self, people: Iterable[int], time: float) -> Iterator[Event]:
        """Yield the expressions that end because these persons are no longer seen."""
        for person in people:
            event = self._open.pop(person, None)
            if event is not None:
                yield replace(event, ended=time)
