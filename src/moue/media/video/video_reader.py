"""Read the frames of video files and streams with PyAV (the extra `video`)."""

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
"""Maximum number of pixels of a frame, above 8K (36 million). A decoder keeps up to 16 frames."""
_USUAL_RATE = 25
_MAX_SKIPPED = 500
"""Maximum number of undecodable packets before the first frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a video, stream or camera.

    Attributes:
        index: index of the frame in the source, from 0.
        time: time since the first frame, in seconds.
        image: (H, W, 3) uint8 RGB image, upright.
    """

    index: int
    time: float
    image: Image


def frames(path: Path, every: float = 0.0) -> Iterator[Frame]:
    """Yield the frames of a video as a player shows them: upright, with square pixels.

    Args:
        path: path of a video file.
        every: minimum interval between the yielded frames, in seconds; 0 yields all frames.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the file cannot be opened or contains no readable frame. For a truncated file,
            the error is raised after the last frame.
    """
    with _file(path) as container:
        yield from _decoded(container, str(path), every, "AUTO")
    if is_cut(path):
        raise SourceError(f"{path}: the file is truncated: the end of the video is missing")


@contextmanager
def stream(url: str, timeout: float, name: str) -> Iterator[tuple[bool, Iterator[Frame]]]:
    """Open a video stream; yield True if its duration is known, and an iterator of its frames.

    Args:
        url: URL of the stream, such as `rtsp://host/path`.
        timeout: maximum waiting time for the connection and for each frame, in seconds.
        name: name of the stream in error messages, since the URL may contain a password.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the stream cannot be opened, contains no video, or sent no frame in time.
    """
    # The default transport of RTSP is UDP, where lost packets damage the picture.
    options = {"rtsp_transport": "tcp"}
    with _opened(url, name, options=options, timeout=timeout) as container:
        # Frame threading would delay the frames; slice threading does not.
        yield container.duration is not None, _decoded(container, name, 0.0, "SLICE")


def _decoded(container: Any, name: str, every: float, threads: str) -> Iterator[Frame]:
    stream = _video(container)
    if stream is None:
        raise SourceError(f"{name}: contains no video track")
    codec = stream.codec_context
    if codec is None:
        raise SourceError(f"{name}: the video codec is not supported; convert the video to H.264")
    if codec.width * codec.height > MAX_PIXELS:
        size = f"{codec.width} x {codec.height}"
        raise SourceError(f"{name}: frames have {size} pixels; the limit is {MAX_PIXELS:,}")
    stream.thread_type = threads
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    clock, due = _Clock(stream.average_rate), 0.0
    index = -1
    for index, frame in enumerate(_readable(container, stream)):
        time = clock.since_start(frame.time, index)
        # Rounding errors of time stamps must not skip a frame that is due.
        if time + 1e-6 < due:
            continue
        due = time + every if every else 0.0
        yield Frame(index, time, shown(frame, stream.sample_aspect_ratio))
    if index < 0:
        raise SourceError(f"{name}: contains no readable frame; the file is truncated or damaged")


def _video(container: Any) -> Any:
    """Return the video stream with the most pixels; None if there is none. Cover art is ignored."""
    from av.stream import Disposition

    best = container.streams.best("video")
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]

    def rank(stream: Any) -> tuple[int, bool]:
        codec = stream.codec_context  # None if the codec is not supported
        return (codec.width * codec.height if codec else -1), stream == best

    return max(streams, key=rank, default=None)


def _readable(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the decoded frames; undecodable packets before the first frame are skipped.

    Raises:
        InvalidDataError: more than `_MAX_SKIPPED` packets were skipped, or a packet after the
            first frame cannot be decoded.
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
    """Converts time stamps of frames to the time since the first frame."""

    def __init__(self, rate: Fraction | None) -> None:
        """Create a clock; `rate` (frames per second) gives the times of frames without stamps."""
        self._rate = float(rate or _USUAL_RATE)
        self._start: float | None = None
        self._last = self._step = 0.0

    def since_start(self, stamp: float | None, index: int) -> float:
        """Return the time since the first frame in seconds, which never decreases.

        If the time stamps restart, as in joined recordings, the time advances by one frame.

        Args:
            stamp: time stamp of the frame in seconds; None if missing.
            index: index of the frame.
        """
        if stamp is None:
            stamp = index / self._rate + (self._start or 0.0)
        if self._start is None:
            self._start = stamp
        time = stamp - self._start
        if time < self._last:
            time = self._last + self._step
            # The start moves too, so that the following stamps continue from here.
            self._start = stamp - time
        # A repeated time stamp keeps the last step, so that a restart still advances the time.
        self._step = time - self._last if time > self._last else self._step
        self._last = time
        return time


def frame_count(path: Path, every: float = 0.0) -> int | None:
    """Return the approximate number of frames that `frames` yields; None if unknown.

    Args:
        path: path of a video file.
        every: minimum interval between the yielded frames, in seconds; 0 yields all frames.

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
        # Frames from one yielded frame to the next; -1e-6 keeps rounding errors from adding one.
        step = math.ceil(every * count / float(stream.duration * stream.time_base) - 1e-6)
        return math.ceil(count / max(1, step))


def _file(path: Path) -> AbstractContextManager[Any]:
    # A path such as `http:x` is a file name. The whitelist blocks playlists with other URLs.
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
