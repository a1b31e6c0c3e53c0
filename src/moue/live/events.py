"""Events: the start and end of each expression. Consecutive quick changes become one event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from moue.settings import Setting

__all__ = ["REST", "SPEAKING", "Event", "EventSettings", "Events"]

REST = "none"
"""Label of a mouth at rest, for which no event is reported."""
SPEAKING = "speaking"
"""Label of an event that consists of quick changes."""
_ROUNDING = 1e-6
"""Maximum rounding error of the difference of two times, in seconds."""


@dataclass(frozen=True, slots=True)
class Event:
    """One expression of one face, or one period of speaking.

    Attributes:
        track: number of the track.
        label: predicted label, or `SPEAKING`.
        start, end: start and end in the video, in seconds.
        changes: number of quick changes in a `speaking` event; None for an expression.
    """

    track: int
    label: str
    start: float
    end: float
    changes: int | None = None

    @property
    def seconds(self) -> float:
        """The duration of the event, in seconds."""
        return self.end - self.start

    def lasts(self, seconds: float) -> bool:
        """Return True if the event lasted at least `seconds`; False for an event of duration 0."""
        # Floating point: 2.3 - 2.0 is slightly less than 0.3.
        return self.seconds > 0 and self.seconds >= seconds - _ROUNDING

    @property
    def words(self) -> str:
        """The event as text, such as `face 1: smile from 12.4 s to 15.1 s`."""
        about = "" if self.changes is None else f" ({self.changes} quick changes)"
        times = f"from {self.start:.1f} s to {self.end:.1f} s"
        return f"face {self.track}: {self.label} {times}{about}"

    def to_dict(self) -> dict[str, Any]:
        """Return the event as a JSON-serialisable dict."""
        return {
            "track": self.track,
            "label": self.label,
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "changes": self.changes,
        }


@dataclass(frozen=True, kw_only=True)
class EventSettings:
    """The settings of event detection."""

    min_duration: Annotated[
        float,
        Setting(
            "Minimum duration of an event, in seconds. Shorter interruptions do not end an event.",
            low=0,
        ),
    ] = 0.3
    quick_change: Annotated[
        float,
        Setting(
            "Duration in seconds below which a label counts as a quick change, as in speech.",
            low=0,
        ),
    ] = 0.5
    speaking_changes: Annotated[
        int,
        Setting(
            "Minimum number of consecutive quick changes that are reported as one event with the "
            "label speaking. 0 turns this off.",
            low=0,
        ),
    ] = 5


class Events:
    """Detects events in the labels of successive frames.

    Each event is yielded once, at most `quick_change` or `min_duration` seconds after its end,
    whichever is longer. Until then, the event may continue or become part of a speaking event.
    """

    def __init__(self, settings: EventSettings) -> None:
        self._settings = settings
        self._segmenters: dict[int, _Segmenter] = {}

    def update(self, track: int, label: str | None, time: float) -> Iterator[Event]:
        """Add the label of a track in one frame; yield the events that this completes.

        Args:
            track: number of the track.
            label: label; None if the model abstains, which ends an expression.
            time: time of the frame, in seconds.
        """
        segmenter = self._segmenters.get(track)
        if segmenter is None:
            first = Event(track, label or REST, time, time)
            self._segmenters[track] = _Segmenter(self._settings, first)
        else:
            yield from segmenter.update(label or REST, time)

    def end(self, tracks: Iterable[int], time: float) -> Iterator[Event]:
        """End tracks and yield their last events.

        Args:
            tracks: numbers of the tracks.
            time: time of the end, in seconds.
        """
        for track in tracks:
            segmenter = self._segmenters.pop(track, None)
            if segmenter is not None:
                yield from segmenter.end(time)


@dataclass(slots=True)
class _Segmenter:
    """The labels of one track as segments: periods with one label.

    Attributes:
        settings: settings of event detection.
        current: segment that has not ended.
        quick: consecutive quick segments before `current`; of a long series, only
            the first few and the last.
        quick_count: number of these quick segments.
        held: last expression, which is held back since it may continue after a short break.
    """

    settings: EventSettings
    current: Event
    quick: list[Event] = field(default_factory=list)
    quick_count: int = 0
    held: Event | None = None

    def update(self, label: str, time: float) -> Iterator[Event]:
        if label != self.current.label:
            yield from self._end_segment(replace(self.current, end=time))
            self.current = replace(self.current, label=label, start=time, end=time)
        elif time - self.current.start >= self.settings.quick_change:
            # The current segment is no longer quick, so the quick ones before it are complete.
            yield from self._end_quick()
            yield from self._release_finished(time)

    def end(self, time: float) -> Iterator[Event]:
        last = replace(self.current, end=max(time, self.current.start))
        yield from self._end_segment(last)
        yield from self._end_quick()
        yield from self._release()

    def _end_segment(self, segment: Event) -> Iterator[Event]:
        if self.settings.speaking_changes and segment.seconds < self.settings.quick_change:
            self.quick_count += 1
            # Bounded memory: of many quick segments, only the end of the last movement is needed.
            if len(self.quick) <= self.settings.speaking_changes:
                self.quick.append(segment)
            elif segment.label != REST:
                self.quick[-1] = segment
            return
        yield from self._end_quick()
        yield from self._hold(segment)

    def _end_quick(self) -> Iterator[Event]:
        """Turn the quick segments into one speaking event, or into single expressions."""
        quick, count = self.quick, self.quick_count
        self.quick, self.quick_count = [], 0
        moved = [segment for segment in quick if segment.label != REST]
        several = len({segment.label for segment in quick}) > 1
        if count >= self.settings.speaking_changes > 0 and several and moved:
            yield from self._release()
            yield from self._if_long_enough(
                replace(moved[0], label=SPEAKING, end=moved[-1].end, changes=count)
            )
            return
        for segment in quick:
            yield from self._hold(segment)

    def _hold(self, segment: Event) -> Iterator[Event]:
        """Hold a segment as an expression, or join it to the expression that is already held."""
        if segment.label == REST or not segment.lasts(self.settings.min_duration):
            return
        if self.held is not None and self._continues(self.held, segment):
            self.held = replace(self.held, end=segment.end)
            return
        yield from self._release()
        self.held = segment

    def _release_finished(self, time: float) -> Iterator[Event]:
        """Yield the held expression if no later segment can continue it."""
        held = self.held
        if held is None or self._continues(held, self.current):
            return
        if time - held.end >= self.settings.min_duration:
            yield from self._release()

    def _continues(self, held: Event, segment: Event) -> bool:
        gap = segment.start - held.end
        # Without a minimum duration, adjacent segments still belong together.
        return held.label == segment.label and (gap <= 0 or gap < self.settings.min_duration)

    def _release(self) -> Iterator[Event]:
        if self.held is not None:
            yield from self._if_long_enough(self.held)
            self.held = None

    def _if_long_enough(self, event: Event) -> Iterator[Event]:
        if event.lasts(self.settings.min_duration):
            yield event
