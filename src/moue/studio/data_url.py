"""Pictures as data URLs, for responses that contain a few small pictures."""

from __future__ import annotations

import base64

from moue.media.image import encode_jpeg, encode_png, resize_to_fit
from moue.workspace.types import Image


def jpeg_url(image: Image, side: int, quality: int = 88) -> str:
    """Return a picture, reduced to at most `side` pixels a side, as a data URL with a JPEG."""
    data = encode_jpeg(resize_to_fit(image, side), quality)
    return "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")


def png_url(image: Image, side: int) -> str:
    """Return a picture, reduced to at most `side` pixels a side, as a data URL with a PNG."""
    data = encode_png(resize_to_fit(image, side))
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")
