"""The data of the figure `jpeg-bytes`: one picture as three JPEG files."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import PIL.Image

from moue.learn.pack import pack
from moue.learn.source import Source
from moue.media.image import read_image, resize_to_fit

SIDE = 200
"""Maximum of the longer side of the pictures in pixels."""
_ORIENTATION = 0x0112


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return a small copy of a picture as three files: plain, rotated by EXIF, and CMYK.

    The query `picture` selects the picture by its name.
    """
    picture = source.picture(query.get("picture"), default=2)
    image = PIL.Image.fromarray(resize_to_fit(read_image(picture.path), SIDE))
    exif = PIL.Image.Exif()
    # Orientation 6: the viewer must rotate the stored pixels by 90 degrees clockwise.
    exif[_ORIENTATION] = 6
    turned = image.transpose(PIL.Image.Transpose.ROTATE_90)
    files = [
        _encoded(image), _encoded(turned, exif=exif), _encoded(image.convert("CMYK")),
    ]  # fmt: skip
    names = [f"{picture.name}{end}.jpg" for end in ("", "-exif", "-cmyk")]
    arrays = {f"file{index}": np.frombuffer(file, np.uint8) for index, file in enumerate(files)}
    return pack({"names": names, "source": source.kind}, arrays)


def _encoded(image: PIL.Image.Image, exif: PIL.Image.Exif | None = None) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88, **({} if exif is None else {"exif": exif}))
    return stream.getvalue()
