"""What can be watched: a camera, a stream, a video file, a folder of frames.

A source is opened, read and closed by the thread that iterates it, since a camera that hangs
must not hang those who wait for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from moue.errors import ImageError, SourceError
from moue.file_walker import find
from moue.live.live_settings import LiveSettings
from moue.media.camera import camera
from moue.media.image import is_picture_file
from moue.media.read_file import MAX_BYTES, read_picture
from moue.media.video import Frame, frame_count, frames, is_video, stream

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".bmp", ".gif", ".tif",
    ".tiff", ".avif", ".heic", ".heif", ".ppm", ".pgm", ".pbm", ".pnm", ".ico",
)  # fmt: skip
"""Files of these names are frames also where their content is none: they are said to be left out.
Any other file is a frame where its content is a picture."""


@dataclass(frozen=True, slots=True)
class LiveSource:
    """Something to watch.

    Attributes:
        name: for people.
        frames: begins to read it; may raise SourceError, then or at any frame.
        live: frames pass whether or not somebody looks; else they wait.
        total: about how many frames there are, where that is known.
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
    """Return the source that a person named. Nothing is opened yet but what must be counted.

    Args:
        where: a path that exists, else a camera's number, else a URL.
        say: called with a message about frames that are left out.
        max_bytes: larger pictures of a folder are left out.

    Raises:
        MissingExtra: a video or stream, and PyAV is not installed.
        SourceError: none of these, or the file is no video.
    """
    path = Path(where)
    if path.is_dir():
        found = find([path], deep=False)
        for note in found.skipped.notes():
            say(f"note: {note}")
        files = sorted(filter(_is_frame, found.paths()), key=_in_order)
        if not files:
            raise SourceError(f"{path}: contains no pictures to play as frames")
        return LiveSource(
            where, partial(_folder, files, settings.fps, say, max_bytes), False, len(files)
        )
    if path.is_file():
        if not is_video(path):
            raise SourceError(
                f"{path}: is not a video; use `moue predict` for pictures, or name a folder "
                "of frames"
            )
        return LiveSource(where, partial(frames, path), False, frame_count(path))
    if where.isdecimal():
        return LiveSource(f"camera {where}", partial(camera, int(where)), True)
    if "://" in where:
        return LiveSource(_without_password(where), partial(_stream, where, settings.timeout), True)
    raise SourceError(
        f"{where}: no such file or folder; a source is also a camera's number (0 is the first) "
        "or a URL such as rtsp://host/path"
    )


def throttle(
    frames: Iterator[Frame], wait: Callable[[float], object] = time.sleep
) -> Iterator[Frame]:
    """Yield frames no earlier than a camera would have: each at its own time."""
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
    """By the numbers in the name, so that frame 10 comes after frame 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", path.name)]


def _folder(
    files: list[Path], fps: float, say: Callable[[str], None], max_bytes: int
) -> Iterator[Frame]:
    for index, path in enumerate(files):
        try:
            yield Frame(index, index / fps, read_picture(path, max_bytes))
        except (ImageError, OSError, MemoryError, UnicodeError) as error:
            say(f"note: {path} is left out: {error}")


def _stream(url: str, timeout: float) -> Iterator[Frame]:
    with stream(url, timeout, _without_password(url)) as (ends, found):
        # A film behind a URL comes as fast as the line allows; it is played as a camera would.
        yield from throttle(found) if ends else _stamped(found)


def _stamped(opened: Iterator[Frame]) -> Iterator[Frame]:
    """Give frames the time at which they came: the clocks of cameras jump and run apart."""
    start = None
    for frame in opened:
        start = time.monotonic() if start is None else start
        yield Frame(frame.index, time.monotonic() - start, frame.image)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
