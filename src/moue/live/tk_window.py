"""The window of `--show`, which uses Tk, a part of Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from moue.media.image import scale_to_fit
from moue.workspace.types import Image

if TYPE_CHECKING:
    import tkinter

Show = Callable[[Image], bool]
"""A function that shows an image and returns False after the user has ended the video."""
MAX_SCREEN = 0.9
"""Maximum width and height of a new window, as a share of the size of the screen."""


class NoWindow(Exception):  # noqa: N818  not an error: the browser shows the video instead
    """No window can be opened. The message is the reason."""


@contextmanager
def open_window(title: str) -> Iterator[Show]:
    """Open a window; yield a function that shows an image in the window.

    `q`, Escape or closing the window ends the video. Images are scaled to the window, which can be
    resized. The function must be called in the thread that opened the window.

    Raises:
        NoWindow: no screen is available, or Python was installed without Tk.
    """
    root = _open_root(title)
    try:
        yield _Window(root)
    finally:
        _close(root)


class _Window:
    def __init__(self, root: tkinter.Tk) -> None:
        import tkinter

        self._root, self._open, self._sized = root, True, False
        self._label = tkinter.Label(root, borderwidth=0, background="black")
        self._label.pack(expand=True, fill="both")
        self._photo: tkinter.PhotoImage | None = None
        for key in ("q", "Q", "<Escape>"):
            root.bind(key, self._end)
        root.protocol("WM_DELETE_WINDOW", self._end)

    def __call__(self, image: Image) -> bool:
        import tkinter

        try:
            if self._open:
                self._put(image)
            self._root.update()
        except tkinter.TclError:  # the connection to the screen is lost
            self._open = False
        return self._open

    def _put(self, image: Image) -> None:
        import tkinter

        root = self._root
        if not self._sized:
            screen = root.winfo_screenwidth(), root.winfo_screenheight()
            width, height = (int(MAX_SCREEN * side) for side in screen)
            first = scale_to_fit(image, width, height, enlarge=False)
            root.geometry(f"{first.shape[1]}x{first.shape[0]}")
            root.deiconify()
            root.update()
            root.focus_force()
            self._sized = True
        picture = scale_to_fit(image, self._label.winfo_width(), self._label.winfo_height())
        height, width = picture.shape[:2]
        # PPM needs no ImageTk of Pillow, which is often missing.
        data = b"P6 %d %d 255\n" % (width, height) + picture.tobytes()
        self._photo = tkinter.PhotoImage(master=root, data=data, format="PPM")
        self._label.configure(image=self._photo)

    def _end(self, _: object = None) -> None:
        self._open = False


def _open_root(title: str) -> tkinter.Tk:
    screen = os.environ.get("DISPLAY")
    if sys.platform not in ("win32", "darwin") and not screen:
        raise NoWindow("no screen is available")
    try:
        import tkinter
    except ImportError as error:
        raise NoWindow("Tk is not installed (on Debian and Ubuntu, install python3-tk)") from error
    try:
        root = tkinter.Tk(className="moue")
    except tkinter.TclError as error:
        raise NoWindow(f"no window can be opened on screen {screen or 'default'}") from error
    root.withdraw()
    root.title(title)
    root.configure(background="black")
    return root


def _close(root: tkinter.Tk) -> None:
    import tkinter

    with suppress(tkinter.TclError):
        root.destroy()
