"""Measure every whole face of the development data with a face mesh.

Needs the packages of research/synthetic_faces/requirements.txt, in an environment of their own.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np

from research.face_detector.arrays import Floats

PAD = 0.25
"""Border around tightly cropped pictures, as a fraction of the longer side."""
POINTS = 478


def save_mesh_points(data: Path, mesh: Path) -> None:
    """Write `mouths.json`, `names.json` and `mesh.npz` of `known_faces` into the folder `mesh`."""
    from research.common.face_landmarker import FaceLandmarker

    cv2.setNumThreads(1)
    files = _files(data)
    points = np.full((len(files), POINTS, 3), np.nan, np.float32)
    scores: dict[int, dict[str, float]] = {}
    with FaceLandmarker() as landmarker:
        for number, file in enumerate(files):
            image = cv2.imread(str(data / file))
            assert image is not None, file
            # Pictures of HELEN show the whole head; those of the other sets end at the face.
            pad = 0 if file.startswith("helen/") else round(PAD * max(image.shape[:2]))
            padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
            if (seen := landmarker(padded[..., ::-1])) is None:
                continue
            scores[number], fractions = seen
            height, width = padded.shape[:2]
            points[number] = fractions * (width, height, width) - (pad, pad, 0)
    names = list(next(iter(scores.values())))
    mesh.mkdir(parents=True, exist_ok=True)
    np.savez(mesh / "mesh.npz", P=points, B=_table(scores, names, len(files)))
    (mesh / "mouths.json").write_text(json.dumps([[file, None] for file in files]))
    (mesh / "names.json").write_text(json.dumps(names))


def _files(data: Path) -> list[str]:
    folders = ("utkface10k", "helen")
    files = [str(f.relative_to(data)) for d in folders for f in sorted((data / d).rglob("*.jp*g"))]
    with (data / "dev4.csv").open(newline="") as table:
        faces = [row["file"] for row in csv.DictReader(table) if row["kind"] == "face"]
    return files + [f"dev4/{file}" for file in sorted(faces)]


def _table(scores: dict[int, dict[str, float]], names: list[str], count: int) -> Floats:
    table = np.full((count, len(names)), np.nan, np.float32)
    for number, row in scores.items():
        table[number] = [row[name] for name in names]
    return table
