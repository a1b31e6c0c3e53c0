"""From lips to the square picture of a mouth: the only place where crop geometry lives."""

from __future__ import annotations

import cv2
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


def crop_moved(
    image: Image,
    box: Points,
    *,
    x: float = 0.0,
    y: float = 0.0,
    scale: float = 1.0,
    roll: float = 0.0,
) -> Image:
    """Return the pixels of another square near a square box: what a worse finder would cut.

    Args:
        image: (H, W, 3).
        box: (4,) square.
        x: how far the square is shifted right, in its sides, as `y` down.
        scale: its new side over its old one.
        roll: degrees by which the picture is turned clockwise around the square's centre.

    Returns:
        (S, S, 3); of nothing moved, the very bits of `crop_square`.
    """
    if (x, y, scale, roll) == (0, 0, 1, 0):
        return crop_square(image, box)  # centre and side, made anew, may round to another pixel
    side = box[2] - box[0]
    centre = (box[:2] + box[2:]) / 2 + side * np.array([x, y], np.float32)
    half = side / 2 * np.float32(scale)
    square = np.concatenate([centre - half, centre + half]).astype(np.float32)
    if roll == 0:
        return crop_square(image, square)
    size = max(1, round(float(2 * half)))
    sine, cosine = np.sin(np.deg2rad(roll)), np.cos(np.deg2rad(roll))
    back = np.array([[cosine, sine], [-sine, cosine]])
    # Pixel centres lie at halves, to OpenCV at whole numbers.
    middle = np.array([round(float(c) - size / 2) + (size - 1) / 2 for c in centre])
    start = middle - back @ np.full(2, (size - 1) / 2)
    turned = cv2.warpAffine(
        image,
        np.column_stack([back, start]),
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)
