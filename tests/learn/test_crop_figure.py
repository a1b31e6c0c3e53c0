"""The crop figure cuts as the tutorial and as moue do."""

from __future__ import annotations

import numpy as np
import pytest

from figure_core import run_core
from moue.face.mouth_crop import crop_square, mouth_box
from moue.learn.data import answer
from moue.learn.faults.clamped_crop import tutorial_crop, tutorial_square
from moue.learn.pack import unpack
from moue.learn.source import Source

LIPS = [40, 52, 71, 63]


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (90, 110, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", [(110, 90), (74, 66), (71, 63), (110, 63), (45, 63)])
@pytest.mark.parametrize("by_width", [False, True])
def test_the_tutorials_crop_has_the_shape_of_numpy(tmp_path, image, size, by_width):
    width, height = size
    lips = np.array(LIPS, np.float32)
    square = tutorial_square(lips, width, height, y_by_width=by_width)
    calls = [
        ("movedSquare", [LIPS, width, height, by_width]),
        ("movedCrop", [{"result": 0}, width, height]),
    ]
    found, crop = run_core("crop", calls, tmp_path)
    assert found == pytest.approx(list(square))
    rows, columns = crop["rows"], crop["columns"]
    expected = tutorial_crop(image[:height, :width], square)
    assert (rows[1] - rows[0], columns[1] - columns[0]) == expected.shape[:2]
    assert (image[slice(*rows), slice(*columns)] == expected).all()


@pytest.mark.parametrize("size", [(110, 90), (71, 63)])
def test_moues_crop_has_the_pixels_of_crop_square(tmp_path, image, size):
    width, height = size
    box = mouth_box(np.array(LIPS, np.float32))
    calls = [
        ("centredSquare", [LIPS]),
        ("padded", [image, 110, width, height, {"result": 0}]),
    ]
    pixels = run_core("crop", calls, tmp_path)[1]
    assert pixels == crop_square(image[:height, :width], box).ravel().tolist()


def test_the_answer_has_a_picture_with_lips_inside_it():
    values, arrays = unpack(answer("crop", Source.bundled(), {}))
    height, width = arrays["picture"].shape[:2]
    left, top, right, bottom = values["lips"]
    assert 0 < left < right < width
    assert 0 < top < bottom < height
