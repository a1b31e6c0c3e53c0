"""Square crops of the mouths with a wide margin, cropped once and cached."""

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

SIDE = 112
"""Side of the square, in pixels."""
SCALE = 3.2
"""Side of the square as a multiple of the longer side of the lip box; that of `mouths3`."""
CROP_FRACTION = CROP_SCALE / SCALE
"""Side of the mouth crop at the centre of the square, as a fraction of the square."""
Pixels = npt.NDArray[np.uint8]


def load_crops(data: Path, mouths: Sequence[Mouth], kept: Path, progress: Progress) -> Pixels:
    """Return (N, SIDE, SIDE, 3) uint8 RGB squares, cached in the folder `kept`."""
    text = repr([(m.file, None if m.lips is None else m.lips.tolist()) for m in mouths])
    path = kept / f"squares-{hashlib.sha256(text.encode()).hexdigest()[:12]}.npy"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        squares = [crop(data, m) for m in progress.track(mouths, "cut mouths", len(mouths))]
        np.save(path, np.stack(squares))
    return np.asarray(np.load(path))


def crop(data: Path, mouth: Mouth) -> Image:
    """Return the (SIDE, SIDE, 3) square of a mouth; outside the picture, its border is repeated."""
    image = read_picture(data, mouth.file)
    if mouth.source_is_square:
        return resize(image, SIDE)
    if mouth.lips is None:
        # The file is itself a mouth crop, so its border is repeated where other squares show the
        # face.
        inner = resize(image, round(SIDE * CROP_FRACTION))
        room = SIDE - len(inner)
        width = (room // 2, room - room // 2)
        return np.pad(inner, (width, width, (0, 0)), mode="edge")
    return resize(crop_square(image, mouth_box(mouth.lips, SCALE)), SIDE)
