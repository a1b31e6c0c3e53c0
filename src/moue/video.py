"""Frames of video files and streams, through PyAV (the `video` extra)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from moue.errors import MissingExtra, SourceError
from moue.files import part_of
from moue.sample import Image

_TICK = Fraction(1, 90_000)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its number in the file, its time in seconds, its upright pixels."""

    index: int
    time: float
    image: Image


def is_video(path: Path) -> bool:
    """Tell by its first bytes whether a file is a video."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":
        return head[8:11] not in (b"hei", b"hev", b"mif", b"msf", b"avi")  # pictures in HEIF
    return (
        head[4:8] in (b"moov", b"mdat", b"wide")
        or head[:4] in (b"\x1aE\xdf\xa3", b"\x00\x00\x01\xba", b"FLV\x01", b"\x30\x26\xb2\x75")
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
    )


def frames(path: Path, every: float = 0.0) -> Iterator[Frame]:
    """Yield the frames of a video, upright.

    Args:
        path: a video file.
        every: seconds between the frames that are yielded; 0 yields all.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the file cannot be opened, or holds no video.
    """
    with _opened(str(path), str(path)) as container:
        yield from _decoded(container, str(path), every, "AUTO")


@contextmanager
def stream(url: str, timeout: float, name: str) -> Iterator[tuple[bool, Iterator[Frame]]]:
    """Open what a URL leads to; yield whether it has an end, as a film has, and its frames.

    Args:
        timeout: seconds to wait for an answer, and for each frame.
        name: of the stream, for messages; the URL may hold a password.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: it cannot be opened, holds no video, or no frame came in time.
    """
    # Over UDP, RTSP's own default, lost packets smear the picture.
    options = {"rtsp_transport": "tcp"}
    with _opened(url, name, options=options, timeout=timeout) as container:
        # Threads by frame would hold frames back.
        yield container.duration is not None, _decoded(container, name, 0.0, "SLICE")


def _decoded(container: Any, name: str, every: float, threads: str) -> Iterator[Frame]:
    if not container.streams.video:
        raise SourceError(f"{name}: holds no video")
    container.streams.video[0].thread_type = threads
    due = 0.0
    for index, frame in enumerate(container.decode(video=0)):
        time = float(frame.time) if frame.time is not None else float(index)
        if time + 1e-6 < due:
            continue
        due = time + every if every else 0.0
        pixels = np.rot90(frame.to_ndarray(format="rgb24"), frame.rotation // 90)
        yield Frame(index, time, np.ascontiguousarray(pixels))


def frame_count(path: Path, every: float = 0.0) -> int | None:
    """Return about how many frames `frames` will yield; None where the file does not tell.

    Raises:
        MissingExtra: PyAV is not installed.
        SourceError: the file cannot be opened.
    """
    with _opened(str(path), str(path)) as container:
        stream = next(iter(container.streams.video), None)
        if stream is None or stream.frames <= 0:
            return None
        count = int(stream.frames)
        if not every:
            return count
        if not stream.duration or stream.time_base is None:
            return None
        step = math.ceil(every * count / float(stream.duration * stream.time_base) - 1e-6)
        return math.ceil(count / max(1, step))


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
        raise SourceError(f"{name}: no picture came for {more.get('timeout', 0):g} s") from error
    except av.FFmpegError as error:
        why = error.strerror or type(error).__name__
        raise SourceError(f"{name}: cannot be read as video: {why}") from error


@contextmanager
def write_video(path: Path, every: float = 0.0) -> Iterator[Callable[[Image, float], None]]:
    """Write an H.264 file frame by frame; yield the function that adds a frame at a time.

    It is written to a temporary name and renamed when the context ends well. Without a frame
    there is no file. An odd width or height, which H.264 has not, gets a row or column more.

    Args:
        path: of the file, `.mp4`.
        every: seconds between the frames, where that is known; else 0.

    Raises:
        MissingExtra: PyAV is not installed.
        OSError: the file cannot be written.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtra("writing video", "video") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    rate = Fraction(1 / every).limit_denominator(1001) if every else Fraction(30)
    last = -1
    try:
        with av.open(str(part), "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=max(rate, Fraction(1, 1001)))
            stream.pix_fmt = "yuv420p"

            def add(image: Image, time: float) -> None:
                nonlocal last
                height, width = image.shape[:2]
                even = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
                frame = av.VideoFrame.from_ndarray(even, format="rgb24")
                if last < 0:
                    stream.width, stream.height = frame.width, frame.height
                    stream.codec_context.time_base = _TICK
                last = max(last + 1, round(time / _TICK))
                frame.pts, frame.time_base = last, _TICK
                container.mux(stream.encode(frame))

            yield add
            if last >= 0:
                container.mux(stream.encode(None))
        if last >= 0:
            part.replace(path)
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        part.unlink(missing_ok=True)
