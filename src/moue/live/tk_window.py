"""A window of Tk, from Python's standard library. Opened only when asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moue.workspace.types import Image

if TYPE_CHECKING:
    import tkinter

Show = Callable[[Image], bool]
OF_SCREEN = 0.9
"""How much of the screen a window takes at most."""


class NoWindow(Exception):  # noqa: N818  it is no fault: another way is taken
    """No window can be opened here; the message says why."""


@contextmanager
def window(title: str) -> Iterator[Show]:
    """Yield a function that shows a picture and returns whether to go on.

    `q`, Escape or closing the window end it. Pictures fit into the window, whose size a person
    may change. It must be used in the thread that opened it.

    Raises:
        NoWindow: there is no screen, or this Python has no Tk.
    """
    root = _opened(title)
    try:
        yield _Shown(root)
    finally:
        _close(root)


class _Shown:
    def __init__(self, root: tkinter.Tk) -> None:
        import tkinter

        self._root, self._open, self._sized = root, True, False
        self._label = tkinter.Label(root, borderwidth=0, background="black")
        self._label.pack(expand=True, fill="both")
        self._photo: tkinter.PhotoImage | None = None
        for key in ("q", "Q", "<Escape>"):
            root.bind(key, self._ended)
        root.protocol("WM_DELETE_WINDOW", self._ended)

    def __call__(self, image: Image) -> bool:
        import tkinter

        try:
            if self._open:
                self._put(image)
            self._root.update()
        except tkinter.TclError:  # the screen has gone
            self._open = False
        return self._open

    def _put(self, image: Image) -> None:
        import tkinter

        root = self._root
        if not self._sized:
            screen = root.winfo_screenwidth() * OF_SCREEN, root.winfo_screenheight() * OF_SCREEN
            first = fitted(image, int(screen[0]), int(screen[1]), enlarge=False)
            root.geometry(f"{first.shape[1]}x{first.shape[0]}")
            root.deiconify()
            root.update()
            root.focus_force()
            self._sized = True
        picture = fitted(image, self._label.winfo_width(), self._label.winfo_height())
        height, width = picture.shape[:2]
        # The simplest of formats: Tk reads it without Pillow's ImageTk, which is often missing.
        data = b"P6 %d %d 255\n" % (width, height) + picture.tobytes()
        self._photo = tkinter.PhotoImage(master=root, data=data, format="PPM")
        self._label.configure(image=self._photo)

    def _ended(self, _: object = None) -> None:
        self._open = False


def fitted(image: Image, width: int, height: int, enlarge: bool = True) -> Image:
    """Return the picture at the largest size that fits, its sides in proportion.

    Args:
        enlarge: False leaves a small picture as it is.
    """
    scale = min(width / image.shape[1], height / image.shape[0])
    if scale == 1 or (scale > 1 and not enlarge):
        return np.ascontiguousarray(image)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def _opened(title: str) -> tkinter.Tk:
    screen = os.environ.get("DISPLAY")
    if sys.platform not in ("win32", "darwin") and not screen:
        raise NoWindow("no screen is available")
    try:
        import tkinter
    except ImportError as error:
        raise NoWindow("this Python has no Tk (Debian and Ubuntu: python3-tk)") from error
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
