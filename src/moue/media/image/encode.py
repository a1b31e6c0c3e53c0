"""Encode pictures as JPEG, PNG or WebP."""

from __future__ import annotations

import cv2
import numpy as np
import simplejpeg

from moue.workspace.types import Image


def encode_jpeg(image: Image, quality: int = 95) -> bytes:
    """Return an image as the bytes of a JPEG without chroma subsampling.

    Args:
        image: (H, W, 3) uint8 RGB image.
        quality: JPEG quality, 0 to 100.

    Raises:
        ValueError: a side is longer than `MAX_SIDE` pixels.
    """
    return bytes(
        simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality, colorsubsampling="444")
    )


def encode_png(image: Image) -> bytes:
    """Return an (H, W, 3) uint8 RGB image as the bytes of a PNG.

    Raises:
        ValueError: the image cannot be encoded.
    """
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be encoded as PNG")
    return data.tobytes()


def encode_webp(image: Image, quality: int = 80) -> bytes:
    """Return an (H, W, 3) uint8 RGB image as the bytes of a lossy WebP.

    Args:
        image: (H, W, 3) uint8 RGB image.
        quality: WebP quality, 1 to 100.

    Raises:
        ValueError: the image cannot be encoded; no side may be longer than 16,383 pixels.
    """
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be encoded as WebP")
    return data.tobytes()
