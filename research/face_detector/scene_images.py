"""Whole pictures for training scenes: some with pseudo-labelled faces, some without people.

A face that only YuNet found is ignored in training: neither a positive nor a negative.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from research.common.held_out import held_out
from research.face_detector.arrays import Floats, Pixels
from research.face_detector.face_images import face_points

SIDE = 640
FILE = "wholes.npz"


def shrunk(file: Path) -> tuple[Pixels, float] | None:
    """Return a picture in grey, its longer side at most SIDE, and the factor."""
    grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if grey is None or min(grey.shape) < 40:
        return None
    scale = min(1.0, SIDE / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def save_scene_images(data: Path, pseudo_labels: Path, backgrounds: Path, work: Path) -> None:
    """Write `work`/FILE: concatenated `pixels` of all pictures, `shapes`, `faces` and `of`.

    `faces` (M, 27, 2) belong to pictures `of` (M,); uncertain faces have only a box, then NaN.
    """
    cv2.setNumThreads(1)
    pixels: list[Pixels] = []
    faces: list[Floats] = []
    of: list[int] = []
    for row in json.loads(pseudo_labels.read_text()):
        if held_out(row["file"]) or (found := shrunk(data / row["file"])) is None:
            continue
        for face in row["faces"]:
            faces.append(_labelled_points(face) * np.float32(found[1]))
            of.append(len(pixels))
        pixels.append(found[0])
    for file in sorted(backgrounds.rglob("*")):
        if file.suffix in (".jpg", ".png", ".webp") and (found := shrunk(file)) is not None:
            pixels.append(found[0])
    shapes = [p.shape for p in pixels]
    flat = np.concatenate([p.ravel() for p in pixels])
    np.savez(work / FILE, pixels=flat, shapes=shapes, faces=np.stack(faces), of=of)


def _labelled_points(face: dict[str, Any]) -> Floats:
    if face["points"] is not None:
        return face_points(np.array(face["points"], np.float32).reshape(-1, 2))
    uncertain = np.full((27, 2), np.nan, np.float32)
    uncertain[:2] = np.array(face["box"][:4], np.float32).reshape(2, 2)
    return uncertain
