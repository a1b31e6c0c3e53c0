"""Features of every face of the development data, measured by MediaPipe's face mesh.

Measuring needs the packages of research/synthetic_faces/requirements.txt, in an environment of
their own, takes about six minutes on one core, and writes DATA/mesh.npz.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.geometry import bounding_box, center, iou
from research.common.landmarks import INNER_LIPS, OUTER_LIPS
from research.common.video_frames import read_picture
from research.mouth_classifier.development_data import Mouth, mouths

FILE = "mesh.npz"
Floats = npt.NDArray[np.float32]
Landmarker = Callable[[npt.NDArray[np.uint8]], tuple[dict[str, float], Floats] | None]
NOSE_CHEEKS_CHIN = [129, 358, 2, 94, 98, 327, 205, 425, 152, 199, 200, 18]
"""Points of nose, cheeks and chin."""
RIGID = [33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 10, 151, 9, 8, 127, 356, 70, 300, 50, 280]
"""Points that expressions hardly move; every face is aligned to the mean face by them."""
VIEWS = ((0.8, 5.0), (0.6, 4.0), (0.9, 6.5))
"""Views to try in order: offset above the lips and side, in mouth widths."""
SIDE = 256
GOOD_IOU, MIN_IOU = 0.4, 0.2
"""IoU with the known lip box that ends the search, and the minimum IoU of a match."""


def measure(data: Path, found: list[Mouth], landmarker: Landmarker) -> tuple[Floats, Floats]:
    """Return (N, 52) face units and (N, 478, 3) points in pixels; NaN where no face was found."""
    units = np.full((len(found), 52), np.nan, np.float32)
    points = np.full((len(found), 478, 3), np.nan, np.float32)
    for number, mouth in enumerate(found):
        if mouth.lips is None:
            continue
        image, best = read_picture(data, mouth.file), MIN_IOU
        for up, size in VIEWS:
            found_face = _measure_view(image, mouth.lips, up, size, landmarker)
            if (
                found_face is not None
                and (overlap := float(iou(bounding_box(found_face[1][OUTER_LIPS, :2]), mouth.lips)))
                > best
            ):
                units[number], points[number] = found_face
                best = overlap
            # A good match ends the search, since each view costs a call of MediaPipe.
            if best > GOOD_IOU:
                break
    return units, points


def measured(data: Path, found: list[Mouth]) -> Floats:
    """Return (N, F) features from DATA/mesh.npz; rows of NaN where no face was found.

    Raises:
        DataError: the file is missing or lacks some of the mouths.
    """
    if not (data / FILE).is_file():
        raise DataError(
            f"{data / FILE}: no such file; run `python -m research mesh-features {data}` first"
        )
    with np.load(data / FILE) as kept:
        rows = dict(zip(kept["names"].tolist(), kept["features"].astype(np.float32), strict=True))
    missing = sum(mouth.name not in rows for mouth in found)
    if missing:
        raise DataError(
            f"{data / FILE}: lacks {missing} mouths; "
            f"run `python -m research mesh-features {data}` again"
        )
    return np.stack([rows[mouth.name] for mouth in found])


def features(units: Floats, points: Floats) -> Floats:
    """Return (N, 224) features: face units, mouth proportions and aligned points."""

    def far(a: int, b: int) -> Floats:
        return np.asarray(np.linalg.norm(points[:, a] - points[:, b], axis=-1))

    aligned = _align(points)
    # Corners of the mouth, outer corners of the eyes, sides of the nose.
    width, eyes, nose = far(61, 291), far(33, 263), far(129, 358)
    # The middle of the lips from top to bottom: 0, 13, 14, 17.
    gap, upper, lower, height = far(13, 14), far(0, 13), far(14, 17), far(0, 17)
    wide_gap = (gap + far(82, 87) + far(312, 317)) / 3
    corners = (aligned[:, 61] + aligned[:, 291]) / 2
    # Ratios, so that the size of the face in the picture does not matter.
    proportions = [
        *(width / eyes, width / nose, gap / width, wide_gap / width, upper / width),
        *(lower / width, height / width, height / eyes, gap / eyes, far(78, 308) / width),
        corners[:, 1] - (aligned[:, 13, 1] + aligned[:, 14, 1]) / 2,
        corners[:, 2] - (aligned[:, 0, 2] + aligned[:, 17, 2]) / 2,
        *(aligned[:, 0, 2] - aligned[:, 1, 2], aligned[:, 17, 2] - aligned[:, 1, 2]),
        aligned[:, 0, 2] - aligned[:, 152, 2],
        # The difference in depth between both sides of the face grows when the head turns.
        np.abs(points[:, 234, 2] - points[:, 454, 2]) / eyes,
    ]
    positions = 10 * aligned[:, [*OUTER_LIPS, *INNER_LIPS, *NOSE_CHEEKS_CHIN]].reshape(
        len(aligned), -1
    )
    return np.concatenate([units, np.stack(proportions, 1), positions], 1).astype(np.float32)


def _measure_view(
    image: npt.NDArray[np.uint8], lips: Floats, up: float, size: float, landmarker: Landmarker
) -> tuple[list[float], Floats] | None:
    width = float((lips[2:] - lips[:2]).max())
    centre = center(lips) - np.array([0, up * width])
    scale = SIDE / (size * width)
    start = SIDE / 2 - scale * centre
    matrix = np.array([[scale, 0, start[0]], [0, scale, start[1]]])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    view = cv2.warpAffine(
        image, matrix, (SIDE, SIDE), flags=interpolation, borderMode=cv2.BORDER_REPLICATE
    )
    found_face = landmarker(np.asarray(view, np.uint8))
    if found_face is None:
        return None
    # Back to pixels of the picture: the inverse of `matrix`. Depth has the scale of x.
    points = found_face[1] * SIDE / scale
    points[:, :2] -= start / scale
    return list(found_face[0].values()), points.astype(np.float32)


def _align(points: Floats) -> Floats:
    """Align each face to the mean face by a similarity transform (Procrustes on `RIGID`)."""
    rigid = points[:, RIGID]
    rigid = rigid - rigid.mean(1, keepdims=True)
    size = np.sqrt((rigid**2).sum((1, 2), keepdims=True))
    rigid = rigid / size
    known = ~np.isnan(size[:, 0, 0])
    mean = rigid[known][0]
    # The mean and the rotations depend on each other, so they are computed in turns.
    for _ in range(4):
        mean = (rigid[known] @ _rotations(rigid[known], mean)).mean(0)
        # The mean of different shapes is smaller than the shapes, so its size is restored.
        mean /= np.sqrt((mean**2).sum())
    aligned = np.full_like(points, np.nan)
    moved = points[known] - points[known][:, RIGID].mean(1, keepdims=True)
    aligned[known] = moved / size[known] @ _rotations(rigid[known], mean)
    return aligned


def _rotations(rigid: Floats, mean: Floats) -> Floats:
    """Return the (N, 3, 3) rotations that align the points best to the mean."""
    left, _, right = np.linalg.svd(rigid.transpose(0, 2, 1) @ mean)
    # A mirrored face may fit better, but only a rotation is allowed: its determinant is 1.
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    return np.asarray(left @ right)


def save_mesh_features(data: Path) -> None:
    """Compute the features of every face and write DATA/mesh.npz."""
    from research.common.face_landmarker import FaceLandmarker as MediaPipe

    found = mouths(data)
    names = np.array([mouth.name for mouth in found])
    with MediaPipe() as landmarker:
        units, points = measure(data, found, landmarker)
    np.savez(data / FILE, names=names, features=features(units, points).astype(np.float16))
