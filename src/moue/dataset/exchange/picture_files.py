"""Picture files of a data set: size, and the file that a data set names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from moue.dataset.exchange.record import Record
from moue.errors import DataError, ImageError
from moue.files import absolute
from moue.media.image import header

NO_SUCH_FILE = "no file of the data set has this name"


def write_picture(record: Record, folder: Path) -> tuple[Path, int, int]:
    """Write the picture of a record to `folder`; return its path, and its size in pixels.

    Raises:
        DataError: the picture cannot be read.
    """
    data = record.read()
    width, height = picture_size(data, record.name)
    path = folder / f"{record.name}{record.suffix}"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path, width, height


def picture_size(data: bytes, where: str) -> tuple[int, int]:
    """Return width and height of an encoded picture in pixels.

    Raises:
        DataError: the bytes are not a picture.
    """
    try:
        _, width, height = header(data)
    except ImageError as error:
        raise DataError(f"{where}: {error.detail}") from error
    return width, height


def named_file(root: Path, folders: Iterable[Path], name: str) -> Path | None:
    """Return the file that a data set names, searched in several folders; None if there is none.

    A file outside the folder of the data set is never returned.
    """
    for folder in folders:
        path = absolute(folder / name)
        try:
            if path.is_relative_to(root) and path.is_file():
                return path
        except OSError:  # such as a name that is too long
            continue
    return None


def reader(path: Path | None) -> partial[bytes]:
    """Return a function that returns the bytes of a file, or raises FileNotFoundError."""
    return partial(_read, path)


def _read(path: Path | None) -> bytes:
    if path is None:
        raise FileNotFoundError(NO_SUCH_FILE)
    return path.read_bytes()
