"""Faces with known mesh points: photos, measured by a face mesh, and generated faces.

MESH is a folder that `mesh-points` writes: `mouths.json`, a list of files, `names.json`, the names
of the blendshapes, and `mesh.npz`, whose arrays are `P` (N, 478, 3), mesh points in pixels, NaN
where no face was found, and `B` (N, 52), blendshape scores.
"""

from __future__ import annotations

import csv
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from research.common.held_out import held_out
from research.face_detector.arrays import Floats
from research.face_detector.mouth_shapes import BLENDSHAPES, SHAPES, shapes

LEFT_OUT = ("webscrape/", "videos/", "yawn/", "mouth2/", "fantopop__", "V-Express_")
"""Parts of file names that are in no training: whole pictures, mouth crops, evaluation sets."""
MESH_SHA256 = "e3496ce5e5b99e060f5033f0a676798cefa0c6773e5b81f69ba1fdaba4de879d"
"""SHA-256 of the `mesh.npz` of the bundled weights; another one gives other weights."""


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face with known points.

    Attributes:
        file: The picture.
        mesh: (478, 2) mesh points in its pixels.
        shape: Index of the shape of the mouth in `mouth_shapes.SHAPES`.
        real: Whether it is a photo.
        identity: Name for the held-out split; the same for copies of one picture.
        in_training: Whether the face is in the training data.
    """

    file: Path
    mesh: Floats
    shape: int
    real: bool
    identity: str
    in_training: bool = True


def mesh_faces(data: Path, mesh: Path) -> Iterator[KnownFace]:
    """Yield the photos in which the mesh found a face."""
    content = mesh / "mesh.npz"
    with content.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != MESH_SHA256:
            print(f"{content}: not the file of the bundled weights; the weights will differ")
    files = json.loads((mesh / "mouths.json").read_text())
    names = json.loads((mesh / "names.json").read_text())
    with np.load(content) as kept:
        points, scores = kept["P"][..., :2], kept["B"]
    kinds = shapes(scores[:, [names.index(name) for name in BLENDSHAPES]])
    copies = _copies(data)
    for (file, _), found, kind in zip(files, points, kinds, strict=True):
        if np.isnan(found[0, 0]):
            continue
        identity = copies.get(file, file)
        left_out = any(part in file for part in LEFT_OUT)
        training = not (left_out or held_out(identity) or held_out(file))
        yield KnownFace(data / file, found, int(kind), True, identity, training)


def generated_faces(data: Path) -> Iterator[KnownFace]:
    """Yield the generated faces; what does not exist is named."""
    for name in ("faces", "heads"):
        table = data / "generated" / f"{name}.jsonl"
        if not table.exists():
            print(f"{table}: not found; no generated {name}")
            continue
        for line in table.read_text().splitlines():
            row = json.loads(line)
            points = np.array(row["points"], np.float32).reshape(-1, 2)
            scores = np.array([[row["units"][unit] for unit in BLENDSHAPES]], np.float32)
            file = data / "generated" / row["file"]
            yield KnownFace(file, points, int(shapes(scores)[0]), False, row["file"])


def open_held_out(face: KnownFace) -> bool:
    """Return whether an open mouth is left out of a training that measures open mouths."""
    return SHAPES[face.shape] == "open" and zlib.crc32(face.identity.encode()) % 3 == 0


def _copies(data: Path) -> dict[str, str]:
    """Return the file in UTKFace of each picture that dev4 copied from there."""
    with (data / "dev4.csv").open(newline="") as table:
        return {
            f"dev4/{row['file']}": f"utkface10k/{row['utkface10k_file']}"
            for row in csv.DictReader(table)
            if row["utkface10k_file"]
        }
