"""An accessibility switch: choose from a list by opening the mouth.

The highlight moves from choice to choice by itself. A mouth that is open for half a second selects
the highlighted choice. It must close before it can select again.

    moue live 0 --websocket 8765
    python examples/outputs/switch.py Yes No "I need help"

Requires: pip install websockets
"""

from __future__ import annotations

import argparse
import json
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Scanner:
    """Moves a highlight over choices, and selects one with the mouth. Times are in seconds."""

    def __init__(self, choices: list[str], step: float, dwell: float) -> None:
        self.choices, self.step, self.dwell = choices, step, dwell
        self.highlighted = 0
        self._moved: float | None = None  # time of the last move
        self._opened: float | None = None  # time at which the mouth opened
        self._may_select = True

    def update(self, frame: dict[str, Any]) -> str | None:
        """Process a frame; return a selected choice, else None."""
        time = frame["time"]
        face = next((f for f in frame["faces"] if f["track"] == frame["main"]), None)
        if face is None or face["label"] != "open":
            self._opened, self._may_select = None, True
            self._move(time)
            return None
        # An open mouth stops the highlight, so that it cannot move on before the selection.
        self._moved = time
        self._opened = time if self._opened is None else self._opened
        if self._may_select and time - self._opened >= self.dwell:
            self._may_select = False
            return self.choices[self.highlighted]
        return None

    def _move(self, time: float) -> None:
        if self._moved is None:
            self._moved = time
        if time - self._moved >= self.step:
            self._moved = time
            self.highlighted = (self.highlighted + 1) % len(self.choices)


def main() -> None:
    """Show the choices, and print each selection."""
    parser = argparse.ArgumentParser(description="Choose from a list by opening the mouth.")
    parser.add_argument("choices", nargs="+")
    parser.add_argument("--url", default="ws://127.0.0.1:8765", help="address of moue live")
    parser.add_argument("--step", type=float, default=1.5, help="seconds per choice")
    parser.add_argument("--dwell", type=float, default=0.5, help="seconds of an open mouth")
    options = parser.parse_args()
    scanner = Scanner(options.choices, options.step, options.dwell)
    shown = None
    with connect(options.url) as moue, suppress(ConnectionClosed):
        print(f"connected to {options.url}", flush=True)
        for text in moue:
            message = json.loads(text)
            if message["type"] != "frame":
                continue
            selected = scanner.update(message)
            if selected is not None:
                print(f"selected: {selected}", flush=True)
            if shown != scanner.highlighted:
                shown = scanner.highlighted
                print(f"> {options.choices[shown]}", flush=True)
    print("the video has ended", flush=True)


if __name__ == "__main__":
    main()
