"""The main face: large, and surely a face."""

import cv2
import numpy as np
import pytest

from moue.face import backends, detector
from moue.face.backends import FaceSettings, detect_faces
from moue.face.detection import RawDetection
from moue.face.main_face import CONFIDENT_SCORES, MIN_WEIGHT, main_first, prominence
from moue.media.image import Picture
from moue.predict.predictor import Predictor
from moue.workspace.types import Face


def face(size, score, backend="moue", left=0.0):
    box = np.array([left, 0, left + size, size], np.float32)
    return Face(box=box, score=score, landmarks=None, lips=box, mouth_box=box, backend=backend)


def first(*faces):
    return main_first(faces)[0]


@pytest.mark.parametrize(("backend", "low", "high"), [("moue", 0.55, 0.95), ("haar", 8, 50),
                                                      ("dlib68", 8, 50)])  # fmt: skip
def test_a_high_score_outranks_a_large_low_score_box(backend, low, high):
    hair, person = face(150, low, backend), face(100, high, backend)
    assert first(hair, person) is first(person, hair) is person


@pytest.mark.parametrize("backend", ["moue", "haar", "haar-tutorial", None])
def test_the_larger_of_two_high_scores_comes_first(backend):
    near, far = face(120, 60.0, backend), face(100, 90.0, backend)
    assert first(near, far) is first(far, near) is near


def test_a_much_larger_face_outranks_a_higher_score():
    near, passer_by = face(400, 0.6), face(60, 0.96)
    assert first(passer_by, near) is near


def test_a_face_with_a_mask_comes_before_a_tiny_one():
    hidden, tiny = face(300, 0.01), face(12, 0.96)
    assert prominence(hidden) == pytest.approx(300 * MIN_WEIGHT)
    assert first(tiny, hidden) is hidden


@pytest.mark.parametrize("backend", CONFIDENT_SCORES)
def test_prominence_rises_with_the_score_up_to_the_size(backend):
    scores = np.linspace(-1, 2 * CONFIDENT_SCORES[backend], 50)
    values = [prominence(face(80, float(score), backend)) for score in scores]
    assert values == sorted(values)
    assert values[0] == 80 * MIN_WEIGHT
    assert values[-1] == 80


def test_the_left_of_equal_faces_comes_first():
    left, right = face(50, 0.9), face(50, 0.9, left=200)
    assert main_first([right, left]) == [left, right]


def test_the_main_face_is_not_a_larger_false_positive(face_image, model, monkeypatch):
    """The detector's own face in a bundled picture, beside a false one in the hair above it."""
    picture = Picture.from_array(face_image)
    (real,) = detect_faces(picture, FaceSettings())
    box = np.array([0, 0, 1.3 * real.size, 1.3 * real.size], np.float32)
    detect = detector.neural_detector()

    def with_false_face(grey):
        scale = max(grey.shape) / max(face_image.shape[:2])
        return [RawDetection(box * np.float32(scale), 0.55, box * np.float32(scale)), *detect(grey)]

    monkeypatch.setattr(backends, "_detector", lambda name, dlib_model: with_false_face)
    located = detect_faces(picture, FaceSettings())
    predicted = [one.face for one in Predictor.load(model).predict(face_image)]
    assert len(located) == 2
    assert located[0].box == pytest.approx(real.box)
    assert [f.box.tolist() for f in predicted] == [f.box.tolist() for f in located]


def test_a_small_face_beside_a_large_one_is_second(face_image):
    small = cv2.resize(face_image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    canvas = np.full((face_image.shape[0], small.shape[1] + face_image.shape[1], 3), 90, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    canvas[:, small.shape[1] :] = face_image
    faces = detect_faces(Picture.from_array(canvas), FaceSettings())
    assert [one.box[0] > small.shape[1] for one in faces] == [True, False]
