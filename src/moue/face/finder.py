"""Faces and lips by two small networks of our own: one finds faces, one places their lips.

The first looks at the whole picture in half the pixels it is given, and once more at a small copy
where the picture is large, since it knows no faces of more than about 340 pixels. It gives a box
and five points. By these the mouth is laid upright into a square of 64 pixels, cut from the picture
at full size, in which the second places 20 points around the lips.

Both are trained by `training/finder/`. The weights of the first do not ship yet: until they do, no
backend uses this file, and `lips.on_haar` gives the second network Haar's faces.

Source:
    Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023: no anchors, a face
    answered for by the cells around its centre.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from moue.face import lips
from moue.face.haar import Found, Locator
from moue.image import Grey, fit
from moue.sample import Points

DETECTOR = "faces"
"""The model in `lips.MODELS`, with its card."""
STRIDES = (8, 16, 32)
LEAST = 0.5
"""Score from which on a cell's face counts."""
SAME = 0.4
"""Overlap from which on two boxes are of one face."""
HALF, CLOSE, NEAR = 2, 320, 128
"""How much smaller the whole picture is looked at; the sides of its small copy, and of a patch."""
Floats = npt.NDArray[np.float32]


def finder() -> Locator:
    """Return the detector; the score of a face is that of the face times that of a mouth seen.

    Its landmarks are those of `lips.on_haar`. Faces below about 20 px of the grey picture are not
    found. A face whose mouth is hidden has a score near 0, and lips where they may be.

    Raises:
        ModelError: the models do not ship with this copy, or were changed.
    """
    detector, network = lips.model(DETECTOR), lips.model(lips.LIPS)

    def locate(grey: Grey) -> list[Found]:
        half = fit(grey, max(NEAR, max(grey.shape) // HALF))
        rows = [_rows(detector, half, grey)]
        if max(half.shape) > 1.25 * CLOSE:
            rows.append(_rows(detector, fit(half, CLOSE), grey))
        return _with_lips(network, grey, _distinct(np.concatenate(rows)))

    return locate


def following() -> Callable[[Grey, Points], Found | None]:
    """Return a way to find a face again, in a picture of its surroundings, from its old (4,) box.

    Raises:
        ModelError: as `finder`.
    """
    detector, network = lips.model(DETECTOR), lips.model(lips.LIPS)

    def follow(grey: Grey, box: Points) -> Found | None:
        rows = _distinct(_rows(detector, fit(grey, NEAR), grey))
        apart = np.abs((rows[:, 1:3] + rows[:, 3:5] - box[:2] - box[2:]) / 2).max(1, initial=0)
        near = np.flatnonzero(apart < (box[2] - box[0]) / 2)
        if not len(near):
            return None
        nearest = near[[int(apart[near].argmin())]]
        return _with_lips(network, grey, rows[nearest])[0]

    return follow


def _rows(model: onnxruntime.InferenceSession, small: Grey, grey: Grey) -> Floats:
    """Return (N, 15) faces in pixels of `grey`, seen in a smaller copy: score, box, five points."""
    height, width = small.shape
    missing = (-height % STRIDES[-1], -width % STRIDES[-1])
    padded = cv2.copyMakeBorder(small, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    (cells,) = model.run(None, {"grey": padded[None]})
    kept = np.flatnonzero(cells[0, :, 0] > np.log(LEAST / (1 - LEAST)))
    found, (centres, strides) = cells[0, kept], _cells(*padded.shape)
    centres, strides = centres[kept], strides[kept, None]
    middle = centres + found[:, 1:3] * strides
    half = np.exp(found[:, 3:5].clip(-3, 4)) * strides / 2
    points = np.tile(centres, 5) + found[:, 5:] * strides
    places = np.concatenate([middle - half, middle + half, points], 1) + np.float32(0.5)
    places = places * np.float32(max(grey.shape) / max(small.shape)) - np.float32(0.5)
    scores = 1 / (1 + np.exp(-found[:, :1]))
    return np.concatenate([scores, places], 1).astype(np.float32)


@lru_cache(maxsize=8)
def _cells(height: int, width: int) -> tuple[Floats, Floats]:
    """Return (C, 2) centres of the cells of all grids, in pixels, and their (C,) strides."""
    grids, strides = [], []
    for stride in STRIDES:
        across, down = (np.arange(n // stride) * stride + (stride - 1) / 2 for n in (width, height))
        x, y = np.meshgrid(across, down)
        grids.append(np.stack([x.ravel(), y.ravel()], 1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _distinct(rows: Floats) -> Floats:
    """Return the rows of which no better one is the same face, best first."""
    rows = rows[np.argsort(-rows[:, 0])]
    kept: list[int] = []
    for i, row in enumerate(rows):
        if not len(kept) or _overlap(row[1:5], rows[kept, 1:5]).max() < SAME:
            kept.append(i)
    return rows[kept]


def _overlap(box: Floats, others: Floats) -> Floats:
    """Return how much of a box and each other both hold; of one that holds the other, all."""
    both = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = both.clip(0).prod(1)
    area, areas = (box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(1)
    return np.asarray(
        np.maximum(shared / (area + areas - shared), (shared / np.minimum(area, areas) > 0.8))
    )


def _with_lips(network: onnxruntime.InferenceSession, grey: Grey, rows: Floats) -> list[Found]:
    faces = [Found(row[1:5], float(row[0]), row[1:5]) for row in rows]
    return lips.placed(network, grey, faces, [row[5:].reshape(5, 2) for row in rows])
