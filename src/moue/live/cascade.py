"""The tutorial's live detection for comparison: a plain Haar cascade on every frame.

Source:
    The tutorial's own call: `haarcascade_frontalface_default`, grey, scaleFactor 1.1,
    minNeighbors 5, minSize 30 px, on a camera's picture of 640 x 480.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from moue.face.haar import plain_cascade
from moue.media.image import resize_to_fit, to_grey
from moue.workspace.types import Image, Points

WIDTH = 640
"""Frames are reduced to the width of the tutorial's camera, for an equal comparison of speed."""


@dataclass(frozen=True, slots=True)
class CascadeResult:
    """The detections of one frame, in pixels of the frame, and the seconds that they took."""

    boxes: Points
    seconds: float


@contextmanager
def cascade(waits: bool) -> Iterator[Callable[[Image], CascadeResult]]:
    """Yield a function that returns the detections of a frame.

    Args:
        waits: search every frame, however long that takes. Otherwise the cascade runs in another
            thread, and the function returns its latest boxes, which may lag behind.
    """
    detect = plain_cascade()

    def search(image: Image) -> CascadeResult:
        start = time.perf_counter()
        height, width = image.shape[:2]
        scale = max(1.0, width / WIDTH)
        small = resize_to_fit(to_grey(image), round(max(height, width) / scale))
        return CascadeResult(detect(small) * np.float32(scale), time.perf_counter() - start)

    if waits:
        yield search
        return
    with ThreadPoolExecutor(1, "cascade") as pool:
        work: Future[CascadeResult] | None = None
        last = CascadeResult(np.empty((0, 4), np.float32), 0.0)

        def newest(image: Image) -> CascadeResult:
            nonlocal work, last
            if work is not None and work.done():
                last, work = work.result(), None
            if work is None:
                work = pool.submit(search, image)
            return last

        yield newest
