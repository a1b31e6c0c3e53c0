"""Write a picture in the file formats of a typical collection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image

from moue.workspace.types import Image


def save(image: Image, stem: Path, suffix: str = ".jpg", **options: Any) -> Path:
    """Write a picture to the path `stem` plus `suffix` with Pillow, and return the path.

    Args:
        image: (H, W, 3) uint8 RGB.
        stem: path without suffix.
        suffix: suffix with its dot, which also sets the format by default.
        options: options of `PIL.Image.Image.save`.
    """
    path = stem.with_name(stem.name + suffix)
    PIL.Image.fromarray(image).save(path, **options)
    return path


def _gif(image: Image, stem: Path) -> Path:
    """Write an animated GIF of two frames; moue uses the first frame."""
    path = stem.with_name(f"{stem.name}.gif")
    first, second = (PIL.Image.fromarray(i).quantize(255) for i in (image, 255 - image))
    first.save(path, save_all=True, append_images=[second], duration=200)
    return path


def _deep(image: Image, stem: Path) -> Path:
    """Write a PNG with 16 bits per channel."""
    path = stem.with_name(f"{stem.name}.png")
    deep = cv2.cvtColor(image, cv2.COLOR_RGB2BGR).astype(np.uint16) * 257
    path.write_bytes(cv2.imencode(".png", deep)[1].tobytes())
    return path


def _alpha(image: Image, stem: Path) -> Path:
    """Write a PNG with transparent corners."""
    height, width = image.shape[:2]
    y, x = np.ogrid[:height, :width]
    radius = np.hypot((y - height / 2) / height, (x - width / 2) / width)
    alpha = np.where(radius < 0.62, 255, 0).astype(np.uint8)
    path = stem.with_name(f"{stem.name}.png")
    PIL.Image.fromarray(np.dstack([image, alpha])).save(path)
    return path


def _cmyk(image: Image, stem: Path) -> Path:
    path = stem.with_name(f"{stem.name}.jpg")
    PIL.Image.fromarray(image).convert("CMYK").save(path, quality=92)
    return path


def _rotated(image: Image, stem: Path) -> Path:
    """Write a JPEG with rotated pixels and the orientation in EXIF."""
    path = stem.with_name(f"{stem.name}.JPG")
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.fromarray(np.rot90(image).copy()).save(path, quality=92, exif=exif)
    return path


DISGUISES: tuple[Callable[[Image, Path], Path], ...] = (
    partial(save, suffix=".png"), partial(save, suffix=".webp"), partial(save, suffix=".bmp"), _gif,
    partial(save, suffix=".tiff"), _deep, _alpha, _cmyk, _rotated,
    partial(save, suffix=".jpg", format="PNG"),
    partial(save, suffix=".png", format="JPEG", quality=92),
    partial(save, quality=90),
)  # fmt: skip
"""Functions that write an image to a path without suffix; two of them add a wrong suffix."""
