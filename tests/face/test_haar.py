import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.face import haar


def test_a_face_is_found_with_a_score_that_counts_windows(grey_face):
    (found,) = haar.haar()(grey_face)
    assert found.score >= haar.MIN_NEIGHBOURS
    assert found.landmarks is None
    assert found.box.dtype == found.lips.dtype == np.float32


def test_one_face_is_found_once(grey_face):
    pair = np.hstack([grey_face, grey_face])
    boxes = sorted(found.box[0] for found in haar.haar()(pair))
    assert len(boxes) == 2
    assert boxes[1] - boxes[0] == pytest.approx(grey_face.shape[1], rel=0.1)


def test_a_face_that_fills_the_picture_is_found(grey_face):
    (whole,) = haar.haar()(grey_face)
    left, top, right, bottom = whole.box.astype(int)
    (found,) = haar.haar()(np.ascontiguousarray(grey_face[top:bottom, left:right]))
    moved = found.box + np.array([left, top, left, top])
    assert moved == pytest.approx(whole.box, abs=(right - left) / 6)


def test_a_small_face_in_a_wide_panorama_is_found(grey_face):
    face = cv2.resize(grey_face, (72, 72), interpolation=cv2.INTER_AREA)
    panorama = np.full((80, 640), face[0, 0], np.uint8)
    panorama[4:76, 500:572] = face
    (found,) = haar.haar()(panorama)
    assert 500 < found.box[0] < found.box[2] < 580


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 255))
def test_a_flat_picture_of_any_size_has_no_face(width, height, value):
    assert DETECTOR(np.full((height, width), value, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (640, 1), (3, 640), (640, 20)])
def test_noise_of_extreme_shape_is_no_error(shape):
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert haar.haar()(noise) == []
    assert haar.tutorial_cascade()(noise) == []


def test_haar_tutorial_uses_the_settings_of_the_tutorial(grey_face):
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    ours = sorted(found.box.tolist() for found in haar.tutorial_cascade()(grey_face))
    theirs = sorted([x, y, x + w, y + h] for x, y, w, h in
                    cascade.detectMultiScale(grey_face, 1.3, 5))  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize(("scale_factor", "min_neighbors"), [(1.05, 5), (1.3, 1)])
def test_the_settings_reach_the_call_of_opencv(grey_face, scale_factor, min_neighbors):
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    pair = np.hstack([grey_face, cv2.resize(grey_face, None, fx=0.6, fy=1)])
    ours = [f.box.tolist() for f in haar.tutorial_cascade(scale_factor, min_neighbors)(pair)]
    theirs = cascade.detectMultiScale(pair, scale_factor, min_neighbors)
    assert sorted(ours) == sorted([x, y, x + w, y + h] for x, y, w, h in theirs)


def test_estimated_lips_move_with_the_box():
    box = np.array([10, 20, 110, 120], np.float32)
    lips = haar.estimate_lips(box)
    assert box[0] < lips[0] < lips[2] < box[2]
    assert 70 < lips[1] < lips[3] < box[3]
    assert haar.estimate_lips(box + 7) == pytest.approx(lips + 7)
    assert haar.estimate_lips(box * 2) == pytest.approx(lips * 2)


DETECTOR = haar.haar()
