"""Train the lip landmark network of the bundled model `lips`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from research.face_detector import face_images, lip_samples
from research.face_detector.detector_networks import LIPS, Lips
from research.face_detector.targets import box_iou
from research.face_detector.training_loop import train

BATCH, RATE, RESTART_RATE = 96, 4e-3, 2e-3


def losses(found: Tensor, lips: Tensor, seen: Tensor) -> dict[str, Tensor]:
    """Return the parts of the loss: points, IoU of the lip boxes, and visibility of the lips.

    Args:
        found: (N, 41) output of `Lips`.
        lips: (N, 20, 2) true lip landmarks.
        seen: (N,) 1 for visible lips, 0 for hidden ones, whose points are ignored.
    """
    points = found[:, 1:].reshape(-1, LIPS, 2)
    # A batch without visible lips must not divide by 0.
    count = seen.sum().clamp(min=1)
    apart = (points - lips).abs()
    # Huber loss: quadratic below 0.02 of the side, then linear with the same value and slope.
    near = torch.where(apart < 0.02, apart**2 / 0.04, apart - 0.01).mean((1, 2))
    overlap = 1 - box_iou(_box(points), _box(lips), 1e-4)
    unsure = functional.binary_cross_entropy_with_logits(found[:, 0], seen)
    return {
        "points": 10 * (near * seen).sum() / count,
        "boxes": 0.3 * (overlap * seen).sum() / count,
        "seen": 0.2 * unsure,
    }


def _box(points: Tensor) -> Tensor:
    return torch.cat([points.amin(1), points.amax(1)], 1)


def train_lips(work: Path, minutes: float, start: Path | None = None) -> None:
    """Train on `work`/faces.npz, and write `work`/lips.pt."""
    cv2.setNumThreads(1)
    with np.load(work / face_images.FILE) as known:
        images, points = known["images"], known["points"]
    file = work / "lips.pt"
    # Another seed for a resumed or second training, so that it does not repeat the first mouths.
    stream = lip_samples.batches(
        images, points, BATCH, seed=int(file.exists()) + 2 * int(start is not None)
    )

    def step(network: nn.Module) -> dict[str, Tensor]:
        squares, lips, seen = next(stream)
        grey = torch.from_numpy(squares)[:, None].float() / 255
        return losses(network(grey), torch.from_numpy(lips), torch.from_numpy(seen))

    train(Lips(), step, minutes, RESTART_RATE if start else RATE, file, start)
