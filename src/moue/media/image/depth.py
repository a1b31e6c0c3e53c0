"""Scale grey with more than 8 bits, and colours that use only the lower bits, to 8 bits.

Scientific cameras store 10 or 12 bits in 16-bit values, and programs store floats from 0 to 1 or to
255. Files rarely state the range. Therefore the smallest common range that contains all values is
used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image

from moue.memory_budget import LIMIT
from moue.workspace.types import Image

_TOPS = (1, 255, 1023, 4095, 16383, 65535)
"""Maximum values of 1, 8, 10, 12, 14 and 16 bits."""
_STRIP = 1 << 22
"""Maximum number of pixels in a strip of rows."""
_SAMPLED = 1 << 20
"""Approximate number of pixels that are sampled to estimate the range of floats."""
_DEEP = 5
"""Memory per value of decoding a 16-bit picture again, in bytes."""
_DARK = 64
"""Upper limit of the upper 8 bits of all values in a picture that uses at most 14 bits."""

Scale = Callable[[PIL.Image.Image], PIL.Image.Image]


def is_deep(mode: str) -> bool:
    """Return True if a Pillow mode is grey with more than 8 bits."""
    return mode.startswith("I") or mode == "F"


def strips(image: PIL.Image.Image) -> Iterator[tuple[int, PIL.Image.Image]]:
    """Yield a picture as strips of rows, each with the index of its first row."""
    rows = max(1, _STRIP // image.width)
    if rows >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(image.height, top + rows)))


def scale_of(image: PIL.Image.Image, most: int | None = None) -> tuple[Scale, str | None]:
    """Return a function that converts grey strips to 8 bits, and a note if the range is estimated.

    Args:
        image: grey picture with more than 8 bits.
        most: maximum value that the file states; None if unknown.
    """
    low, high, note = (_float_range if image.mode == "F" else _whole_range)(image, most)

    def bytes_of(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        # NaN and infinity have no integer value, so they are replaced before the conversion.
        np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
        values = (values - np.float32(low)) * np.float32(255 / (high - low))
        # Clipped, because the range of floats leaves out the outer 1 %.
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)

    # All 65,536 values are converted once: a look-up is faster than arithmetic for each pixel.
    table = bytes_of(np.arange(1 << 16, dtype=np.float32))

    def scaled(strip: PIL.Image.Image) -> PIL.Image.Image:
        values = np.asarray(strip)
        if values.dtype.kind == "u":  # 16-bit values
            return PIL.Image.fromarray(table[values])
        return PIL.Image.fromarray(bytes_of(values.astype(np.float32)))

    return scaled, note


def _whole_range(image: PIL.Image.Image, most: int | None) -> tuple[float, float, str | None]:
    ends = [(int(v.min()), int(v.max())) for v in _values(image)]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    if low < 0:
        # The range of a picture with one value must not be 0, by which `scale_of` divides.
        return low, max(high, low + 1), f"grey values: the range {low} to {high} becomes 0 to 255"
    if most and high <= most:
        return 0, most, None
    # A black picture does not show its range; it is black in every range, so it needs no note.
    top = next((t for t in _TOPS if high <= t), high) if high else _TOPS[-1]
    note = f"grey values up to {high}: 0 to {top} becomes 0 to 255"
    return 0, top, None if top == _TOPS[-1] else note


def _float_range(image: PIL.Image.Image, most: int | None) -> tuple[float, float, str | None]:
    """Return minimum, maximum and a note; NaN and the outer 1 % at both ends are ignored."""
    # A sample suffices for percentiles, and limits time and memory.
    every = max(1, image.width * image.height // _SAMPLED)
    sampled = np.concatenate([v.ravel()[::every] for v in _values(image)])
    sampled = sampled[np.isfinite(sampled)]
    if not sampled.size:
        return 0, 1, "grey picture without a finite value"
    # The outer 1 % is ignored, because single extreme pixels would make all others dark.
    low, high = (float(v) for v in np.percentile(sampled, [1, 99]))
    if low < 0:
        # Symmetric, so that 0 becomes the middle grey.
        reach = 1.0 if low >= -1 and high <= 1 else max(-low, high)
        note = f"grey values from {low:g} to {high:g}: {-reach:g} to {reach:g} becomes 0 to 255"
        return -reach, reach, note
    if high <= 1:
        return 0, 1, None
    # Values up to 16 are brightness with highlights above 1: no 8-bit picture is that dark.
    top = high if high <= 16 else float(next((t for t in _TOPS if high <= t), high))
    note = f"grey values up to {high:g}: 0 to {top:g} becomes 0 to 255"
    return 0, top, None if top == 255 else note


def _values(image: PIL.Image.Image) -> Iterator[npt.NDArray[np.generic]]:
    return (np.asarray(strip) for _, strip in strips(image))


def brightened(image: Image, data: bytes) -> Image:
    """Brighten a 16-bit colour picture that uses only the lower bits, in place.

    The picture is not changed if decoding it again would exceed the memory limit.

    Args:
        image: (H, W, 3) uint8 RGB, the upper 8 bits of the picture.
        data: bytes of the picture file.

    Returns:
        The array `image`.
    """
    if int(image.max()) >= _DARK or image.size * _DEEP > LIMIT:
        return image
    deep = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if deep is None or deep.dtype != np.uint16 or deep.shape[:2] != image.shape[:2]:
        return image
    if deep.ndim != 3 or deep.shape[2] < 3 or not deep.any():
        return image
    top = next(t for t in _TOPS if int(deep.max()) <= t)
    # In strips, because float32 takes four times the memory of the result.
    rows = max(1, _STRIP // image.shape[1])
    for row in range(0, len(image), rows):
        # OpenCV gives BGR or BGRA: 2::-1 takes the first three channels in reverse order.
        scaled = deep[row : row + rows, :, 2::-1] * np.float32(255 / top)
        image[row : row + rows] = np.clip(np.rint(scaled), 0, 255)
    return image
