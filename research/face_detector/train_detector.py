"""Train the face detector.

A second training may start from an earlier checkpoint once hard negatives are known; it shows them
more often.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from research.face_detector import compose_scenes
from research.face_detector.detector_networks import Detector
from research.face_detector.targets import losses, targets
from research.face_detector.training_loop import train

RATE, RESTART_RATE = 4e-3, 2e-3
"""Learning rates from nothing, and from START."""
SIZES, BATCHES, SHARES = (128, 192, 320), (32, 14, 6), (0.65, 0.22, 0.13)
"""Sides of the scenes, how many at once, and how often each: small ones cost least."""


def train_detector(work: Path, minutes: float, start: Path | None = None) -> None:
    """Train on what `faces` and `wholes` left in `work`, and write `work`/detector.pt."""
    cv2.setNumThreads(1)
    file = work / "detector.pt"
    sources = compose_scenes.load_sources(work)
    empty, rng = (
        sources.without_faces,
        np.random.default_rng(int(file.exists()) + 2 * int(start is not None)),
    )

    def step(network: nn.Module) -> dict[str, Tensor]:
        pick = int(rng.choice(len(SIZES), p=SHARES))
        side = SIZES[pick]
        made = [compose_scenes.scene(sources, empty, side, rng) for _ in range(BATCHES[pick])]
        asked = [targets(found, side) for _, found in made]
        grey = torch.from_numpy(np.stack([image for image, _ in made]))[:, None].float() / 255
        kind, values = (torch.from_numpy(np.stack(part)) for part in zip(*asked, strict=True))
        return losses(network(grey), kind, values)

    network = Detector().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train(network, step, minutes, RESTART_RATE if start else RATE, file, start)
