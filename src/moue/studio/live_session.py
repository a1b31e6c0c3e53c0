"""One live camera: the newest frame of a client is tracked and classified in a thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from moue.http_api.live_socket import NewestFrame
from moue.live.encoded_frames import EncodedFrames
from moue.live.live_settings import LiveSettings
from moue.predict.predictor import AnyPredictor
from moue.text import to_json


class LiveSession:
    """Tracks and classifies the faces in the frames of one client, the newest frame first."""

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
            guard: context in which faces are detected, such as a lock.
            fps: frame rate of a client that sends the frames of a recording; None to use the time
                at which a frame arrives.
        """
        self._faces = EncodedFrames(predictor, settings, guard)
        self._frames = NewestFrame(fps)
        self._thread = ThreadPoolExecutor(1, "live")

    @property
    def dropped(self) -> int:
        """The number of frames that a newer frame replaced."""
        return self._frames.dropped

    def offer(self, data: bytes) -> None:
        """Make a picture file the newest frame."""
        self._frames.offer(data)

    async def answer(self) -> str:
        """Wait for a frame and return the JSON for the client; see `EncodedFrames.process`."""
        frame = await self._frames.take()
        loop = asyncio.get_running_loop()
        process = self._faces.process
        return to_json(await loop.run_in_executor(self._thread, process, *frame, self.dropped))

    def close(self) -> None:
        """End the session; a frame in progress is completed and discarded."""
        self._thread.shutdown(wait=False, cancel_futures=True)
