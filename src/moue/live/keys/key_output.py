"""The output of `moue live` that presses keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from moue.live.keys.key_map import Binding
from moue.live.keys.key_settings import KeySettings
from moue.live.keys.key_trigger import Action, KeyTrigger
from moue.live.keys.keyboard import Keyboard
from moue.live.outputs import Output
from moue.live.senders.message import main_face

__all__ = ["key_output"]


@contextmanager
def key_output(
    bindings: Iterable[Binding],
    settings: KeySettings,
    grace: float,
    keyboard: Keyboard,
    say: Callable[[str], None],
) -> Iterator[Output]:
    """Press the keys of the labels of the main face. On exit, keys that are down are released.

    Args:
        bindings: Keys of the labels.
        settings: Dwell, cooldown and repetition.
        grace: Maximum duration of an interruption of a label, in seconds.
        keyboard: Keyboard on which the keys are pressed.
        say: Function called with messages.
    """
    trigger = KeyTrigger(bindings, settings, grace)
    pressed = 0

    def act(actions: Iterable[Action]) -> None:
        nonlocal pressed
        for action in actions:
            pressed += action.kind != "release"
            getattr(keyboard, action.kind)(action.binding.keys)

    try:
        yield lambda view: act(
            trigger.update(
                None if (face := main_face(view)) is None else face.smoothed.label, view.time
            )
        )
    finally:
        act(trigger.finish())
        say(f"--keys: key presses in total: {pressed:,}")
