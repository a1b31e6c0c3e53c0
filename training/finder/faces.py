"""Faces with known points, cut to one size: what scenes are composed of.

    PYTHONPATH=src:. python -m training.finder.faces DATA MESH KEPT

MESH is a folder with `mouths.json`, the files, and `mesh.npz`, whose `P` holds (N, 478, 3) points
of MediaPipe's face mesh in their pixels, NaN where it saw no face (see `training/README.md`).
"""

from __future__ import annotations

import csv
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 224
FILE = "faces.npz"
EYES, NOSE, CORNERS = ((33, 133), (362, 263)), 4, (61, 291)
OUTER = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
LEFT_OUT = ("webscrape/", "videos/", "yawn/", "mouth2/", "fantopop__", "V-Express_")
"""Parts of names: whole pictures, no faces but mouths, or people of sets kept for judging."""
Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


def held_out(file: str) -> bool:
    """Return whether a file is kept for judging.

    Half of HELEN and of the web pictures, a tenth of UTKFace, and all of the smaller sets.
    """
    if file.startswith(("helen/", "webscrape/", "utkface10k/")):
        return zlib.crc32(file.encode()) % (10 if file.startswith("utk") else 2) == 0
    return file.startswith(("videos/", "landmarks68/", "photos/"))


def described(mesh: Floats) -> Floats:
    """Return (27, 2) of (478, 2) mesh points: the box's two corners, 5 points, 20 of the lips."""
    five = [*(mesh[list(eye)].mean(0) for eye in EYES), mesh[NOSE], *(mesh[i] for i in CORNERS)]
    return np.stack([mesh.min(0), mesh.max(0), *five, *mesh[OUTER]]).astype(np.float32)


def known(data: Path, mesh: Path) -> Iterator[tuple[Path, Floats, bool]]:
    """Yield a file, its face's (478, 2) points in pixels, and whether the face is real."""
    files = json.loads((mesh / "mouths.json").read_text())
    with (data / "dev4.csv").open(newline="") as table:
        rows = [(row["file"], row["utkface10k_file"]) for row in csv.DictReader(table)]
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


def cut(file: Path, mesh: Floats) -> tuple[Pixels, Floats] | None:
    """Return the (SIDE, SIDE) grey picture and its (27, 2) points; None where it has no pixels."""
    grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if grey is None or max(grey.shape) > 1.3 * min(grey.shape):
        return None
    missing = [max(grey.shape) - n for n in grey.shape]
    grey = cv2.copyMakeBorder(grey, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    scale = SIDE / max(grey.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=way)
    return np.asarray(small, np.uint8), described(mesh * np.float32(scale))


def main(data: Path, mesh: Path, kept: Path) -> None:
    """Write `kept`/FILE: `images` (N, SIDE, SIDE), `points` (N, 27, 2), `real` (N,)."""
    rows = [(found, real) for file, p, real in known(data, mesh) if (found := cut(file, p))]
    np.savez(
        kept / FILE,
        images=np.stack([image for (image, _), _ in rows]),
        points=np.stack([points for (_, points), _ in rows]),
        real=np.array([real for _, real in rows]),
    )


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main(*map(Path, sys.argv[1:4]))
