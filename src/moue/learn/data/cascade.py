"""The data of the figure `cascade`: OpenCV's face cascade and a few grey pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from moue.learn.pack import pack
from moue.learn.source import LearnPicture, Source
from moue.learn.viola_jones import cascade
from moue.media.image import Grey, read_image, resize_to_fit, to_grey

SIDE = 320
"""Longer side of the pictures in pixels."""
_SHOWN = 4
_COLUMNS, _ROWS = 3, 2


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return the cascade and grey pictures.

    The query `picture` selects one picture by its name. Without it, the answer has four pictures.
    The first of the bundled ones consists of six portraits side by side and has no name.
    """
    use = cascade()
    arrays: dict[str, npt.NDArray[Any]] = {
        "rects": use.rects, "weights": use.weights, "thresholds": use.thresholds,
        "left": use.left, "right": use.right, "sizes": use.sizes, "stages": use.stages,
    }  # fmt: skip
    name = query.get("picture")
    chosen = [source.picture(name)] if name else _spread(source, _SHOWN)
    names, greys = [picture.name for picture in chosen], [grey_of(picture) for picture in chosen]
    if source.kind == "bundled" and not name:
        names, greys = ["", *names[1:]], [side_by_side(source), *greys[1:]]
    arrays |= {f"grey{index}": grey for index, grey in enumerate(greys)}
    return pack({"pictures": names, "source": source.kind}, arrays)


def grey_of(picture: LearnPicture, side: int = SIDE) -> Grey:
    """Return a picture in grey, (H, W) uint8 with a longer side of at most `side` pixels."""
    return resize_to_fit(to_grey(read_image(picture.path)), side)


def side_by_side(source: Source) -> Grey:
    """Return six pictures of a source in two rows, (H, W) uint8 grey."""
    side = SIDE // _COLUMNS
    tiles = [
        cv2.resize(grey_of(picture), (side, side), interpolation=cv2.INTER_AREA)
        for picture in _spread(source, _COLUMNS * _ROWS)
    ]
    rows = [np.hstack(tiles[row * _COLUMNS : (row + 1) * _COLUMNS]) for row in range(_ROWS)]
    return np.asarray(np.vstack(rows), np.uint8)


def _spread(source: Source, count: int) -> list[LearnPicture]:
    """Return at most `count` pictures that are evenly spaced in the source."""
    pictures = source.pictures
    places = np.unique(np.linspace(0, len(pictures) - 1, min(count, len(pictures))).astype(int))
    return [pictures[int(place)] for place in places]
