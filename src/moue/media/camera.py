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
    """Yield the frames of a camera, with their time of arrival.

    Args:
        number: 0 is the first camera.

    Raises:
        SourceError: the camera cannot be opened, or sends no more frames.
    """
    name = f"camera {number}"
    with _quiet():
        capture = cv2.VideoCapture(number)
    try:
        if not capture.isOpened():
            raise SourceError(
                f"{name}: cannot be opened; check that it is plugged in, that no other program "
                "uses it and that you may use it; 0 is the first camera"
            )
        # A longer queue would delay the frames.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        yield from camera_frames(capture, name)
    finally:
        capture.release()


def camera_frames(capture: cv2.VideoCapture, name: str) -> Iterator[Frame]:
    """Yield the frames of an open camera.

    Raises:
        SourceError: the camera sends no more frames.
    """
    start, index = time.monotonic(), 0
    while True:
        read, image = capture.read()
        if not read:
            raise SourceError(f"{name}: sends no more pictures; was it unplugged?")
        yield Frame(index, time.monotonic() - start, swap_channels(np.asarray(image, np.uint8)))
        index += 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence OpenCV's own messages about a missing camera on stderr."""
    log: Any = cv2.utils.logging
    before = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)
