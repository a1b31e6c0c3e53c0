"""Read the frames of a camera with OpenCV."""

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
    """Yield the frames of a camera, each with its time of arrival in seconds since the start.

    Args:
        number: index of the camera; 0 is the first camera.

    Raises:
        SourceError: the camera cannot be opened, or stops sending frames.
    """
    name = f"camera {number}"
    with _quiet():
        capture = cv2.VideoCapture(number)
    try:
        if not capture.isOpened():
            raise SourceError(
                f"{name}: cannot be opened; check that the camera is connected, that no other "
                "program uses it, and that you have access rights; cameras are numbered from 0"
            )
        # A longer queue would delay the frames.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        yield from camera_frames(capture, name)
    finally:
        capture.release()


def camera_frames(capture: cv2.VideoCapture, name: str) -> Iterator[Frame]:
    """Yield the frames of an open camera, each with its time of arrival in seconds since the start.

    Args:
        capture: open camera.
        name: name of the camera, used in error messages.

    Raises:
        SourceError: the camera stops sending frames.
    """
    start, index = time.monotonic(), 0
    while True:
        read, image = capture.read()
        if not read:
            raise SourceError(f"{name}: sends no more frames; check that it is still connected")
        yield Frame(index, time.monotonic() - start, swap_channels(np.asarray(image, np.uint8)))
        index += 1


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the messages that OpenCV writes to stderr about a missing camera."""
    log: Any = cv2.utils.logging
    before = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)
