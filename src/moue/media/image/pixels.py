"""Resizing, grey, channel order and EXIF orientation of pixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from moue.workspace.types import Image

Grey = npt.NDArray[np.uint8]
"""(H, W) uint8."""


def resize_to_fit(image: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return `image`, grey or RGB, reduced so that its longer side is at most `side`."""
    return scale_to_fit(image, side, side, enlarge=False)


def scale_to_fit(
    image: npt.NDArray[np.uint8], width: int, height: int, enlarge: bool = True
) -> npt.NDArray[np.uint8]:
    """Return `image`, grey or RGB, at the largest size that fits, with its aspect ratio.

    Args:
        enlarge: False leaves a small picture as it is.
    """
    scale = min(width / image.shape[1], height / image.shape[0])
    if scale == 1 or (scale > 1 and not enlarge):
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def to_grey(image: Image) -> Grey:
    """Return RGB pixels as grey."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def swap_channels(image: Image) -> Image:
    """Return BGR pixels as RGB, or RGB as BGR: OpenCV's cameras give BGR."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def oriented(image: Image, orientation: int) -> Image:
    """Return the pixels upright.

    Args:
        orientation: the EXIF orientation, 1 to 8.
    """
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
