"""Losses of the lip landmark network."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from research.face_detector.detector_networks import LIPS
from research.face_detector.targets import box_iou

CORNERS = [0, 10]
"""Indices of the mouth corners, left and right in the picture."""
NEAR = 0.01
"""Distance in sides of the square below which the loss of a point is quadratic."""
POINT_WEIGHT, BOX_WEIGHT, SEEN_WEIGHT = 10.0, 1.2, 0.2
MIN_SIDE = 1e-4
"""Minimum side of a predicted box, in sides of the square."""


def outline_losses(found: Tensor, lips: Tensor, seen: Tensor) -> dict[str, Tensor]:
    """Return the losses where all landmarks are known: points, IoU of the lip boxes, visibility.

    Args:
        found: (N, 41) output of `Lips`.
        lips: (N, 20, 2) true lip landmarks.
        seen: (N,) 1 for visible lips, 0 for hidden ones, whose points are ignored.
    """
    points = found[:, 1:].reshape(-1, LIPS, 2)
    # A batch without visible lips must not divide by 0.
    count = seen.sum().clamp(min=1)
    near = _huber(points - lips).mean((1, 2))
    overlap = 1 - box_iou(_box(points), _box(lips), MIN_SIDE)
    unsure = functional.binary_cross_entropy_with_logits(found[:, 0], seen)
    return {
        "points": POINT_WEIGHT * (near * seen).sum() / count,
        "boxes": BOX_WEIGHT * (overlap * seen).sum() / count,
        "seen": SEEN_WEIGHT * unsure,
    }


def box_losses(found: Tensor, corners: Tensor, back: Tensor, boxes: Tensor) -> dict[str, Tensor]:
    """Return the losses where only the box and the mouth corners are known; all lips are visible.

    Args:
        found: (N, 41) output of `Lips`.
        corners: (N, 2, 2) true mouth corners.
        back: (N, 2, 3) matrices from landmarks to the axes of the boxes.
        boxes: (N, 4) true boxes.
    """
    points = found[:, 1:].reshape(-1, LIPS, 2)
    moved = points @ back[:, :, :2].transpose(1, 2) + back[:, None, :, 2]
    overlap = 1 - box_iou(_box(moved), boxes, MIN_SIDE)
    visible = torch.ones_like(found[:, 0])
    unsure = functional.binary_cross_entropy_with_logits(found[:, 0], visible)
    return {
        # Two of the landmarks are known, so each weighs less than an outline's 20 together.
        "corners": 0.15 * POINT_WEIGHT * _huber(points[:, CORNERS] - corners).mean(),
        "lower boxes": 0.5 * BOX_WEIGHT * overlap.mean(),
        "lower seen": 0.5 * SEEN_WEIGHT * unsure,
    }


def _huber(apart: Tensor) -> Tensor:
    """Return the Huber loss: quadratic below NEAR, then linear with the same value and slope."""
    apart = apart.abs()
    return torch.where(apart < NEAR, apart**2 / (2 * NEAR), apart - NEAR / 2)


def _box(points: Tensor) -> Tensor:
    return torch.cat([points.amin(1), points.amax(1)], 1)
