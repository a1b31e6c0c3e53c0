"""Measure every face of the data by MediaPipe's face mesh: the second opinion that teaches.

    PYTHONPATH=src:scripts/pictures python -m training.mesh DATA

Needs the packages of scripts/pictures/requirements.txt, in an environment of their own. What it
measures goes to DATA/mesh.npz; about six minutes on one core.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.geometry import bounding_box, center, iou
from training.cut import pixels_of
from training.sources import Mouth, mouths

FILE = "mesh.npz"
Floats = npt.NDArray[np.float32]
Judge = Callable[[npt.NDArray[np.uint8]], tuple[dict[str, float], Floats] | None]
OUTER = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
INNER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191]
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
        image, best = pixels_of(data, mouth.file), POOR
        for up, size in VIEWS:
            seen = _look(image, mouth.lips, up, size, judge)
            if (
                seen is not None
                and (well := float(iou(bounding_box(seen[1][OUTER, :2]), mouth.lips))) > best
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
        raise DataError(f"{data / FILE}: not there; run `python -m training.mesh {data}` first")
    with np.load(data / FILE) as kept:
        rows = dict(zip(kept["names"].tolist(), kept["features"].astype(np.float32), strict=True))
    missing = sum(mouth.name not in rows for mouth in found)
    if missing:
        raise DataError(
            f"{data / FILE}: lacks {missing} mouths; run `python -m training.mesh {data}` again"
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
    places = 10 * laid[:, OUTER + INNER + AROUND].reshape(len(laid), -1)
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


def main(data: Path) -> None:
    """Measure the data and save it."""
    from judge import Judge as MediaPipe  # type: ignore[import-not-found]  # scripts/pictures

    found = mouths(data)
    names = np.array([mouth.name for mouth in found])
    with MediaPipe() as judge:
        units, points = measure(data, found, judge)
    np.savez(data / FILE, names=names, features=features(units, points).astype(np.float16))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
