"""Resize, convert to grey, swap channels, and apply the EXIF orientation."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from moue.workspace.types import Image

Grey = npt.NDArray[np.uint8]
"""(H, W) uint8 grey image."""


def resize_to_fit(image: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return an image whose longer side is at most `side` pixels; a smaller image is not changed.

    Args:
        image: (H, W) grey or (H, W, 3) RGB image, uint8.
        side: maximum of the longer side, in pixels.
    """
    return scale_to_fit(image, side, side, enlarge=False)


def scale_to_fit(
    image: npt.NDArray[np.uint8], width: int, height: int, enlarge: bool = True
) -> npt.NDArray[np.uint8]:
    """Return an image scaled to the largest size that fits, with the same aspect ratio.

    Args:
        image: (H, W) grey or (H, W, 3) RGB image, uint8.
        width: maximum width, in pixels.
        height: maximum height, in pixels.
        enlarge: True to enlarge a smaller image.
    """
    scale = min(width / image.shape[1], height / image.shape[0])
    if scale == 1 or (scale > 1 and not enlarge):
        return image
    # At least one pixel, even if the picture is a narrow strip.
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    # Averaging uses all pixels of a larger picture; bilinear sampling would skip some.
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def to_grey(image: Image) -> Grey:
    """Return an (H, W, 3) uint8 RGB image as (H, W) uint8 grey."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def swap_channels(image: Image) -> Image:
    """Return a BGR image as RGB, or an RGB image as BGR; (H, W, 3) uint8."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def oriented(image: Image, orientation: int) -> Image:
    """Return the upright image for an EXIF orientation.

    Args:
        image: (H, W, 3) uint8 image as stored.
        orientation: EXIF orientation, 1 to 8.
    """
    # The transposition comes first, so that the flips act on the axes of the result.
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
