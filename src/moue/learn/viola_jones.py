"""The cascade classifier of OpenCV, evaluated stage by stage.

`cv2.CascadeClassifier` returns only the final boxes. This module reads the same XML file and tries
the same windows, so that each stage can be shown. `static/core/cascade.js` does the same.

Source:
    OpenCV 4, modules/objdetect/src/cascadedetect.cpp.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import numpy.typing as npt

from moue.media.image import Grey

Floats = npt.NDArray[np.float32]
WINDOW = 24
"""Side of the window in pixels."""
_EPSILON = np.float32(1e-5)
"""OpenCV lowers the thresholds of all stages by this number."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """The weak classifiers of a cascade, in the order in which they run.

    Attributes:
        rects: (F, 3, 4) int8, rectangles x, y, width, height of each feature in the window.
        weights: (F, 3) int8, weight of each rectangle; 0 for a missing third rectangle.
        thresholds: (F,) float32, thresholds of the features.
        left, right: (F,) float32, votes for a value below the threshold, and of at least it.
        sizes: (S,) int32, number of features of each stage.
        stages: (S,) float32, minimum sum of votes of each stage.
    """

    rects: npt.NDArray[np.int8]
    weights: npt.NDArray[np.int8]
    thresholds: Floats
    left: Floats
    right: Floats
    sizes: npt.NDArray[np.int32]
    stages: Floats


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows that were tried at all scales.

    Attributes:
        boxes: (N, 3) int32, left, top and side in pixels of the picture.
        passed: (N,) int64, number of stages that accepted the window.
    """

    boxes: npt.NDArray[np.int32]
    passed: npt.NDArray[np.int64]

    def left(self, stages: int) -> list[int]:
        """Return the number of windows that are left before the first and after each stage."""
        return [int((self.passed >= stage).sum()) for stage in range(stages + 1)]


@functools.cache
def cascade(name: str = "frontalface_default") -> Cascade:
    """Return the cascade of an XML file of OpenCV."""
    path = Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"
    root = ElementTree.parse(path).getroot().find("cascade")
    assert root is not None
    features = list(root.find("features") or ())
    stages, order, nodes, leaves = list(root.find("stages") or ()), [], [], []
    for stage in stages:
        for weak in stage.find("weakClassifiers") or ():
            _, _, feature, threshold = _numbers(weak.find("internalNodes"))
            order.append(int(feature))
            nodes.append(threshold)
            leaves.append(_numbers(weak.find("leafValues")))
    rects = np.zeros((len(order), 3, 4), np.int8)
    weights = np.zeros((len(order), 3), np.int8)
    for row, index in enumerate(order):
        for column, rect in enumerate(features[index].find("rects") or ()):
            *place, weight = _numbers(rect)
            rects[row, column], weights[row, column] = place, weight
    votes = np.array(leaves, np.float32)
    limits = [_numbers(stage.find("stageThreshold"))[0] for stage in stages]
    return Cascade(
        rects=rects, weights=weights, thresholds=np.array(nodes, np.float32),
        left=votes[:, 0].copy(), right=votes[:, 1].copy(),
        sizes=np.array([len(stage.find("weakClassifiers") or ()) for stage in stages], np.int32),
        stages=np.array(limits, np.float32) - _EPSILON,
    )  # fmt: skip


def scales(side: int, factor: float) -> list[np.float32]:
    """Return the scales that OpenCV searches: 1, factor, factor² … while the window fits.

    Args:
        side: shorter side of the picture, in pixels.
        factor: ratio of successive scales.
    """
    found, scale = [], 1.0
    while round(WINDOW * scale) <= side:
        found.append(np.float32(scale))
        scale *= factor
    return found


def search(grey: Grey, factor: float, chosen: Cascade | None = None) -> Windows:
    """Try all windows of a (H, W) uint8 picture.

    Args:
        grey: picture.
        factor: ratio of successive window sizes, above 1 (OpenCV's `scaleFactor`).
        chosen: cascade; the default cascade for frontal faces if None.
    """
    use = chosen or cascade()
    boxes, passed = [np.empty((0, 3), np.int32)], [np.empty(0, np.int64)]
    for scale in scales(min(grey.shape), factor):
        size = (round(grey.shape[1] / float(scale)), round(grey.shape[0] / float(scale)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR_EXACT)
        places, stage = _search_one(np.asarray(small, np.uint8), 1 if scale >= 2 else 2, use)
        corners = np.rint(places * scale).astype(np.int32)
        side = np.full((len(places), 1), round(WINDOW * float(scale)), np.int32)
        boxes.append(np.concatenate([corners, side], axis=1))
        passed.append(stage)
    return Windows(np.concatenate(boxes), np.concatenate(passed))


def _search_one(
    grey: Grey, step: int, use: Cascade
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Try the windows of one scale; return their (N, 2) corners and the stages they passed."""
    tables = cv2.integral2(grey, sdepth=cv2.CV_32S, sqdepth=cv2.CV_64F)
    sums, squares = np.asarray(tables[0], np.int32), np.asarray(tables[1], np.float64)
    height, width = grey.shape
    x = np.arange(0, width - WINDOW + 1, step)
    y = np.arange(0, height - WINDOW + 1, step)
    if not len(x) or not len(y):
        return np.empty((0, 2), np.float32), np.empty(0, np.int64)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    norm, flat = _norms(sums, squares, grid)
    passed = np.full(len(grid), -1)
    passed[~flat] = 0
    alive = np.flatnonzero(~flat)
    start = 0
    for size, limit in zip(use.sizes, use.stages, strict=True):
        votes = np.zeros(len(alive))
        for feature in range(start, start + int(size)):
            value = _feature(sums, grid[alive], use, feature) * norm[alive]
            votes += np.where(
                value < use.thresholds[feature], use.left[feature], use.right[feature]
            )
        start += int(size)
        alive = alive[votes >= limit]
        passed[alive] += 1
    kept = _visited(passed.reshape(len(y), len(x))).ravel() & (passed >= 0)
    return grid[kept].astype(np.float32), passed[kept]


def _norms(
    sums: npt.NDArray[np.int32], squares: npt.NDArray[np.float64], grid: npt.NDArray[np.int64]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the divisor of the contrast of each window, and which windows are almost uniform."""
    inner = (WINDOW - 2) ** 2
    value = _box(sums, grid, 1, 1, WINDOW - 2, WINDOW - 2).astype(np.float64)
    square = _box(squares, grid, 1, 1, WINDOW - 2, WINDOW - 2).astype(np.float64)
    variance = inner * square - value**2
    norm = np.where(variance > 0, 1 / np.sqrt(np.where(variance > 0, variance, 1)), 1)
    norm = norm.astype(np.float32)
    # OpenCV skips windows whose grey values have a standard deviation of at most 10.
    return norm, (variance <= 0) | (inner * norm >= 0.1)


def _feature(
    sums: npt.NDArray[np.int32], grid: npt.NDArray[np.int64], use: Cascade, feature: int
) -> Floats:
    total = np.zeros(len(grid), np.float32)
    for rect, weight in zip(use.rects[feature], use.weights[feature], strict=True):
        if weight:
            x, y, width, height = (int(v) for v in rect)
            total += np.float32(weight) * _box(sums, grid, x, y, width, height).astype(np.float32)
    return total


def _box(
    sums: npt.NDArray[np.int32] | npt.NDArray[np.float64],
    grid: npt.NDArray[np.int64],
    x: int,
    y: int,
    width: int,
    height: int,
) -> npt.NDArray[np.int32] | npt.NDArray[np.float64]:
    """Return the sum of the pixels of one rectangle in each window."""
    left, top = grid[:, 0] + x, grid[:, 1] + y
    right, bottom = left + width, top + height
    return sums[top, left] - sums[top, right] - sums[bottom, left] + sums[bottom, right]


def _visited(passed: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which windows of each row OpenCV visits.

    OpenCV skips the next window after one that the first stage rejects.
    """
    visited = np.zeros(passed.shape, bool)
    skip = np.zeros(len(passed), bool)
    for column in range(passed.shape[1]):
        visited[:, column] = ~skip
        skip = ~skip & (passed[:, column] == 0)
    return visited


def _numbers(element: ElementTree.Element | None) -> list[float]:
    assert element is not None
    return [float(word) for word in (element.text or "").split()]
