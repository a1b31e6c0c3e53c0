"""Train `Detector`.

    PYTHONPATH=src:. python -m training.finder.detector KEPT MINUTES [START]

START is the `detector.pt` of an earlier training, under another name, to begin with: once the
places are known that it took for faces (`training.finder.mine`), they are shown more often.
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

RATE, AGAIN = 4e-3, 2e-3
"""Learning rates from nothing, and from START."""
SIZES, BATCHES, SHARES = (128, 192, 320), (32, 14, 6), (0.65, 0.22, 0.13)
"""Sides of the scenes, how many at once, and how often each: small ones cost least."""


def main(kept: Path, minutes: float, start: Path | None = None) -> None:
    """Train on what `faces` and `wholes` left in `kept`, and write `kept`/detector.pt."""
    cv2.setNumThreads(1)
    file = kept / "detector.pt"
    made_of = scenes.stock(kept)
    empty, rng = (
        made_of.empty,
        np.random.default_rng(int(file.exists()) + 2 * int(start is not None)),
    )

    def step(network: nn.Module) -> dict[str, Tensor]:
        pick = int(rng.choice(len(SIZES), p=SHARES))
        side = SIZES[pick]
        made = [scenes.scene(made_of, empty, side, rng) for _ in range(BATCHES[pick])]
        asked = [targets(found, side) for _, found in made]
        grey = torch.from_numpy(np.stack([image for image, _ in made]))[:, None].float() / 255
        kind, values = (torch.from_numpy(np.stack(part)) for part in zip(*asked, strict=True))
        return losses(network(grey), kind, values)

    network = Detector().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    train(network, step, minutes, AGAIN if start else RATE, file, start)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *map(Path, sys.argv[3:4]))
