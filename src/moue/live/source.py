"""The sources of `moue live`: a camera, a stream, a video file, a folder of frames.

The thread that iterates over a source opens, reads and closes it, so that a camera that hangs does
not block other threads.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from moue.errors import ImageError, SourceError, reason_of
from moue.file_walker import find
from moue.files import without_dots
from moue.live.live_settings import LiveSettings
from moue.media.camera import camera
from moue.media.image import is_picture_file
from moue.media.read_file import MAX_BYTES, read_picture
from moue.media.video import Frame, frame_count, frames, is_video, stream

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".bmp", ".gif", ".tif",
    ".tiff", ".avif", ".heic", ".heif", ".ppm", ".pgm", ".pbm", ".pnm", ".ico",
)  # fmt: skip
"""Suffixes of the files in a folder that are played as frames; an unreadable file is reported.
Files with other suffixes are played if their content is a picture."""


@dataclass(frozen=True, slots=True)
class LiveSource:
    """A source of frames.

    Attributes:
        name: name for messages, without a password.
        frames: function that opens the source and yields its frames; the iterator may raise
            SourceError.
        live: True for a camera or stream, whose frames are lost if they are not read in time.
        total: approximate number of frames; None if unknown.
    """

    name: str
    frames: Callable[[], Iterator[Frame]]
    live: bool
    total: int | None = None


def source(
    where: str,
    settings: LiveSettings,
    say: Callable[[str], None],
    max_bytes: int = MAX_BYTES,
) -> LiveSource:
    """Return the source that the text `where` names. Cameras and streams are not opened yet.

    Args:
        where: path of a video file or folder, number of a camera, or URL of a stream.
        settings: frame rate of a folder, and timeout of a stream.
        say: function called with a message for each frame that is skipped.
        max_bytes: maximum size of a picture in a folder, in bytes; larger pictures are skipped.

    Raises:
        MissingExtra: the source is a video, and PyAV is not installed.
        SourceError: the source does not exist, or the file is not a video.
    """
    if not where:
        raise SourceError("SOURCE is empty; name a camera, URL, video file or folder of frames")
    path = without_dots(Path(where))
    if path.is_dir():
        found = find([path], deep=False)
        for note in found.skipped.notes():
            say(f"note: {note}")
        files = sorted(filter(_is_frame, found.paths()), key=_in_order)
        if not files:
            raise SourceError(f"{path}: the folder contains no pictures; name a folder of frames")
        return LiveSource(
            str(path), partial(_folder, files, settings.fps, say, max_bytes), False, len(files)
        )
    if path.is_file():
        if not is_video(path):
            raise SourceError(
                f"{path}: the file is not a video; use `moue predict` for pictures, or name a "
                "folder of frames"
            )
        return LiveSource(str(path), partial(frames, path), False, frame_count(path))
    if where.isdecimal():
        return LiveSource(f"camera {where}", partial(camera, int(where)), True)
    if "://" in where:
        return LiveSource(_without_password(where), partial(_stream, where, settings.timeout), True)
    raise SourceError(
        f"{where}: no such file or folder; a source can also be the number of a camera (0 is the "
        "first) or a URL such as rtsp://host/path"
    )


def throttle(
    frames: Iterator[Frame], wait: Callable[[float], object] = time.sleep
) -> Iterator[Frame]:
    """Yield frames at their own frame rate: wait until the time of each frame has come.

    Args:
        frames: frames with their times, in seconds.
        wait: function that waits for a number of seconds.
    """
    start = None
    for frame in frames:
        start = time.monotonic() - frame.time if start is None else start
        ahead = start + frame.time - time.monotonic()
        if ahead > 0:
            wait(ahead)
        yield frame


def _is_frame(path: Path) -> bool:
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        return path.is_file() and is_picture_file(path)
    except (OSError, UnicodeError):
        return False


def _in_order(path: Path) -> list[str | int]:
    """Return a sort key for the file names of frames, which sorts 10 after 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def _folder(
    files: list[Path], fps: float, say: Callable[[str], None], max_bytes: int
) -> Iterator[Frame]:
    for index, path in enumerate(files):
        try:
            yield Frame(index, index / fps, read_picture(path, max_bytes))
        except (ImageError, OSError, MemoryError, UnicodeError) as error:
            say(f"note: {path} was skipped: {reason_of(error)}")


def _stream(url: str, timeout: float) -> Iterator[Frame]:
    with stream(url, timeout, _without_password(url)) as (has_end, found):
        # A stream of known length arrives as fast as the network allows, so it is slowed down.
        yield from throttle(found) if has_end else _stamped(found)


def _stamped(opened: Iterator[Frame]) -> Iterator[Frame]:
    """Yield frames with their time of arrival, since camera timestamps are unreliable."""
    start = None
    for frame in opened:
        start = time.monotonic() if start is None else start
        yield Frame(frame.index, time.monotonic() - start, frame.image)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
