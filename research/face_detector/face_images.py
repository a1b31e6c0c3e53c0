"""Face images of one size with known points, the material of training scenes.

MESH is a folder with `mouths.json`, a list of files, and `mesh.npz`, whose array `P` has the
(N, 478, 3) face mesh points in pixels, NaN where no face was found.
"""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from research.common.held_out import held_out
from research.common.landmarks import (
    LEFT_CORNER,
    LEFT_EYE,
    NOSE_TIP,
    OUTER_LIPS,
    RIGHT_CORNER,
    RIGHT_EYE,
)  # fmt: skip
from research.face_detector.arrays import Floats, Pixels
from research.face_detector.mouth_shapes import BLENDSHAPES, SHAPES, shapes

SIDE = 224
FILE = "faces.npz"
LEFT_OUT = ("webscrape/", "videos/", "yawn/", "mouth2/", "fantopop__", "V-Express_")
"""Parts of excluded file names: whole pictures, mouth crops, and evaluation sets."""


def face_points(mesh: Floats) -> Floats:
    """Return (27, 2) of (478, 2) mesh points: the box's two corners, 5 points, 20 of the lips."""
    eyes = [mesh[list(eye)].mean(0) for eye in (RIGHT_EYE, LEFT_EYE)]
    five = [*eyes, *mesh[[NOSE_TIP, RIGHT_CORNER, LEFT_CORNER]]]
    return np.stack([mesh.min(0), mesh.max(0), *five, *mesh[OUTER_LIPS]]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class KnownFace:
    """A face with known points.

    Attributes:
        file: The picture.
        mesh: (478, 2) mesh points in its pixels.
        shape: Index of the shape of the mouth in `mouth_shapes.SHAPES`.
        real: Whether it is a photo.
        identity: Name for the held-out split; the same for copies of one picture.
    """

    file: Path
    mesh: Floats
    shape: int
    real: bool
    identity: str


def known(data: Path, mesh: Path) -> Iterator[KnownFace]:
    """Yield the faces that are not held out; generated faces only if `data`/generated exists."""
    files = json.loads((mesh / "mouths.json").read_text())
    names = json.loads((mesh / "names.json").read_text())
    with (data / "dev4.csv").open(newline="") as table:
        copies = {
            f"dev4/{row['file']}": f"utkface10k/{row['utkface10k_file']}"
            for row in csv.DictReader(table)
            if row["utkface10k_file"]
        }
    with np.load(mesh / "mesh.npz") as kept:
        points, scores = kept["P"][..., :2], kept["B"]
    kinds = shapes(scores[:, [names.index(name) for name in BLENDSHAPES]])
    for (file, _), found, kind in zip(files, points, kinds, strict=True):
        identity = copies.get(file, file)
        left_out = any(part in file for part in LEFT_OUT)
        if np.isnan(found[0, 0]) or left_out or held_out(identity) or held_out(file):
            continue
        yield KnownFace(data / file, found, int(kind), True, identity)
    for kind_of_face in ("faces", "heads"):
        table_file = data / "generated" / f"{kind_of_face}.jsonl"
        if not table_file.exists():
            print(f"{table_file}: not found; no generated {kind_of_face}")
            continue
        for line in table_file.read_text().splitlines():
            row = json.loads(line)
            flat = np.array(row["points"], np.float32).reshape(-1, 2)
            shape = shapes(np.array([[row["units"][name] for name in BLENDSHAPES]], np.float32))
            file = data / "generated" / row["file"]
            yield KnownFace(file, flat, int(shape[0]), False, row["file"])


def crop_face(face: KnownFace) -> tuple[Pixels, Floats] | None:
    """Return the (SIDE, SIDE) grey picture and its (27, 2) points; None if unusable."""
    grey = cv2.imread(str(face.file), cv2.IMREAD_GRAYSCALE)
    if grey is None or max(grey.shape) > 1.3 * min(grey.shape):
        return None
    # Padded at the bottom and the right only, so that the points keep their coordinates.
    missing = [max(grey.shape) - n for n in grey.shape]
    grey = cv2.copyMakeBorder(grey, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    scale = SIDE / max(grey.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(grey, (SIDE, SIDE), interpolation=way)
    return np.asarray(small, np.uint8), face_points(face.mesh * np.float32(scale))


def open_held_out(face: KnownFace) -> bool:
    """Return whether an open mouth is left out of a training that measures open mouths."""
    return SHAPES[face.shape] == "open" and zlib.crc32(face.identity.encode()) % 3 == 0


def save_face_images(data: Path, mesh: Path, work: Path) -> None:
    """Write `work`/FILE: `images` (N, SIDE, SIDE), `points` (N, 27, 2), and (N,) arrays.

    These are `real`, `shapes` as in `mouth_shapes`, and `held_out` of `open_held_out`.
    """
    cv2.setNumThreads(1)
    rows = [(found, face) for face in known(data, mesh) if (found := crop_face(face))]
    np.savez(
        work / FILE,
        images=np.stack([image for (image, _), _ in rows]),
        points=np.stack([points for (_, points), _ in rows]),
        real=np.array([face.real for _, face in rows]),
        shapes=np.array([face.shape for _, face in rows]),
        held_out=np.array([open_held_out(face) for _, face in rows]),
    )
