"""Encode pictures as JPEG or PNG."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg

from moue.workspace.types import Image


def encode_jpeg(image: Image, quality: int = 95) -> bytes:
    """Return `image` as a JPEG without chroma subsampling.

    Raises:
        ValueError: a side is longer than `MAX_SIDE`, the limit of JPEG.
    """
    return bytes(
        simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality, colorsubsampling="444")
    )


def encode_png(image: Image) -> bytes:
    """Return `image` as a PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be a PNG")
    return data.tobytes()
