"""Train the lip landmark networks of the bundled models `lips` and `lips_tight`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from research.face_detector import face_images, lower_face_images
from research.face_detector.detector_networks import Lips
from research.face_detector.lip_losses import box_losses, outline_losses
from research.face_detector.lip_samples import sample
from research.face_detector.lower_face_samples import box_sample
from research.face_detector.mouth_shapes import weights
from research.face_detector.training_loop import train

FACES, LOWER_FACES, RATE, RESTART_RATE = 64, 32, 4e-3, 2.5e-3
"""Squares of faces and lower faces per step; learning rates from scratch and from a checkpoint."""
HELD_OUT_SOURCES = (
    "jixinya/EAMM", "filby89/spectre", "wyhsirius/LIA", "zeka-io/selfie-to-anime",
    "balajisrinivas/Gender-Detection", "MooreThreads/Moore-AnimateAnyone",
)  # fmt: skip
"""Sources of `mouths3` to evaluate on. EAMM and spectre show the same actors."""


def train_lips(
    work: Path,
    steps: int,
    tight: float,
    seed: int = 0,
    start: Path | None = None,
    hold_out: bool = False,
) -> None:
    """Train on faces.npz and lower_faces.npz in `work`, and write lips.pt or lips_tight.pt.

    Args:
        tight: fraction of tight views: 0 for the first pass of the lips, 1 for the second.
        hold_out: leave HELD_OUT_SOURCES and a third of the open mouths out, to evaluate on them.
    """
    cv2.setNumThreads(1)
    with np.load(work / face_images.FILE) as known:
        chosen = ~known["held_out"] if hold_out else np.ones(len(known["images"]), bool)
        images, points, kinds = (known[k][chosen] for k in ("images", "points", "shapes"))
    extents = np.ptp(points[:, 7:], axis=1)
    faces = _Draw(weights(kinds, extents))
    with np.load(work / lower_face_images.FILE) as known:
        held = np.isin(known["sources"], HELD_OUT_SOURCES)
        chosen = ~held if hold_out else np.ones(len(held), bool)
        lower, boxes, corners, kinds, sources = (
            known[k][chosen] for k in ("images", "boxes", "corners", "shapes", "sources")
        )
    _, of, counts = np.unique(sources, return_inverse=True, return_counts=True)
    # A large source must not drown the others: it weighs with the root of its size.
    of_source = counts[of] ** -0.5
    mouths = _Draw(weights(kinds, boxes[:, 2:] - boxes[:, :2]) * of_source)

    def step(network: nn.Module, rng: np.random.Generator) -> dict[str, Tensor]:
        whole = [sample(images[i], points[i], rng, tight) for i in faces(FACES, rng)]
        parts = [
            box_sample(lower[i], boxes[i], corners[i], rng, tight) for i in mouths(LOWER_FACES, rng)
        ]
        squares = _stacked([s.crop for s in whole] + [s.crop for s in parts])[:, None].float() / 255
        found = network(squares.to(memory_format=torch.channels_last))
        seen = torch.tensor([float(s.seen) for s in whole])
        return outline_losses(found[:FACES], _stacked([s.lips for s in whole]), seen) | box_losses(
            found[FACES:],
            _stacked([s.corners for s in parts]),
            _stacked([s.back for s in parts]),
            _stacked([s.box for s in parts]),
        )

    rate = RESTART_RATE if start else RATE
    file = work / ("lips_tight.pt" if tight == 1 else "lips.pt")
    train(Lips(), step, steps, rate, file, start, seed)


class _Draw:
    """Draws indices with replacement, with the probabilities of weights (N,)."""

    def __init__(self, weights: npt.NDArray[np.float64]) -> None:
        self.ends = np.cumsum(weights / weights.sum())

    def __call__(self, count: int, rng: np.random.Generator) -> list[int]:
        at = np.searchsorted(self.ends, rng.random(count), side="right")
        # The last end may be just below 1.
        indices: list[int] = at.clip(max=len(self.ends) - 1).tolist()
        return indices


def _stacked(arrays: Sequence[npt.NDArray[np.generic]]) -> Tensor:
    return torch.from_numpy(np.stack(arrays))
