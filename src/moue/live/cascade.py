"""The face detection of the tutorial, for comparison: a Haar cascade on every frame.

Source:
    The tutorial's live example: `haarcascade_frontalface_default` on grey frames of 640 x 480
    pixels, with scaleFactor 1.1, minNeighbors 5 and minSize 30 px.
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
"""Maximum width of a frame in pixels, the same as in the tutorial, to make speeds comparable."""


@dataclass(frozen=True, slots=True)
class CascadeResult:
    """The detections of the cascade in one frame.

    Attributes:
        boxes: (N, 4) float32 face boxes: left, top, right, bottom, in pixels of the frame.
        seconds: duration of the detection, in seconds.
    """

    boxes: Points
    seconds: float


@contextmanager
def cascade(waits: bool) -> Iterator[Callable[[Image], CascadeResult]]:
    """Yield a function that returns the detections of a frame.

    Args:
        waits: True to detect in every frame before the function returns. With False, the cascade
            runs in another thread, and the function returns the latest result, which may belong
            to an older frame.
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
