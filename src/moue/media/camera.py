"""Frames of a camera, through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from moue.errors import SourceError
from moue.media.image import swap_channels
from moue.media.video import Frame


def camera(number: int) -> Iterator[Frame]:
    """Yield what a camera sees, at the seconds at which it came.

    Args:
        number: 0 is the first camera.

    Raises:
        SourceError: it cannot be opened, or gives no more.
    """
    name = f"camera {number}"
    with _quiet():
        capture = cv2.VideoCapture(number)
    try:
        if not capture.isOpened():
            raise SourceError(
                f"{name}: cannot be opened; is it plugged in, free, and may you use it? "
                "0 is the first camera; a video file or a URL can take its place"
            )
        # A longer queue would hand over the past.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        yield from camera_frames(capture, name)
    finally:
        capture.release()


def camera_frames(capture: cv2.VideoCapture, name: str) -> Iterator[Frame]:
    """Yield what an open camera sees.

    Raises:
        SourceError: it gives no more.
    """
    start, index = time.monotonic(), 0
    while True:
        read, image = capture.read()
        if not read:
            raise SourceError(f"{name}: gives no more pictures; was it unplugged?")
        yield Frame(index, time.monotonic() - start, swap_channels(np.asarray(image, np.uint8)))
        index += 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV from telling on stderr, in its own words, that there is no camera."""
    log: Any = cv2.utils.logging
    before = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)
