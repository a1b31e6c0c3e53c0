"""Open a page in the browser of the user while a command serves it."""

from __future__ import annotations

import threading
import webbrowser

_START = 5.0
"""Seconds to wait for the start of the browser when a server runs already."""


class BrowserWindow:
    """Opens links in the browser, in threads.

    A browser in the terminal ends only when its user ends it, so the command does not wait for it.
    """

    def __init__(self, wanted: bool = True) -> None:
        """Create the window.

        Args:
            wanted: False to open nothing.
        """
        self._wanted = wanted
        self._threads: list[threading.Thread] = []

    def open(self, link: str) -> None:
        """Open a link, if this is wanted."""
        if self._wanted:
            thread = threading.Thread(target=webbrowser.open, args=[link], daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait(self) -> None:
        """Wait until the browser has started, at most 5 seconds."""
        for thread in self._threads:
            thread.join(_START)
