from __future__ import annotations

import numpy as np
import pytest

from drawing import save
from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image, resize_to_fit


@pytest.fixture(scope="module")
def photo():
    """A bundled picture, of a generated face."""
    return next(demo_pictures()).path


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """Two faces of different sizes beside each other."""
    left, right = (read_image(p.path) for p in list(demo_pictures())[4:12:4])
    small = resize_to_fit(right, right.shape[0] * 2 // 3)
    canvas = np.full((left.shape[0], left.shape[1] + small.shape[1], 3), 127, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[-small.shape[0] :, left.shape[1] :] = small
    return save(tmp_path_factory.mktemp("group") / "两张脸.png", canvas)
