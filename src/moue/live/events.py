"""When an expression began and when it ended; quick changes are summed up as speaking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

REST = "none"
"""The label that is no event: a mouth at rest."""
SPEAKING = "speaking"
"""The label of an event that sums up quick changes."""
_ROUNDING = 1e-6
"""Seconds by which a difference of two times may be too small."""


@dataclass(frozen=True, slots=True)
class Event:
    """One expression of one person, over. Times are seconds of the video.

    Attributes:
        label: of the model, or `SPEAKING`.
        changes: how many quick changes a `speaking` sums up; None for an expression.
    """

    person: int
    label: str
    began: float
    ended: float
    changes: int | None = None

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began

    def lasts(self, seconds: float) -> bool:
        """Tell whether it lasted at least so long; a single moment is nothing that lasted."""
        return self.seconds > 0 and self.seconds >= seconds - _ROUNDING

    @property
    def words(self) -> str:
        """For people: `person 1: smile from 12.4 s to 15.1 s`."""
        about = "" if self.changes is None else f" ({self.changes} quick changes)"
        times = f"from {self.began:.1f} s to {self.ended:.1f} s"
        return f"person {self.person}: {self.label} {times}{about}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "person": self.person,
            "label": self.label,
            "began": round(self.began, 3),
            "ended": round(self.ended, 3),
            "changes": self.changes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRules:
    """What counts as an event.

    Attributes:
        min_duration: an expression shorter than this is left out, and an interruption shorter
            than this does not end one; seconds.
        quick: a label that holds for less than this is a quick change; seconds.
        speaking: so many quick changes in a row become one event; 0 for never.
    """

    min_duration: float = 0.0
    quick: float = 0.0
    speaking: int = 0


class Events:
    """Turns the labels of frames into events; each is given once, after it has ended.

    It is given up to `quick` or `min_duration` seconds after its end, whichever is longer: until
    then it may still go on, or turn out to be a part of speaking.
    """

    def __init__(self, rules: EventRules) -> None:
        self._rules = rules
        self._people: dict[int, _Stretches] = {}

    def update(self, person: int, label: str | None, time: float) -> Iterator[Event]:
        """Yield what is known to be over with this frame.

        Args:
            label: None where the model abstains, which ends an expression too.
        """
        known = self._people.get(person)
        if known is None:
            self._people[person] = _Stretches(self._rules, Event(person, label or REST, time, time))
        else:
            yield from known.update(label or REST, time)

    def end(self, people: Iterable[int], time: float) -> Iterator[Event]:
        """Yield what ends because these persons are no longer seen."""
        for person in people:
            known = self._people.pop(person, None)
            if known is not None:
                yield from known.end(time)


@dataclass(slots=True)
class _Stretches:
    """One person's labels, as stretches of time with one label each.

    Attributes:
        now: the stretch that lasts.
        run: the quick stretches right before it, of which all but the first few are only counted.
        held: an expression that is over, unless it goes on after a short interruption.
    """

    rules: EventRules
    now: Event
    run: list[Event] = field(default_factory=list)
    quick: int = 0
    held: Event | None = None

    def update(self, label: str, time: float) -> Iterator[Event]:
        if label != self.now.label:
            yield from self._over(replace(self.now, ended=time))
            self.now = replace(self.now, label=label, began=time, ended=time)
        elif time - self.now.began >= self.rules.quick:
            yield from self._run_over()
            yield from self._held_over(time)

    def end(self, time: float) -> Iterator[Event]:
        last = replace(self.now, ended=max(time, self.now.began))
        yield from self._over(last)
        yield from self._run_over()
        yield from self._released()

    def _over(self, stretch: Event) -> Iterator[Event]:
        if self.rules.speaking and stretch.seconds < self.rules.quick:
            self.quick += 1
            if len(self.run) <= self.rules.speaking:
                self.run.append(stretch)
            elif stretch.label != REST:
                self.run[-1] = stretch
            return
        yield from self._run_over()
        yield from self._taken(stretch)

    def _run_over(self) -> Iterator[Event]:
        """Yield what a row of quick stretches was, now that a longer one follows."""
        run, quick = self.run, self.quick
        self.run, self.quick = [], 0
        moved = [stretch for stretch in run if stretch.label != REST]
        if quick >= self.rules.speaking > 0 and len({s.label for s in run}) > 1 and moved:
            yield from self._released()
            yield from self._kept(
                replace(moved[0], label=SPEAKING, ended=moved[-1].ended, changes=quick)
            )
            return
        for stretch in run:
            yield from self._taken(stretch)

    def _taken(self, stretch: Event) -> Iterator[Event]:
        held = self.held
        if stretch.label == REST or not stretch.lasts(self.rules.min_duration):
            return
        if held is not None and self._goes_on(held, stretch):
            self.held = replace(held, ended=stretch.ended)
            return
        yield from self._released()
        self.held = stretch

    def _held_over(self, time: float) -> Iterator[Event]:
        """Yield the expression that is held once nothing can make it longer."""
        held = self.held
        waits = held is not None and self._goes_on(held, self.now)
        if held is not None and not waits and time - held.ended >= self.rules.min_duration:
            yield from self._released()

    def _goes_on(self, held: Event, stretch: Event) -> bool:
        gap = stretch.began - held.ended
        return held.label == stretch.label and (gap <= 0 or gap < self.rules.min_duration)

    def _released(self) -> Iterator[Event]:
        if self.held is not None:
            yield from self._kept(self.held)
            self.held = None

    def _kept(self, event: Event) -> Iterator[Event]:
        if event.lasts(self.rules.min_duration):
            yield event
