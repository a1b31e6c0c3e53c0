"""Face images of one size with known points, the material of training scenes.

MESH is a folder with `mouths.json`, a list of files, and `mesh.npz`, whose array `P` has the
(N, 478, 3) face mesh points in pixels, NaN where no face was found.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from research.common.held_out import held_out
from research.common.landmarks import (
    LEFT_CORNER,
    LEFT_EYE,
    NOSE_TIP,
    OUTER_LIPS,
    RIGHT_CORNER,
    RIGHT_EYE,
)  # fmt: skip

SIDE = 224
FILE = "faces.npz"
LEFT_OUT = ("webscrape/", "videos/", "yawn/", "mouth2/", "fantopop__", "V-Express_")
"""Parts of excluded file names: whole pictures, mouth crops, and evaluation sets."""
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


def face_points(mesh: Floats) -> Floats:
    """Return (27, 2) of (478, 2) mesh points: the box's two corners, 5 points, 20 of the lips."""
    eyes = [mesh[list(eye)].mean(0) for eye in (RIGHT_EYE, LEFT_EYE)]
    five = [*eyes, *mesh[[NOSE_TIP, RIGHT_CORNER, LEFT_CORNER]]]
    return np.stack([mesh.min(0), mesh.max(0), *five, *mesh[OUTER_LIPS]]).astype(np.float32)


def known(data: Path, mesh: Path) -> Iterator[tuple[Path, Floats, bool]]:
    """Yield file, (478, 2) mesh points in pixels, and whether the face is a photo."""
    files = json.loads((mesh / "mouths.json").read_text())
    with (data / "dev4.csv").open(newline="") as table:
        rows = [(row["file"], row["utkface10k_file"]) for row in csv.DictReader(table)]
    # Pictures that dev4 copied from a held-out part of UTKFace are held out too.
    twins = {f"dev4/{file}" for file, twin in rows if held_out(f"utkface10k/{twin}")}
    with np.load(mesh / "mesh.npz") as kept:
        points = kept["P"][..., :2]
    for (file, _), found in zip(files, points, strict=True):
        left_out = any(part in file for part in LEFT_OUT)
        if np.isnan(found[0, 0]) or left_out or file in twins or held_out(file):
            continue
        yield data / file, found, True
    for name in ("faces", "heads"):
        for line in (data / "generated" / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            flat = np.array(row["points"], np.float32).reshape(-1, 2)
            yield data / "generated" / row["file"], flat, False


def crop_face(file: Path, mesh: Floats) -> tuple[Pixels, Floats] | None:
    """Return the (SIDE, SIDE) grey picture and its (27, 2) points; None if unusable."""
    grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if grey is None or max(grey.shape) > 1.3 * min(grey.shape):
        return None
    # Padded at the bottom and the right only, so that the points keep their coordinates.
    missing = [max(grey.shape) - n for n in grey.shape]
    grey = cv2.copyMakeBorder(grey, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    scale = SIDE / max(grey.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=way)
    return np.asarray(small, np.uint8), face_points(mesh * np.float32(scale))


def save_face_images(data: Path, mesh: Path, work: Path) -> None:
    """Write `work`/FILE: `images` (N, SIDE, SIDE), `points` (N, 27, 2), `real` (N,)."""
    cv2.setNumThreads(1)
    rows = [(found, real) for file, p, real in known(data, mesh) if (found := crop_face(file, p))]
    np.savez(
        work / FILE,
        images=np.stack([image for (image, _), _ in rows]),
        points=np.stack([points for (_, points), _ in rows]),
        real=np.array([real for _, real in rows]),
    )
