"""Write video files frame by frame with PyAV (the extra `video`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from moue.errors import MissingExtra
from moue.files import replacing
from moue.workspace.types import Image

# The usual clock of MPEG: frames at 24, 25, 30, 50 and 60 per second take whole ticks.
_TICK = Fraction(1, 90_000)


@contextmanager
def write_video(path: Path, every: float = 0.0) -> Iterator[Callable[[Image, float], None]]:
    """Write an H.264 video; yield a function that adds a frame.

    The function takes an (H, W, 3) uint8 RGB image and its time in seconds. The video is written
    to a temporary file, which is renamed if the context ends without an error. If no frame is
    added, no file is written. An odd side is padded by one pixel, since H.264 requires even sides.

    Args:
        path: path of the `.mp4` file.
        every: interval between the frames, in seconds; 0 if unknown.

    Raises:
        MissingExtra: PyAV is not installed.
        OSError: the file cannot be written.
    """
    try:
        import av
    except ImportError as error:
        raise MissingExtra("writing video", "video") from error
    # Up to 1001, the denominator of television rates such as 30000/1001.
    rate = Fraction(1 / every).limit_denominator(1001) if every else Fraction(30)
    last = -1
    try:
        with replacing(path) as part:
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
                    # Time stamps must rise, even if two frames are less than a tick apart.
                    last = max(last + 1, round(time / _TICK))
                    frame.pts, frame.time_base = last, _TICK
                    container.mux(stream.encode(frame))

                yield add
                if last >= 0:
                    container.mux(stream.encode(None))
            if last < 0:
                raise _NoFrame
    except _NoFrame:
        return
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


class _NoFrame(Exception):  # noqa: N818
    """No frame was added, so the temporary file is discarded."""
