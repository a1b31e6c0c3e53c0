"""One live camera: the newest frame of a client is tracked and classified in a thread."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from moue.errors import ImageError
from moue.live.live_settings import LiveSettings
from moue.live.watch import View, Watcher
from moue.media.image import Picture
from moue.media.video import Frame
from moue.predict.predictor import AnyPredictor

MAX_PIXELS = 1 << 23
"""Maximum number of pixels of a frame: 4K video has fewer."""
NAME = "camera"


class LiveSession:
    """Tracks and classifies the faces in the frames of one client.

    `offer` may be called at any time; it replaces a frame that is still waiting. `answer` processes
    the newest frame. So a slow server or a slow client drops frames, and neither memory nor delay
    grows.

    Attributes:
        dropped: number of frames that a newer frame replaced.
    """

    def __init__(
        self,
        predictor: AnyPredictor,
        settings: LiveSettings,
        guard: AbstractContextManager[Any],
        fps: float | None = None,
    ) -> None:
        """Start a session; `close` ends it.

        Args:
            predictor: detects and classifies.
            settings: settings of tracking and smoothing.
            guard: context in which frames are processed, such as a lock.
            fps: frame rate of a client that sends the frames of a recording; None to use the time
                at which a frame arrives.
        """
        self._watcher = Watcher(predictor, settings)
        self._guard, self._fps = guard, fps
        self._thread = ThreadPoolExecutor(1, "live")
        self._newest: tuple[bytes, float] | None = None
        self._arrived = asyncio.Event()
        self._started = time.monotonic()
        self._count = 0
        self.dropped = 0

    def offer(self, data: bytes) -> None:
        """Make a picture file the newest frame."""
        self.dropped += self._newest is not None
        self._newest = data, time.monotonic() - self._started
        self._arrived.set()

    async def answer(self) -> dict[str, Any]:
        """Wait for a frame and return the object for the client; see `View.to_dict`."""
        await self._arrived.wait()
        self._arrived.clear()
        assert self._newest is not None
        (data, at), self._newest = self._newest, None
        number, self._count = self._count, self._count + 1
        at = at if self._fps is None else number / self._fps
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._process, data, number, at)

    def close(self) -> None:
        """End the session; a frame in work is completed and forgotten."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _process(self, data: bytes, number: int, at: float) -> dict[str, Any]:
        start = time.perf_counter()
        try:
            image = Picture(data, MAX_PIXELS).rgb()
        except (ImageError, MemoryError) as error:
            reason = error.detail if isinstance(error, ImageError) else "not enough memory"
            return self._with_time(_unreadable(number, at, self.dropped, reason), start)
        with self._guard:
            view = self._watcher.process(Frame(number, at, image))
        return self._with_time(_shown(view, self.dropped), start)

    @staticmethod
    def _with_time(answer: dict[str, Any], start: float) -> dict[str, Any]:
        return answer | {"ms": round(1000 * (time.perf_counter() - start), 2)}


def _shown(view: View, dropped: int) -> dict[str, Any]:
    answer = view.to_dict(NAME, dropped)
    faces = [face | {"steadied": face["label"]} for face in answer["faces"]]
    return answer | {"faces": faces, "error": None}


def _unreadable(number: int, at: float, dropped: int, reason: str) -> dict[str, Any]:
    return {
        "file": NAME, "frame": number, "time": round(at, 3), "width": None, "height": None,
        "dropped": dropped, "faces": [], "error": reason,
    }  # fmt: skip
