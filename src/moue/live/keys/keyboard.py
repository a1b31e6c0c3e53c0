"""Press keys of this computer, with pynput."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterable
from typing import Any, Protocol

from moue.errors import ConfigError, MissingExtra, OutputError

__all__ = ["Keyboard", "SystemKeyboard", "wayland_note"]

TAP_SECONDS = 0.02
"""Time for which a tapped key is down in seconds; some games miss shorter ones."""
NAMES = {"comma": ",", "plus": "+", "colon": ":", "equals": "="}
"""Names of the characters that a key map uses itself."""


class Keyboard(Protocol):
    """A keyboard on which keys can be pressed."""

    def press(self, keys: tuple[str, ...]) -> None:
        """Press keys together, and keep them down."""

    def release(self, keys: tuple[str, ...]) -> None:
        """Release keys."""

    def tap(self, keys: tuple[str, ...]) -> None:
        """Press keys together, and release them."""


class SystemKeyboard:
    """The keyboard of this computer. The active window receives the keys."""

    def __init__(self, names: Iterable[str]) -> None:
        """Connect to the system.

        Args:
            names: Names of the keys that will be used.

        Raises:
            ConfigError: A name is unknown.
            OutputError: There is no display, or moue may not press keys.
            MissingExtra: pynput is not installed.
        """
        keyboard = _pynput()
        self._keys = {name: _key(keyboard, name) for name in names}
        self._controller = keyboard.Controller()

    def press(self, keys: tuple[str, ...]) -> None:
        """Press keys together, and keep them down."""
        self._call(self._controller.press, keys)

    def release(self, keys: tuple[str, ...]) -> None:
        """Release keys in the opposite order."""
        self._call(self._controller.release, keys[::-1])

    def tap(self, keys: tuple[str, ...]) -> None:
        """Press keys together, and release them after `TAP_SECONDS`."""
        try:
            self.press(keys)
            time.sleep(TAP_SECONDS)
        finally:
            self.release(keys)

    def _call(self, action: Any, keys: tuple[str, ...]) -> None:
        for name in keys:
            try:
                action(self._keys[name])
            except Exception as error:
                problem = f"the key {name} could not be pressed: {error or type(error).__name__}"
                raise OutputError(f"--keys: {problem}; is the screen still connected?") from error


def wayland_note() -> str | None:
    """Return a note if only some programs receive the keys; None otherwise."""
    chosen = os.environ.get("PYNPUT_BACKEND_KEYBOARD") or os.environ.get("PYNPUT_BACKEND")
    if os.environ.get("XDG_SESSION_TYPE") != "wayland" or chosen == "uinput":
        return None
    return (
        "--keys: under Wayland only programs that use X11 receive the keys; for all programs, set "
        "PYNPUT_BACKEND_KEYBOARD=uinput and run moue as a user who may write to /dev/uinput"
    )


def _pynput() -> Any:
    """Return `pynput.keyboard`, which connects to the display while it is imported."""
    if importlib.util.find_spec("pynput") is None:
        raise MissingExtra("--keys", "keys")
    try:
        from pynput import keyboard
    except Exception as error:
        reason = str(error).partition("\n")[0]
        remedy = "a screen is needed; on Linux set DISPLAY, as in DISPLAY=:0"
        raise OutputError(f"--keys: no keys can be pressed here: {reason}; {remedy}") from error
    if sys.platform == "darwin":
        from ApplicationServices import AXIsProcessTrusted

        if not AXIsProcessTrusted():
            raise OutputError(
                "--keys: macOS does not allow this program to press keys; allow the terminal in "
                "System Settings, Privacy & Security, Accessibility"
            )
    return keyboard


def _key(keyboard: Any, name: str) -> Any:
    """Return the key object of a name, such as `space`, `a` or `comma`."""
    name = name.lower() if len(name) > 1 else name
    character = NAMES.get(name, name)
    if len(character) == 1 and character.isprintable() and character != " ":
        return keyboard.KeyCode.from_char(character)
    try:
        return keyboard.Key[character]
    except KeyError:
        known = ", ".join([*(key.name for key in keyboard.Key), *NAMES])
        raise ConfigError(
            f"--keys: the key {name!r} is unknown; use a single character or one of {known}"
        ) from None
