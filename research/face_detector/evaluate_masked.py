"""Evaluate the bundled detector on held-out faces with drawn masks: detections and scores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from moue.face.backends import FaceSettings, detect_faces
from moue.geometry import iou
from moue.media.image import Picture, read_image
from research.common.held_out import held_out
from research.common.landmarks import JAW, NOSE_BRIDGE, NOSE_TIP
from research.face_detector.arrays import Floats, Pixels

COLOURS = ((240, 240, 245), (120, 170, 210), (30, 30, 35), (200, 205, 210))
HIDDEN = 0.5
"""Score below which a mouth counts as hidden."""


def faces(data: Path, mesh: Path) -> Iterator[tuple[Pixels, Floats]]:
    """Yield the held-out half of HELEN, (H, W, 3) RGB, with the (478, 2) points of each face."""
    files = json.loads((mesh / "mouths.json").read_text())
    with np.load(mesh / "mesh.npz") as kept:
        for (file, _), points in zip(files, kept["P"][..., :2], strict=True):
            if file.startswith("helen/") and held_out(file) and not np.isnan(points[0, 0]):
                yield read_image(data / file), points


def masked(image: Pixels, points: Floats, rng: np.random.Generator) -> Pixels:
    """Return the picture with a folded mask from the bridge of the nose to the chin."""
    outline = np.concatenate([points[JAW], 0.4 * points[[NOSE_BRIDGE]] + 0.6 * points[[NOSE_TIP]]])
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255)
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    # Relative to the width of the face, so that the folds scale with it.
    x, y = (
        (v - c) / np.ptp(points[:, 0])
        for v, c in zip((columns, rows), points[NOSE_TIP], strict=True)
    )
    folds = 1 - 0.25 * np.abs(x) + 0.06 * np.sin(30 * y + 0.5 * np.sin(6 * x))
    cloth = np.array(COLOURS[int(rng.integers(len(COLOURS)))]) * folds[..., None]
    cloth = (cloth + rng.normal(0, 3, image.shape)).clip(0, 255)
    return np.where(mask[..., None] > 0, cloth, image).astype(np.uint8)


def score(image: Pixels, points: Floats) -> float | None:
    """Return the score of the face at `points`; None if it is not detected."""
    box = np.concatenate([points.min(0), points.max(0)])
    found = detect_faces(Picture.from_array(image), FaceSettings(backend="moue"))
    return max((f.score for f in found if iou(f.box, box) > 0.3), default=None)


def evaluate_masked(data: Path, mesh: Path) -> None:
    """Print the number of detected faces and of scores below `HIDDEN`, bare and masked."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    bare, hidden = [], []
    for image, points in faces(data, mesh):
        bare.append(score(image, points))
        hidden.append(score(masked(image, points, rng), points))
    for name, scores in (("bare", bare), ("masked", hidden)):
        found = [s for s in scores if s is not None]
        low = sum(s < HIDDEN for s in found)
        print(
            f"{name:7} {len(scores)} faces, {len(found)} found, {low} with a score below {HIDDEN}"
        )
