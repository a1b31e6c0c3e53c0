"""Decide from the labels of a face when to press and release keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from moue.live.keys.key_map import Binding
from moue.live.keys.key_settings import KeySettings

__all__ = ["Action", "KeyTrigger"]

MAX_GAP = 1.0
"""Maximum time between two frames in which a label counts as continuous, in seconds."""
_ROUNDING = 1e-6
"""Maximum rounding error of the difference of two times, in seconds."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action on the keyboard.

    Attributes:
        kind: `tap` presses and releases the keys, `press` keeps them down, `release` ends a press.
        binding: Label and keys.
    """

    kind: Literal["tap", "press", "release"]
    binding: Binding


class KeyTrigger:
    """Turns the labels of successive frames into actions on the keyboard.

    A label that has lasted for `dwell` seconds without interruption triggers its key, once. After
    that, an interruption shorter than `grace` does not end the label, so a mouth that stays open
    presses its key once even if single frames have another label.

    Args:
        bindings: Keys of the labels.
        settings: Dwell, cooldown and repetition.
        grace: Maximum duration of an interruption, in seconds.
    """

    def __init__(self, bindings: Iterable[Binding], settings: KeySettings, grace: float) -> None:
        self._bindings = {binding.label: binding for binding in bindings}
        self._settings, self._grace = settings, grace
        self._label: str | None = None
        self._start = self._last_seen = 0.0
        self._candidate: tuple[str | None, float] = (None, 0.0)
        self._triggered = False
        self._time: float | None = None
        self._last_press: float | None = None
        self._next_repeat = 0.0

    def update(self, label: str | None, time: float) -> Iterator[Action]:
        """Process the label of the next frame; yield the actions that it causes.

        Args:
            label: Label; None if the model abstains or no face is visible.
            time: Time of the frame in seconds, not before that of the previous frame.
        """
        if self._time is None or time - self._time > MAX_GAP:
            yield from self._begin(label, time)
        self._time = time
        if label == self._label:
            self._last_seen = time
            self._candidate = (label, time)
            yield from self._trigger(time)
            return
        if label != self._candidate[0]:
            self._candidate = (label, time)
        if not self._triggered or _elapsed(self._last_seen, time, self._grace):
            yield from self._begin(*self._candidate)
            self._last_seen = time
            yield from self._trigger(time)

    def finish(self) -> Iterator[Action]:
        """Yield the release of a key that is down."""
        yield from self._begin(None, self._time or 0.0)

    def _begin(self, label: str | None, start: float) -> Iterator[Action]:
        """End the current label, and begin another one."""
        binding = self._bindings.get(self._label or "")
        if self._triggered and binding is not None and binding.mode == "hold":
            yield Action("release", binding)
        self._label, self._start, self._last_seen = label, start, start
        self._candidate, self._triggered = (label, start), False

    def _trigger(self, time: float) -> Iterator[Action]:
        binding = self._bindings.get(self._label or "")
        if binding is None:
            return
        if self._triggered:
            if binding.mode == "repeat" and time >= self._next_repeat - _ROUNDING:
                yield self._press(Action("tap", binding), time)
            return
        cooled = self._last_press is None or _elapsed(
            self._last_press, time, self._settings.cooldown
        )
        if cooled and _elapsed(self._start, time, self._settings.dwell):
            self._triggered = True
            yield self._press(Action("press" if binding.mode == "hold" else "tap", binding), time)

    def _press(self, action: Action, time: float) -> Action:
        self._last_press = time
        self._next_repeat = time + self._settings.repeat_every
        return action


def _elapsed(start: float, end: float, seconds: float) -> bool:
    # Floating point: 2.3 - 2.0 is slightly less than 0.3.
    return end - start >= seconds - _ROUNDING
