"""Frames of the development data: pictures, and numbered frames of videos."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from moue.media.image import read_image
from moue.workspace.types import Image


def read_picture(data: Path, name: str) -> Image:
    """Return a picture as (H, W, 3) uint8 RGB; `video.mp4#8` is frame 8 of a video."""
    file, _, number = name.partition("#")
    return _all_frames(data / file)[int(number)] if number else read_image(data / file)


def video_frames(path: Path) -> Iterator[Image]:
    """Yield the frames of a video as (H, W, 3) uint8 RGB."""
    video = cv2.VideoCapture(str(path))
    while (frame := video.read())[0]:
        yield np.ascontiguousarray(frame[1][..., ::-1], np.uint8)


@lru_cache(maxsize=1)
def _all_frames(path: Path) -> list[Image]:
    return list(video_frames(path))
