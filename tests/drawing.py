"""Drawn pictures for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image

from moue.workspace.types import Image


def drawn(seed: int = 0, height: int = 96, width: int = 128) -> Image:
    """A smooth random picture: coloured blobs, different for every seed."""
    small = np.random.default_rng(seed).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    picture = PIL.Image.fromarray(small).resize((width, height), PIL.Image.Resampling.BICUBIC)
    return np.asarray(picture)


def save(path: Path, image: Image, **options: object) -> Path:
    """Write a picture in the format of its suffix, folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(image).save(path, **options)
    return path
