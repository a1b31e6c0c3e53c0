"""The data of the figure `perceptual-hash`: grey pictures, and the limit of `moue dedupe`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.dataset.dedupe import DedupeSettings
from moue.learn.data.cascade import grey_of
from moue.learn.pack import pack
from moue.learn.source import Source

SIDE = 160
"""Maximum of the longer side of the pictures in pixels."""
_SHOWN = 6


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return grey pictures (H, W) uint8 by the names `grey0`, `grey1` and so on."""
    pictures = source.pictures
    # Neighbours may show the same person; the others are spread over the source.
    places = {0, 1, *np.linspace(0, len(pictures) - 1, _SHOWN - 1).astype(int).tolist()}
    chosen = [pictures[place] for place in sorted(places) if place < len(pictures)]
    arrays: dict[str, npt.NDArray[Any]] = {
        f"grey{index}": grey_of(picture, SIDE) for index, picture in enumerate(chosen)
    }
    names = [picture.name for picture in chosen]
    return pack({"names": names, "limit": DedupeSettings().radius, "source": source.kind}, arrays)
