"""Turn a closed mouth into a pout by warping: narrower and taller lips, unchanged surroundings.

No direction in the style space of the GAN gives a pout; edits towards one give a baby's mouth.
"""

import cv2
import numpy as np

from research.common.landmarks import LEFT_CORNER, LOWER_LIP, RIGHT_CORNER, UPPER_LIP


def pucker(image: np.ndarray, points: np.ndarray, narrow: float, tall: float) -> np.ndarray:
    """`image` with its lips pursed; `points` (478, 2 or more) are fractions of the picture.

    Inside a soft ellipse about the lips every pixel is fetched from `1 + narrow` times as far along
    the mouth and `1 - tall` times as far across it.
    """
    height, width = image.shape[:2]
    places = points[:, :2] * [width, height]
    # Measured along the line through the corners, so that a tilted mouth is warped along itself.
    half = np.linalg.norm(places[LEFT_CORNER] - places[RIGHT_CORNER]) / 2
    along = (places[LEFT_CORNER] - places[RIGHT_CORNER]) / (2 * half)
    across = np.array([-along[1], along[0]])
    centre = places[[RIGHT_CORNER, LEFT_CORNER, UPPER_LIP, LOWER_LIP]].mean(0)
    y, x = np.mgrid[0:height, 0:width]
    offset = np.stack([x, y], axis=-1) - centre
    u, v = offset @ along, offset @ across
    # Powers of 3, not 2: nearly constant on the lips, then a fast but smooth fall to 0.
    weight = np.exp(-((np.abs(u) / (1.15 * half)) ** 3) - (np.abs(v) / (0.85 * half)) ** 3)
    u, v = u * (1 + narrow * weight), v * (1 - tall * weight)
    source = (centre + u[..., None] * along + v[..., None] * across).astype(np.float32)
    return cv2.remap(
        image, source[..., 0], source[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
