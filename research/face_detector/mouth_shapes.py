"""The shape of a mouth by the blendshape scores of a face mesh, to balance and report by shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from research.face_detector.arrays import Floats

BLENDSHAPES = ("mouthSmileLeft", "mouthSmileRight", "jawOpen", "mouthPucker")
SHAPES = ("none", "pout", "smile", "open")
SMILE, OPEN, POUT = 0.5, 0.35, 0.7
"""Minimum scores of each shape, in this order of precedence."""
DROPPED = 0.75
"""Minimum height of a dropped jaw's lips, as a multiple of their width."""
WEIGHTS = (1.0, 1.7, 1.1, 5.0)
"""Sampling weights of the shapes; pouts and open mouths are rare."""
DROPPED_WEIGHT = 3.0


def shapes(scores: Floats) -> npt.NDArray[np.int64]:
    """Return the (N,) index in SHAPES of the (N, 4) scores of BLENDSHAPES."""
    smile, jaw, pucker = scores[:, :2].mean(1), scores[:, 2], scores[:, 3]
    return np.select([smile > SMILE, jaw > OPEN, pucker > POUT], [2, 3, 1], 0)


def weights(kinds: npt.NDArray[np.int64], sizes: Floats) -> npt.NDArray[np.float64]:
    """Return the (N,) sampling weights of mouths.

    Args:
        kinds: (N,) of `shapes`.
        sizes: (N, 2) width and height of the lip boxes.
    """
    dropped = sizes[:, 1] > DROPPED * sizes[:, 0]
    return np.array(WEIGHTS)[kinds] * np.where(dropped, DROPPED_WEIGHT, 1.0)
