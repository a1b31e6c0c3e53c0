"""Pictures as encoded bytes, for tests of reading them."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from drawing import drawn
from moue.errors import ImageError
from moue.media.image import (
    Picture,
)

IMAGE = drawn(1)


def encoded(image=IMAGE, format="JPEG", **options):
    buffer = io.BytesIO()
    made = image if isinstance(image, PIL.Image.Image) else PIL.Image.fromarray(image)
    made.save(buffer, format, **options)
    return buffer.getvalue()


def difference(a, b):
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def refused(data, **limits):
    with pytest.raises(ImageError) as caught:
        Picture(data, **limits).rgb()
    return caught.value.reason, caught.value.detail
