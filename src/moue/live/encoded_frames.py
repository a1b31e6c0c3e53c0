"""Track and classify the faces in frames that arrive as picture files."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
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


class EncodedFrames:
    """Decodes the frames of one client, and tracks and classifies their faces."""

    def __init__(
        self,
        predictor: AnyPredictor,
        settings: LiveSettings,
        guard: AbstractContextManager[Any] | None = None,
    ) -> None:
        """Start tracking.

        Args:
            predictor: detects and classifies.
            settings: settings of tracking and smoothing.
            guard: context in which faces are detected, such as a lock; None for no lock.
        """
        self._watcher = Watcher(predictor, settings)
        self._guard = guard or nullcontext()

    def process(self, data: bytes, number: int, at: float, dropped: int) -> dict[str, Any]:
        """Return the object for the client: that of `moue live --json`, and three fields more.

        The fields are `ms`, the duration in milliseconds; `error`, the reason why the frame was
        not read; and `steadied` of each face, which equals its `label`.

        Args:
            data: picture file.
            number: number of the frame, from 0.
            at: time of the frame, in seconds.
            dropped: number of frames dropped so far.
        """
        start = time.perf_counter()
        try:
            image = Picture(data, MAX_PIXELS).rgb()
        except (ImageError, MemoryError) as error:
            reason = error.detail if isinstance(error, ImageError) else "not enough memory"
            return _with_time(_unreadable(number, at, dropped, reason), start)
        with self._guard:
            view = self._watcher.process(Frame(number, at, image))
        return _with_time(_shown(view, dropped), start)


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
