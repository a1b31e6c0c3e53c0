"""Open a picture from a path, bytes, an open file, a Pillow picture or an array."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import PIL.Image

from moue.errors import SourceError
from moue.media.image import Picture
from moue.media.read_file import MAX_BYTES, checked_size, read_bytes, read_stream
from moue.store import StoredObject

PictureInput: TypeAlias = (
    str
    | os.PathLike[str]
    | bytes
    | bytearray
    | memoryview
    | IO[bytes]
    | PIL.Image.Image
    | npt.NDArray[np.uint8]
    | StoredObject
)
"""A path; the bytes of a picture file; an open binary file; a Pillow picture; or pixels, (H, W, 3)
uint8 RGB or (H, W) uint8 grey; or an object of an object store."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}:/")
"""The start of a URL, also after `Path` has removed one slash; at least two letters, so that a
Windows drive does not match."""


def open_picture(picture: PictureInput, max_bytes: int = MAX_BYTES) -> Picture:
    """Open a picture in any form of `PictureInput`.

    Args:
        picture: path, bytes, open binary file, Pillow picture or array.
        max_bytes: maximum size of a picture file, in bytes.

    Raises:
        ImageError: the picture cannot be decoded, or is too large.
        OSError: the file cannot be read.
        SourceError: the path is a URL.
        TypeError: `picture` has another type, such as a file opened as text.
        ValueError: the array has another shape or dtype.
    """
    if isinstance(picture, np.ndarray):
        return Picture.from_array(_rgb(picture))
    if isinstance(picture, PIL.Image.Image):
        return Picture.from_pil(picture)
    if isinstance(picture, StoredObject):
        return Picture(read_bytes(picture, max_bytes))
    if isinstance(picture, bytes | bytearray | memoryview):
        return Picture(checked_size(bytes(picture), max_bytes))
    if isinstance(picture, str | os.PathLike):
        path = Path(picture)
        refuse_url(path)
        return Picture(read_bytes(path, max_bytes))
    if callable(getattr(picture, "read", None)):
        return Picture(read_stream(picture, max_bytes))
    raise TypeError(
        "expected a path, bytes, an open binary file, a Pillow picture or an array, got "
        f"{type(picture).__name__}"
    )


def refuse_url(path: Path) -> None:
    """Raise SourceError if a path is a URL."""
    if _URL.match(str(path)) and not path.exists():
        raise SourceError(
            f"{path}: is a URL, not a file; download it first with `moue collect urls`, or "
            "use `moue live` for a stream"
        )


def name_of(picture: Any) -> str:
    """Return the name of a picture for results: its path, or its type, such as `<bytes>`."""
    if isinstance(picture, str | os.PathLike):
        return str(Path(picture))
    if isinstance(picture, StoredObject):
        return picture.url
    name = getattr(picture, "filename", None) or getattr(picture, "name", None)
    return name if isinstance(name, str) and name else f"<{type(picture).__name__}>"


def _rgb(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return pixels as (H, W, 3) uint8; a grey channel is repeated three times."""
    shape, dtype = pixels.shape, pixels.dtype
    grey = pixels.ndim == 2 or (pixels.ndim == 3 and shape[2] == 1)
    if dtype != np.uint8 or not pixels.size or not (grey or (pixels.ndim == 3 and shape[2] == 3)):
        raise ValueError(
            f"expected (H, W, 3) uint8 RGB or (H, W) uint8 grey, got {shape} {dtype}"
            + _shape_hint(pixels)
        )
    if grey:
        flat = pixels.reshape(shape[:2])
        return np.repeat(flat[:, :, None], 3, axis=2)
    return np.ascontiguousarray(pixels)


def _shape_hint(pixels: npt.NDArray[Any]) -> str:
    if not pixels.size:
        return "; the array is empty"
    if pixels.dtype != np.uint8:
        return "; scale the values to 0..255, round them and convert with .astype(np.uint8)"
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return "; remove the alpha channel: pixels[..., :3]"
    if pixels.ndim == 3 and pixels.shape[0] == 3:
        return "; move the colour channels to the last axis: pixels.transpose(1, 2, 0)"
    return "; pass the pictures of a batch one by one" if pixels.ndim == 4 else ""
