"""Targets and losses of the face detector: assignment of faces to grid cells."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from research.face_detector.arrays import Floats
from research.face_detector.detector_networks import POINTS, STRIDES

REACH = ((0.0, 40.0), (30.0, 96.0), (76.0, 1e9))
"""Range of face sizes of each grid, in pixels; ranges overlap."""
CORE, RIM = 0.16, 0.45
"""Distances from the face centre, in face sizes: positive cells up to CORE, ignored up to RIM."""


class Targets(NamedTuple):
    """Targets of C cells: `kind` (C,) is 1 face, 0 none, -1 ignored; `values` is (C, 14)."""

    kind: Floats
    values: Floats


def cells(side: int) -> tuple[Floats, Floats]:
    """Return (C, 2) centres of all cells, in pixels, and their (C,) strides, finest grid first."""
    grids, strides = [], []
    for stride in STRIDES:
        # Centres of cells of `stride` pixels; OpenCV puts pixel centres at whole numbers, hence -
        # 0.5.
        axis = (np.arange(side // stride) + 0.5) * stride - 0.5
        x, y = np.meshgrid(axis, axis)
        grids.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def targets(found: Floats, side: int) -> Targets:
    """Return the targets of a (side, side) scene with (M, 7, 2) faces: box corners, five points."""
    centres, strides = cells(side)
    kind = np.zeros(len(centres), np.float32)
    values = np.zeros((len(centres), 4 + 2 * POINTS), np.float32)
    # The largest face first, so that a cell in two faces belongs to the smaller one.
    order = np.argsort(-(found[:, 1, 0] - found[:, 0, 0]))
    for face in found[order]:
        middle, extent = face[:2].mean(0), face[1] - face[0]
        apart = np.abs(centres - middle) / extent
        far = apart.max(1)
        # An uncertain face: both answers could be wrong, so its cells do not count.
        if np.isnan(face[2, 0]):
            kind[(far < 0.5) & (kind == 0)] = -1
            continue
        size = float(np.sqrt(extent.prod()))
        answers = np.zeros(len(centres), bool)
        for stride, (low, high) in zip(STRIDES, REACH, strict=True):
            if low <= size < high:
                here = strides == stride
                # The core of a small face may contain no cell centre, so the nearest cell always
                # counts.
                nearest = here & (far == far[here].min())
                answers |= nearest | (here & (far < CORE))
        kind[(far < RIM) & (kind == 0)] = -1
        kind[answers] = 1
        values[answers] = face.ravel()
    return Targets(kind, values)


def decode(grids: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Return (N, C) logits, (N, C, 4) box corners and (N, C, 10) points, in pixels."""
    # (N, 15, h, w) of each grid -> (N, C, 15), in the order of `cells`.
    flat = torch.cat([g.flatten(2) for g in grids], 2).transpose(1, 2)
    centres, strides = (torch.from_numpy(v) for v in cells(grids[0].shape[-1] * STRIDES[0]))
    middle = centres + flat[..., 1:3] * strides[:, None]
    # The clamp keeps exp finite: sides from 0.05 to 55 strides.
    half = torch.exp(flat[..., 3:5].clamp(-3, 4)) * strides[:, None] / 2
    points = centres.repeat(1, POINTS) + flat[..., 5:] * strides[:, None]
    return flat[..., 0], torch.cat([middle - half, middle + half], 2), points


def losses(grids: list[Tensor], kind: Tensor, values: Tensor) -> dict[str, Tensor]:
    """Return the parts of the loss: face score, box and points.

    Args:
        grids: Output of `Detector` for square scenes.
        kind: (N, C) of `Targets`.
        values: (N, C, 14) of `Targets`: box corners and five points.

    Source:
        The target of the score is the IoU of the box, weighted by its error:
        Zhang et al., VarifocalNet, 2021. The box: Zheng et al., Distance-IoU Loss, 2020.
    """
    logits, boxes, points = decode(grids)
    faces = kind == 1
    count = faces.sum().clamp(min=1)
    box, true = boxes[faces], values[faces]
    extent = (true[:, 2:4] - true[:, :2]).clamp(min=1)
    overlap = box_iou(box, true[:, :4])
    # Relative to the size of the face, so that small and large faces weigh the same.
    apart = ((box[:, :2] + box[:, 2:] - true[:, :2] - true[:, 2:4]) / 2 / extent).square().sum(1)
    shape = (torch.log((box[:, 2:] - box[:, :2]).clamp(min=0.1)) - torch.log(extent)).abs().mean(1)
    off = (points[faces] - true[:, 4:]) / extent.repeat(1, POINTS)
    near = functional.smooth_l1_loss(off, torch.zeros_like(off), reduction="none", beta=0.05)
    good = torch.zeros_like(logits)
    # Detached, so that the box gets no gradient from the score. A face with a poor box still is a
    # face, so its target is at least 0.5.
    good[faces] = 0.5 + 0.5 * overlap.detach().clamp(min=0)
    chance = torch.sigmoid(logits)
    # Weighted by the squared score: otherwise the many easy cells without a face outweigh the few
    # with one.
    weight = torch.where(faces, good, 0.75 * chance.detach().square()) * (kind >= 0)
    unsure = functional.binary_cross_entropy_with_logits(logits, good, reduction="none")
    return {
        "face": (weight * unsure).sum() / count,
        "box": (1 - overlap + apart + 0.3 * shape).sum() / count,
        "points": 4 * near.sum() / (2 * POINTS * count),
    }


def box_iou(a: Tensor, b: Tensor, min_side: float = 0.1) -> Tensor:
    """Return the IoU (N,) of boxes (N, 4); shorter sides count as `min_side`."""
    both = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0)
    # A minimum side, since the IoU of two empty boxes would be 0 / 0.
    areas = [(v[:, 2:] - v[:, :2]).clamp(min=min_side).prod(1) for v in (a, b)]
    shared = both.prod(1)
    return shared / (areas[0] + areas[1] - shared)
