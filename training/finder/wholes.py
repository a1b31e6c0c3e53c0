"""Whole pictures: teachers' faces in them, and backgrounds that hold none.

    PYTHONPATH=src:. python -m training.finder.wholes DATA TAUGHT BACKGROUNDS KEPT

TAUGHT is what `training.finder.teach` wrote. A face that only YuNet saw is neither taught nor
taught against. BACKGROUNDS is a folder of
pictures of no people.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from training.finder.faces import Floats, Pixels, described, held_out

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


def main(data: Path, taught: Path, backgrounds: Path, kept: Path) -> None:
    """Write `kept`/FILE: `pixels` of all pictures in a row, `shapes`, and faces by picture.

    `faces` (M, 27, 2) belong to picture `of` (M,); those that nobody is sure of have NaN lips.
    """
    pixels: list[Pixels] = []
    faces: list[Floats] = []
    of: list[int] = []
    for row in json.loads(taught.read_text()):
        if held_out(row["file"]) or (found := shrunk(data / row["file"])) is None:
            continue
        for face in row["faces"]:
            faces.append(_described(face) * np.float32(found[1]))
            of.append(len(pixels))
        pixels.append(found[0])
    for file in sorted(backgrounds.rglob("*")):
        if file.suffix in (".jpg", ".png", ".webp") and (found := shrunk(file)) is not None:
            pixels.append(found[0])
    shapes = [p.shape for p in pixels]
    flat = np.concatenate([p.ravel() for p in pixels])
    np.savez(kept / FILE, pixels=flat, shapes=shapes, faces=np.stack(faces), of=of)


def _described(face: dict[str, Any]) -> Floats:
    if face["points"] is not None:
        return described(np.array(face["points"], np.float32).reshape(-1, 2))
    unsure = np.full((27, 2), np.nan, np.float32)
    unsure[:2] = np.array(face["box"][:4], np.float32).reshape(2, 2)
    return unsure


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main(*map(Path, sys.argv[1:5]))
