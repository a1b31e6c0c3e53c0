"""Frames of video files and streams, through PyAV (the `video` extra)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from moue.errors import MissingExtra, SourceError
from moue.media.video.containers import is_cut
from moue.media.video.shape import shown
from moue.workspace.types import Image

MAX_PIXELS = 40_000_000
"""Maximum number of pixels of a frame: 8K has 36 million. A decoder keeps up to 16 frames."""
_USUAL_RATE = 25
_MAX_SKIPPED = 500
"""Maximum number of undecodable packets before the first frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its number in the file, the seconds since the first frame, its upright pixels."""

    index: int
    time: float
    image: Image


def frames(path: Path, every: float = 0.0) -> Iterator[Frame]:
    """Yield the frames of a video as a player shows them: upright, with square pixels.

    Args:
        path: a video file.
        every: seconds between the frames that are yielded; 0 yields all.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the file cannot be opened, or holds no frame that can be read; or, after the
            last frame, it is cut short.
    """
    with _file(path) as container:
        yield from _decoded(container, str(path), every, "AUTO")
    if is_cut(path):
        raise SourceError(f"{path}: the file is cut short: what follows the last frame is missing")


@contextmanager
def stream(url: str, timeout: float, name: str) -> Iterator[tuple[bool, Iterator[Frame]]]:
    """Open a stream; yield whether it has a known length, and its frames.

    Args:
        timeout: seconds to wait for the connection, and for each frame.
        name: of the stream, for messages; the URL may contain a password.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: it cannot be opened, has no video, or no frame arrived in time.
    """
    # RTSP uses UDP by default, where lost packets damage the picture.
    options = {"rtsp_transport": "tcp"}
    with _opened(url, name, options=options, timeout=timeout) as container:
        # With one thread per frame, the decoder would delay frames.
        yield container.duration is not None, _decoded(container, name, 0.0, "SLICE")


def _decoded(container: Any, name: str, every: float, threads: str) -> Iterator[Frame]:
    stream = _video(container)
    if stream is None:
        raise SourceError(f"{name}: contains no video")
    codec = stream.codec_context
    if codec is None:
        raise SourceError(f"{name}: has an unsupported codec")
    if codec.width * codec.height > MAX_PIXELS:
        raise SourceError(f"{name}: frames of {codec.width} x {codec.height} pixels are too large")
    stream.thread_type = threads
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    clock, due = _Clock(stream.average_rate), 0.0
    index = -1
    for index, frame in enumerate(_readable(container, stream)):
        time = clock.since_start(frame.time, index)
        if time + 1e-6 < due:
            continue
        due = time + every if every else 0.0
        yield Frame(index, time, shown(frame, stream.sample_aspect_ratio))
    if index < 0:
        raise SourceError(f"{name}: contains no readable frame; the file is truncated or damaged")


def _video(container: Any) -> Any:
    """Return the stream with the most pixels; None where there is no more than a cover picture."""
    from av.stream import Disposition

    best = container.streams.best("video")
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]

    def rank(stream: Any) -> tuple[int, bool]:
        codec = stream.codec_context  # None where the codec is not supported
        return (codec.width * codec.height if codec else -1), stream == best

    return max(streams, key=rank, default=None)


def _readable(container: Any, stream: Any) -> Iterator[Any]:
    """Yield decoded frames. Packets before the first keyframe of a recording are skipped.

    Errors after the first frame are raised.
    """
    from av.error import InvalidDataError

    begun, skipped = False, 0
    for packet in container.demux(stream):
        try:
            decoded = packet.decode()
        except InvalidDataError:
            skipped += 1
            if begun or skipped > _MAX_SKIPPED:
                raise
            continue
        begun = begun or bool(decoded)
        yield from decoded


class _Clock:
    """Times of frames, counted from the first frame."""

    def __init__(self, rate: Fraction | None) -> None:
        """Begin to count; `rate`, frames per second, counts where a file has no stamps."""
        self._rate = float(rate or _USUAL_RATE)
        self._start: float | None = None
        self._last = self._step = 0.0

    def since_start(self, stamp: float | None, index: int) -> float:
        """Return the seconds since the first frame; they never decrease.

        Where the time stamps start again, as in joined recordings, the time advances by one frame.
        """
        if stamp is None:
            stamp = index / self._rate + (self._start or 0.0)
        if self._start is None:
            self._start = stamp
        time = stamp - self._start
        if time < self._last:
            time = self._last + self._step
            self._start = stamp - time
        self._step = time - self._last if time > self._last else self._step
        self._last = time
        return time


def frame_count(path: Path, every: float = 0.0) -> int | None:
    """Return the approximate number of frames that `frames` yields; None if unknown.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the file cannot be opened.
    """
    with _file(path) as container:
        stream = _video(container)
        if stream is None or stream.frames <= 0:
            return None
        count = int(stream.frames)
        if not every:
            return count
        if not stream.duration or stream.time_base is None:
            return None
        step = math.ceil(every * count / float(stream.duration * stream.time_base) - 1e-6)
        return math.ceil(count / max(1, step))


def _file(path: Path) -> AbstractContextManager[Any]:
    # `http:x` is a file name here. The whitelist stops playlists that refer to other addresses.
    return _opened(f"file:{path}", str(path), options={"protocol_whitelist": "file"})


@contextmanager
def _opened(where: str, name: str, **more: Any) -> Iterator[Any]:
    try:
        import av
    except ImportError as error:
        raise MissingExtra("reading video", "video") from error
    try:
        with av.open(where, metadata_errors="replace", **more) as container:
            yield container
    except av.error.ExitError as error:
        raise SourceError(f"{name}: no frame arrived for {more.get('timeout', 0):g} s") from error
    except av.FFmpegError as error:
        why = error.strerror or type(error).__name__
        raise SourceError(f"{name}: cannot be read as video: {why}") from error
