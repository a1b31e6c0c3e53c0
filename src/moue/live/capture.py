"""Read the frames of a source in a thread, so that a live source always gives the newest frame."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from moue.errors import SourceError
from moue.live.source import LiveSource, throttle
from moue.media.video import Frame

AHEAD = 4
"""Maximum number of frames of a file that are read ahead."""


class Capture:
    """An iterator over the frames of a source, which a thread reads.

    For a camera or stream, only the newest frame is kept; older frames are dropped. For a file or
    folder, no frame is dropped, and a few frames are read ahead.

    Attributes:
        dropped: number of dropped frames.

    Example:
        with Capture(source, timeout=10) as capture:
            for frame in capture:
                ...
    """

    def __init__(self, source: LiveSource, timeout: float, realtime: bool = False) -> None:
        """Create the thread; entering the context starts it.

        Args:
            source: source of the frames.
            timeout: maximum time to wait for a frame of a camera or stream, in seconds.
            realtime: True to play a file at its own frame rate and to drop frames, like a camera.
        """
        self.dropped = 0
        self._source, self._timeout = source, timeout
        self._newest = source.live or realtime
        self._pace = realtime and not source.live
        self._limit = timeout if source.live else None  # a file may be slow
        self._waiting: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._ended, self._stopped = False, threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, name="capture", daemon=True)

    def __enter__(self) -> Capture:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        # A thread that hangs in a camera driver ends with the process, since it is a daemon thread.
        self._thread.join(1.0)

    def stop(self) -> None:
        """End the iteration after the current frame; may be called from a signal handler."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()

    @property
    def stopped(self) -> bool:
        """True after a call of `stop`."""
        return self._stopped.is_set()

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames until the source ends or `stop` is called.

        Raises:
            SourceError: the source failed, or no frame arrived in time; raised after the last
                frame.
        """
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        with self._changed:
            ready = self._changed.wait_for(
                lambda: self._waiting or self._ended or self._stopped.is_set(), self._limit
            )
            if self._stopped.is_set():
                return None
            if not ready:
                raise SourceError(
                    f"{self._source.name}: no frame arrived for {self._timeout:g} s; check that "
                    "the source is on and connected, or set a longer --timeout"
                )
            if self._waiting:
                frame = self._waiting.popleft()
                self._changed.notify_all()
                return frame
            if self._error is not None:
                raise self._error
            return None

    def _read(self) -> None:
        try:
            frames = self._source.frames()
            for frame in throttle(frames, self._stopped.wait) if self._pace else frames:
                if not self._offer(frame):
                    break
        except Exception as error:  # noqa: BLE001  raised again by the consumer
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _offer(self, frame: Frame) -> bool:
        """Pass a frame to the consumer; return False if no more frames are needed."""
        with self._changed:
            if self._newest:
                self.dropped += len(self._waiting)
                self._waiting.clear()
            else:
                self._changed.wait_for(lambda: len(self._waiting) < AHEAD or self._stopped.is_set())
            self._waiting.append(frame)
            self._changed.notify_all()
        return not self._stopped.is_set()
