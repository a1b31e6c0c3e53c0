"""Small operations on pixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from moue.workspace.types import Image

Grey = npt.NDArray[np.uint8]
"""(H, W) uint8."""


def resize_to_fit(image: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return `image`, grey or RGB, reduced so that its longer side is at most `side`."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def to_grey(image: Image) -> Grey:
    """Return RGB pixels in grey."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def swap_channels(image: Image) -> Image:
    """Return BGR pixels as RGB, or the other way round: cameras and windows are OpenCV's."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def oriented(image: Image, orientation: int) -> Image:
    """Return pixels upright that lie as the EXIF orientation, 1 to 8, says."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
