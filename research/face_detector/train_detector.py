"""Train the face detector.

A second training can start from an earlier checkpoint after hard-negative mining; it samples the
hard negatives more often.
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
"""Learning rates from scratch, and from a checkpoint."""
SIZES, BATCH_SIZES, SIZE_PROBABILITIES = (128, 192, 320), (32, 14, 6), (0.65, 0.22, 0.13)
"""Sides of the scenes, with batch size and sampling probability; small scenes cost least."""


def train_detector(work: Path, steps: int, seed: int = 0, start: Path | None = None) -> None:
    """Train on the face images and scene images in `work`, and write `work`/detector.pt."""
    cv2.setNumThreads(1)
    file = work / "detector.pt"
    sources = compose_scenes.load_sources(work)
    empty = sources.without_faces

    def step(network: nn.Module, rng: np.random.Generator) -> dict[str, Tensor]:
        choice = int(rng.choice(len(SIZES), p=SIZE_PROBABILITIES))
        side = SIZES[choice]
        scenes = [
            compose_scenes.scene(sources, empty, side, rng) for _ in range(BATCH_SIZES[choice])
        ]
        found_targets = [targets(found, side) for _, found in scenes]
        grey = torch.from_numpy(np.stack([image for image, _ in scenes]))[:, None].float() / 255
        kind, values = (
            torch.from_numpy(np.stack(part)) for part in zip(*found_targets, strict=True)
        )
        return losses(network(grey), kind, values)

    train(Detector(), step, steps, RESTART_RATE if start else RATE, file, start, seed)
