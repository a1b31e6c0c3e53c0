"""Drawn mouths on disk, and settings that train on them in seconds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from drawing import save
from moue.model.example import Example
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS

QUICK = TrainSettings(recipe="fast", epochs=4, batch_size=16, device="cpu")


def drawn_mouth(label: str, rng: np.random.Generator, side: int = 60) -> np.ndarray:
    """A mouth of one expression, a little different each time."""
    skin = rng.integers(150, 220, 3)
    image = np.tile(skin, (side, side, 1)).astype(np.uint8)
    lip, dark = (170, 60, 70), (40, 10, 20)
    x, y = (side // 2 + int(v) for v in rng.integers(-3, 4, 2))
    if label == "none":
        cv2.line(image, (x - 16, y), (x + 16, y), lip, 3)
    elif label == "pout":
        cv2.circle(image, (x, y), 8, lip, -1)
    elif label == "smile":
        cv2.ellipse(image, (x, y - 6), (18, 14), 0, 10, 170, lip, 4)
    else:
        cv2.ellipse(image, (x, y), (11, 17), 0, 0, 360, dark, -1)
    return np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)


def draw_set(folder: Path, per_label: int, seed: int) -> list[Example]:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    examples = []
    for label in LABELS:
        for number in range(per_label):
            file = folder / f"{label}{number}.jpg"
            image = drawn_mouth(label, rng, side=int(rng.integers(50, 71)))
            cv2.imwrite(str(file), image[..., ::-1])
            tags = {"half": "first" if number < per_label // 2 else "second"}
            examples.append(Example(name=file.stem, file=file, label=label, attributes=tags))
    return examples


def draw_bright(folder: Path, count: int = 24) -> None:
    """Draw dark squares in `smile/` and bright ones in `open/`, which one epoch can learn."""
    chance = np.random.default_rng(3)
    for number in range(count):
        label, shade = (("smile", 60), ("open", 190))[number % 2]
        noise = chance.integers(-35, 36, (60, 60, 3))
        save(folder / label / f"{number}.png", np.clip(shade + noise, 0, 255).astype(np.uint8))


def examples_in(folder: Path) -> list[Example]:
    """The examples that `draw_set` drew, in its order."""
    files = [folder / f"{label}{n}.jpg" for label in LABELS for n in range(100)]
    return [
        Example(name=f.stem, file=f, label=f.stem.rstrip("0123456789")) for f in files if f.exists()
    ]
