"""Square crops of the mouths with a margin, cropped once and cached."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.face.mouth_crop import CROP_SCALE, crop_square, mouth_box
from moue.model.spec import resize
from moue.progress import Progress
from moue.workspace.types import Image
from research.common.video_frames import read_picture
from research.mouth_classifier.development_data import Mouth

SIDE, CROP = 96, 60
"""Sides of the square and of the mouth crop at its centre, in pixels."""
CROP_FRACTION = CROP / SIDE
Pixels = npt.NDArray[np.uint8]


def load_crops(data: Path, mouths: Sequence[Mouth], kept: Path, progress: Progress) -> Pixels:
    """Return (N, SIDE, SIDE, 3) uint8 RGB squares, cached in the folder `kept`."""
    text = repr([(m.file, None if m.lips is None else m.lips.tolist()) for m in mouths])
    path = kept / f"crops-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npy"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        squares = [crop(data, m) for m in progress.track(mouths, "cut mouths", len(mouths))]
        np.save(path, np.stack(squares))
    return np.asarray(np.load(path))


def crop(data: Path, mouth: Mouth) -> Image:
    """Return the (SIDE, SIDE, 3) square of a mouth; outside the picture, its border is repeated."""
    image = read_picture(data, mouth.file)
    if mouth.lips is None:
        # The file is itself a mouth crop, so its border is repeated where other squares show the
        # face.
        room = (SIDE - CROP) // 2
        return np.pad(resize(image, CROP), ((room, room), (room, room), (0, 0)), mode="edge")
    # The square is larger than the mouth crop by SIDE / CROP: the margin for random shifts.
    return resize(crop_square(image, mouth_box(mouth.lips, CROP_SCALE / CROP_FRACTION)), SIDE)
