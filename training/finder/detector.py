"""Train `Detector`.

PYTHONPATH=src:. python -m training.finder.detector KEPT MINUTES
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.finder import scenes
from training.finder.loop import train
from training.finder.net import Detector
from training.finder.targets import losses, targets

RATE = 4e-3
SIZES, BATCHES, SHARES = (128, 192, 320), (32, 14, 6), (0.65, 0.22, 0.13)
"""Sides of the scenes, how many at once, and how often each: small ones cost least."""


def main(kept: Path, minutes: float) -> None:
    """Train on what `faces` and `wholes` left in `kept`, and write `kept`/detector.pt."""
    cv2.setNumThreads(1)
    file = kept / "detector.pt"
    made_of = scenes.stock(kept)
    empty, rng = made_of.empty, np.random.default_rng(int(file.exists()))

    def step(network: nn.Module) -> dict[str, Tensor]:
        pick = int(rng.choice(len(SIZES), p=SHARES))
        side = SIZES[pick]
        made = [scenes.scene(made_of, empty, side, rng) for _ in range(BATCHES[pick])]
        asked = [targets(found, side) for _, found in made]
        grey = torch.from_numpy(np.stack([image for image, _ in made]))[:, None].float() / 255
        kind, values = (torch.from_numpy(np.stack(part)) for part in zip(*asked, strict=True))
        return losses(network(grey), kind, values)

    train(Detector().to(memory_format=torch.channels_last), step, minutes, RATE, file)  # type: ignore[call-overload]


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
