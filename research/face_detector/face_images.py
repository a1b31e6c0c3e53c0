"""Face images of one size with known points, the material of training scenes."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from research.common.landmarks import (
    LEFT_CORNER,
    LEFT_EYE,
    NOSE_TIP,
    OUTER_LIPS,
    RIGHT_CORNER,
    RIGHT_EYE,
)  # fmt: skip
from research.face_detector.arrays import Floats, Pixels
from research.face_detector.known_faces import KnownFace, generated_faces, mesh_faces, open_held_out

SIDE = 224
FILE = "faces.npz"


def face_points(mesh: Floats) -> Floats:
    """Return (27, 2) of (478, 2) mesh points: the box's two corners, 5 points, 20 of the lips."""
    eyes = [mesh[list(eye)].mean(0) for eye in (RIGHT_EYE, LEFT_EYE)]
    five = [*eyes, *mesh[[NOSE_TIP, RIGHT_CORNER, LEFT_CORNER]]]
    return np.stack([mesh.min(0), mesh.max(0), *five, *mesh[OUTER_LIPS]]).astype(np.float32)


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


def save_face_images(data: Path, mesh: Path, work: Path) -> None:
    """Write `work`/FILE: `images` (N, SIDE, SIDE), `points` (N, 27, 2), and (N,) arrays.

    These are `real`, `shapes` as in `mouth_shapes`, and `held_out` of `open_held_out`.
    """
    cv2.setNumThreads(1)
    faces = chain(
        (face for face in mesh_faces(data, mesh) if face.in_training), generated_faces(data)
    )
    rows = [(found, face) for face in faces if (found := crop_face(face))]
    np.savez(
        work / FILE,
        images=np.stack([image for (image, _), _ in rows]),
        points=np.stack([points for (_, points), _ in rows]),
        real=np.array([face.real for _, face in rows]),
        shapes=np.array([face.shape for _, face in rows]),
        held_out=np.array([open_held_out(face) for _, face in rows]),
    )
