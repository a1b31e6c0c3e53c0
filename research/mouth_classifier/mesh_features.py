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
Judge = Callable[[npt.NDArray[np.uint8]], tuple[dict[str, float], Floats] | None]
AROUND = [129, 358, 2, 94, 98, 327, 205, 425, 152, 199, 200, 18]
"""Nose, cheeks and chin."""
STILL = [33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1, 10, 151, 9, 8, 127, 356, 70, 300, 50, 280]
"""Points that no expression moves much; every face is laid on these of the mean face."""
VIEWS = ((0.8, 5.0), (0.6, 4.0), (0.9, 6.5))
"""Squares that are looked at in turn: how far above the lips, and how large, in mouth widths."""
SIDE = 256
WELL, POOR = 0.4, 0.2
"""Overlap with the known lips at which no further view is tried, and under which none counts."""


def measure(data: Path, found: list[Mouth], judge: Judge) -> tuple[Floats, Floats]:
    """Return (N, 52) face units and (N, 478, 3) points, in pixels; NaN where no face was seen."""
    units = np.full((len(found), 52), np.nan, np.float32)
    points = np.full((len(found), 478, 3), np.nan, np.float32)
    for number, mouth in enumerate(found):
        if mouth.lips is None:
            continue
        image, best = read_picture(data, mouth.file), POOR
        for up, size in VIEWS:
            seen = _look(image, mouth.lips, up, size, judge)
            if (
                seen is not None
                and (well := float(iou(bounding_box(seen[1][OUTER_LIPS, :2]), mouth.lips))) > best
            ):
                units[number], points[number] = seen
                best = well
            if best > WELL:
                break
    return units, points


def measured(data: Path, found: list[Mouth]) -> Floats:
    """Return (N, F) features as `main` saved them; rows of NaN where no face was found.

    Raises:
        DataError: they were not measured yet, or of other mouths.
    """
    if not (data / FILE).is_file():
        raise DataError(
            f"{data / FILE}: not there; run `python -m research mesh-features {data}` first"
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
    """Return (N, 224): face units, proportions of the mouth, and its points on the mean face."""

    def far(a: int, b: int) -> Floats:
        return np.asarray(np.linalg.norm(points[:, a] - points[:, b], axis=-1))

    laid = _lay(points)
    width, eyes, nose = far(61, 291), far(33, 263), far(129, 358)
    gap, upper, lower, height = far(13, 14), far(0, 13), far(14, 17), far(0, 17)
    wide_gap = (gap + far(82, 87) + far(312, 317)) / 3
    corners = (laid[:, 61] + laid[:, 291]) / 2
    proportions = [
        *(width / eyes, width / nose, gap / width, wide_gap / width, upper / width),
        *(lower / width, height / width, height / eyes, gap / eyes, far(78, 308) / width),
        corners[:, 1] - (laid[:, 13, 1] + laid[:, 14, 1]) / 2,
        corners[:, 2] - (laid[:, 0, 2] + laid[:, 17, 2]) / 2,
        *(laid[:, 0, 2] - laid[:, 1, 2], laid[:, 17, 2] - laid[:, 1, 2]),
        laid[:, 0, 2] - laid[:, 152, 2],
        np.abs(points[:, 234, 2] - points[:, 454, 2]) / eyes,
    ]
    places = 10 * laid[:, [*OUTER_LIPS, *INNER_LIPS, *AROUND]].reshape(len(laid), -1)
    return np.concatenate([units, np.stack(proportions, 1), places], 1).astype(np.float32)


def _look(
    image: npt.NDArray[np.uint8], lips: Floats, up: float, size: float, judge: Judge
) -> tuple[list[float], Floats] | None:
    width = float((lips[2:] - lips[:2]).max())
    centre = center(lips) - np.array([0, up * width])
    scale = SIDE / (size * width)
    start = SIDE / 2 - scale * centre
    matrix = np.array([[scale, 0, start[0]], [0, scale, start[1]]])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    view = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=way, borderMode=cv2.BORDER_REPLICATE)
    seen = judge(np.asarray(view, np.uint8))
    if seen is None:
        return None
    points = seen[1] * SIDE / scale
    points[:, :2] -= start / scale
    return list(seen[0].values()), points.astype(np.float32)


def _lay(points: Floats) -> Floats:
    """Turn, scale and move each face on to the mean of them (Procrustes, by `STILL`)."""
    still = points[:, STILL]
    still = still - still.mean(1, keepdims=True)
    size = np.sqrt((still**2).sum((1, 2), keepdims=True))
    still = still / size
    known = ~np.isnan(size[:, 0, 0])
    mean = still[known][0]
    for _ in range(4):
        mean = (still[known] @ _turns(still[known], mean)).mean(0)
        mean /= np.sqrt((mean**2).sum())
    laid = np.full_like(points, np.nan)
    moved = points[known] - points[known][:, STILL].mean(1, keepdims=True)
    laid[known] = moved / size[known] @ _turns(still[known], mean)
    return laid


def _turns(still: Floats, mean: Floats) -> Floats:
    """Return the (N, 3, 3) rotations that lay the points best on the mean."""
    left, _, right = np.linalg.svd(still.transpose(0, 2, 1) @ mean)
    left[:, :, 2] *= np.sign(np.linalg.det(left @ right))[:, None]
    return np.asarray(left @ right)


def save_mesh_features(data: Path) -> None:
    """Measure every face and write DATA/mesh.npz."""
    from research.common.face_landmarker import FaceLandmarker as MediaPipe

    found = mouths(data)
    names = np.array([mouth.name for mouth in found])
    with MediaPipe() as judge:
        units, points = measure(data, found, judge)
    np.savez(data / FILE, names=names, features=features(units, points).astype(np.float16))
