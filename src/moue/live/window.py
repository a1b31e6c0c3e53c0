"""The only place that opens a window, and only when asked to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2

from moue.errors import MoueError
from moue.image import swapped
from moue.sample import Image

_TRIAL = "import cv2; cv2.namedWindow('moue'); cv2.waitKey(1)"


@contextmanager
def window(title: str) -> Iterator[Callable[[Image], bool]]:
    """Yield a function that shows a picture and returns whether to go on.

    `q`, Escape or closing the window end it.

    Raises:
        MoueError: there is no screen, or this OpenCV cannot open windows.
    """
    _check()
    cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
    sized = False

    def show(image: Image) -> bool:
        nonlocal sized
        if not sized:
            cv2.resizeWindow(title, image.shape[1], image.shape[0])
            sized = True
        cv2.imshow(title, swapped(image))
        key = cv2.waitKey(1) & 0xFF
        return key not in (ord("q"), 27) and cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) > 0

    try:
        yield show
    finally:
        cv2.destroyWindow(title)


def _check() -> None:
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not screen:
        raise MoueError("--show: there is no screen here; write --video out.mp4 instead")
    if not cv2.currentUIFramework():
        raise MoueError(
            "--show: this OpenCV is the build without windows: pip uninstall -y "
            "opencv-python-headless && pip install 'opencv-python>=4.10,<5', or write --video "
            "out.mp4 instead"
        )
    # Where the screen does not answer, OpenCV's window library ends the process it is in.
    tried = subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, check=False)
    if tried.returncode:
        raise MoueError(
            f"--show: no window can be opened on the screen {screen or 'here'}; write --video "
            "out.mp4 instead"
        )
