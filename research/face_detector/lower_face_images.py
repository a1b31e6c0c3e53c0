"""Lower faces of `mouths3` with known lip boxes and mouth corners: further mouths for `Lips`.

No outline of these lips is known, so only the box and the corners count in the loss.
"""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from research.face_detector.arrays import Floats, Pixels
from research.face_detector.mouth_shapes import BLENDSHAPES, shapes

SIDE, FILE = 112, "lower_faces.npz"
MIN_CROP = 50.0
"""Minimum side of a picture in pixels; smaller ones are too blurred for exact lips."""


def save_lower_face_images(data: Path, work: Path) -> None:
    """Write `work`/FILE: `images`, `boxes`, `corners`, `shapes` and `sources` of the mouths.

    `images` are (N, SIDE, SIDE) grey, `boxes` (N, 4) and `corners` (N, 2, 2) in their pixels, the
    corner on the left of the picture first; `shapes` (N,) as in `mouth_shapes`; `sources` (N,).
    """
    cv2.setNumThreads(1)
    with (data / "mouths3.csv").open(newline="") as table:
        rows = [
            row for row in csv.DictReader(table)
            if row["eye_label"] != "unclear" and float(row["crop_px"]) >= MIN_CROP
        ]  # fmt: skip
    images: list[Pixels] = []
    for row in rows:
        grey = cv2.imread(str(data / "mouths3" / row["file"]), cv2.IMREAD_GRAYSCALE)
        assert grey is not None, row["file"]
        images.append(np.asarray(cv2.resize(grey, (SIDE, SIDE)), np.uint8))
    scales = SIDE / _numbers(rows, "crop_px")
    np.savez(
        work / FILE,
        images=np.stack(images),
        boxes=_numbers(rows, "x0", "y0", "x1", "y1") * scales,
        corners=(_numbers(rows, "lx", "ly", "rx", "ry") * scales).reshape(-1, 2, 2),
        shapes=shapes(_numbers(rows, *BLENDSHAPES)),
        sources=np.array([row["source"] for row in rows]),
    )


def _numbers(rows: list[dict[str, str]], *columns: str) -> Floats:
    """Return columns as (N, C) numbers; an empty field is 0."""
    return np.array([[float(row[c] or 0) for c in columns] for row in rows], np.float32)
