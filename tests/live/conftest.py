"""A portrait, and a clip in which it moves."""

from __future__ import annotations

import numpy as np
import pytest

from drawing import save
from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image, resize_to_fit


@pytest.fixture(scope="session")
def portrait():
    return resize_to_fit(read_image(next(demo_pictures()).path), 256)


@pytest.fixture(scope="session")
def clip(tmp_path_factory, portrait):
    """A folder of frames in which a face slowly moves, but for two frames without it."""
    folder = tmp_path_factory.mktemp("clip")
    for i in range(12):
        frame = np.full((256, 320, 3), 127, np.uint8)
        if i not in (5, 6):
            frame[:, 3 * i : 3 * i + 256] = portrait
        save(folder / f"{i:03d}.png", frame)
    return folder
