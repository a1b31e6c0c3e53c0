"""From lips to the square picture of a mouth: the only place where crop geometry lives."""

from __future__ import annotations

import numpy as np

from moue.sample import Image, Points

CROP_SCALE = 1.5
LIPS = slice(48, 68)
"""The lips among the iBUG-68 landmarks: 48..59 outer, 60..67 inner."""


def lips_box(landmarks: Points) -> Points:
    """Return the tight (4,) box of the lips of (68, 2) iBUG-68 landmarks.

    Raises:
        ValueError: `landmarks` is not (68, 2).
    """
    if landmarks.shape != (68, 2):
        raise ValueError(f"expected (68, 2) landmarks, got {landmarks.shape}")
    lips = landmarks[LIPS]
    return np.concatenate([lips.min(0), lips.max(0)]).astype(np.float32)


def mouth_box(lips: Points, scale: float = CROP_SCALE) -> Points:
    """Return the (4,) square of `scale` times the longer side of the lips, centred on them.

    The square may reach past the image; `crop_square` pads it there.

    Source:
        The 1.5 is the tutorial's, which also pushed the square back into the image; here it
        stays where it is, so that the mouth stays in the centre.
    """
    centre = (lips[:2] + lips[2:]) / 2
    half = max(float((lips[2:] - lips[:2]).max()), 1.0) * scale / 2
    return np.concatenate([centre - half, centre + half]).astype(np.float32)


def crop_square(image: Image, box: Points) -> Image:
    """Return the pixels of a square box; outside the image its border is repeated.

    Args:
        image: (H, W, 3), or (H, W) grey.
        box: (4,) square.

    Returns:
        (S, S, 3) or (S, S), where S is the side rounded to whole pixels, at least 1.
    """
    side = max(1, round(float(box[2] - box[0])))
    x, y = (round(float(c) - side / 2) for c in (box[:2] + box[2:]) / 2)
    height, width = image.shape[:2]
    if x >= 0 and y >= 0 and x + side <= width and y + side <= height:
        return np.ascontiguousarray(image[y : y + side, x : x + side])
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    return image[rows[:, None], columns]
