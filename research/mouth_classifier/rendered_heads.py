"""Squares of the mouths of rendered 3D heads, with their labels."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from moue.face.mouth_crop import crop_square, mouth_box
from moue.media.image import read_image
from moue.model.bundled import TrainingSource
from moue.model.spec import resize
from research.mouth_classifier.crops import SCALE, SIDE, Pixels


def read_heads(heads: Path) -> tuple[Pixels, list[str], np.ndarray]:
    """Return (N, SIDE, SIDE, 3) squares, labels and (N,) persons of `draw-varied-heads`."""
    with (heads / "heads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    squares = [_square(heads, row) for row in rows]
    persons = np.array([int(row["person"]) for row in rows])
    return np.stack(squares), [row["label"] for row in rows], persons


def _square(heads: Path, row: dict[str, str]) -> Pixels:
    lips = np.array([float(row[name]) for name in ("x0", "y0", "x1", "y1")], np.float32)
    image = read_image(heads / row["file"])
    return resize(crop_square(image, mouth_box(lips, SCALE)), SIDE)


def heads_source(count: int) -> TrainingSource:
    """Return the entry of the model card for the heads."""
    return TrainingSource(
        name="3D heads of MakeHuman and Face Units",
        terms="CC0; rendered by research/synthetic_faces",
        commercial_use=True,
        licence="CC0-1.0",
        count=count,
        source="python -m research draw-varied-heads HEADS",
    )
