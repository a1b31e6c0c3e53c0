from __future__ import annotations

import cv2
import numpy as np
import pytest

from drawing import drawn, save
from moue.face.mouth_crop import crop_square, mouth_box
from moue.model.spec import resize
from moue.progress import Progress
from research.mouth_classifier.crops import CROP_FRACTION, SIDE, crop, load_crops
from research.mouth_classifier.development_data import Mouth

CROP = round(SIDE * CROP_FRACTION)
ROOM = (SIDE - CROP) // 2
MIDDLE = slice(ROOM, ROOM + CROP)
LIPS = np.array([80, 90, 120, 105], np.float32)


def face(name: str = "a.png", lips: np.ndarray | None = LIPS) -> Mouth:
    return Mouth(file=name, source="drawn", lips=lips)


def test_the_centre_of_a_square_is_the_mouth_crop(tmp_path):
    picture = drawn(height=200, width=200)
    save(tmp_path / "a.png", picture)
    square = crop(tmp_path, face())
    assert square.shape == (SIDE, SIDE, 3)
    expected = resize(crop_square(picture, mouth_box(LIPS)), CROP)
    np.testing.assert_allclose(square[MIDDLE, MIDDLE].astype(int), expected, atol=6)


def test_a_ready_crop_gets_a_repeated_border(tmp_path):
    picture = drawn(height=CROP, width=CROP)
    save(tmp_path / "a.png", picture)
    square = crop(tmp_path, face(lips=None))
    assert (square[MIDDLE, MIDDLE] == picture).all()
    assert (square[0, MIDDLE] == picture[0]).all()
    assert (square[MIDDLE, -1] == picture[:, -1]).all()


def test_a_video_frame_is_named_by_its_number(tmp_path):
    writer = cv2.VideoWriter(
        str(tmp_path / "a.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 128)
    )
    for level in (40, 120, 200):
        writer.write(np.full((128, 128, 3), level, np.uint8))
    writer.release()
    levels = [crop(tmp_path, face(f"a.avi#{n}")).mean() for n in (2, 0, 1)]
    assert levels == pytest.approx([200, 40, 120], abs=4)


def test_squares_are_cut_once_and_cached(tmp_path):
    mouths = [face("a.png"), face("b.png")]
    for seed, mouth in enumerate(mouths):
        save(tmp_path / mouth.file, drawn(seed, 200, 200))
    first = load_crops(tmp_path, mouths, tmp_path / "kept", Progress())
    for mouth in mouths:
        (tmp_path / mouth.file).unlink()
    assert (load_crops(tmp_path, mouths, tmp_path / "kept", Progress()) == first).all()
    assert first.shape == (2, SIDE, SIDE, 3)


def test_other_lips_are_cut_again(tmp_path):
    save(tmp_path / "a.png", drawn(height=200, width=200))
    first, second = (
        load_crops(tmp_path, [face(lips=lips)], tmp_path / "kept", Progress())
        for lips in (LIPS, LIPS + 20)
    )
    assert (first != second).any()
