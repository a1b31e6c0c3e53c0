"""The data of the figure `crop`: a picture and the lip box of its main face."""

from __future__ import annotations

from collections.abc import Mapping

from moue.learn.pack import pack
from moue.learn.source import Source
from moue.media.image import read_image, resize_to_fit

SIDE = 240
"""Maximum of the longer side of the picture in pixels."""


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return a picture (H, W, 3) uint8 RGB, and the lip box in its pixels.

    The query `picture` selects the picture by its name.
    """
    picture = source.picture(query.get("picture"), default=1)
    image = read_image(picture.path)
    small = resize_to_fit(image, SIDE)
    lips = source.face(picture).lips * (small.shape[1] / image.shape[1])
    values = {"name": picture.name, "lips": [round(float(v), 2) for v in lips]}
    return pack({**values, "source": source.kind}, {"picture": small})
