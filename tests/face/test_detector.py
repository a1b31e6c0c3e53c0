import shutil

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.errors import ModelError
from moue.face import detector, lip_landmarks
from moue.media.image import resize_to_fit
from moue.model import bundled

ROUNDING = 0.25
"""Largest error of a rounded crop in its pixels."""
FIVE = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


def placed(points, square):
    return points @ square[:, :2].T + square[:, 2]


def is_same(place, points, others):
    return bool(np.allclose(place(points), place(others), rtol=0, atol=1e-9))


@given(st.floats(-180, 180), st.floats(0.2, 20), st.floats(-500, 500))
def test_alignment_puts_the_mouth_upright_in_the_middle(angle, scale, shift):
    turn = np.deg2rad(angle)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    five = FIVE @ rotation.T + shift
    upright = placed(FIVE, lip_landmarks.alignment_matrix(FIVE))
    turned = placed(five, lip_landmarks.alignment_matrix(five))
    assert turned == pytest.approx(upright, abs=2 * ROUNDING)
    left, right = upright[3:]
    assert left[1] == pytest.approx(right[1])
    assert left[0] < lip_landmarks.CROP_SIDE / 2 - 0.5 < right[0]
    assert 0 < left[1] < lip_landmarks.CROP_SIDE / 2


def test_coinciding_keypoints_give_a_finite_alignment():
    assert np.isfinite(lip_landmarks.alignment_matrix(np.zeros((5, 2), np.float32))).all()


@given(st.floats(-180, 180), st.floats(0.05, 20), st.floats(-500, 500))
def test_the_tight_crop_has_the_lips_upright_in_its_middle(angle, scale, shift):
    round_angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    lips = np.stack([-40 * np.cos(round_angles), 15 * np.sin(round_angles)], 1)
    turn = np.deg2rad(angle)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = lips @ rotation.T + shift
    inside = placed(moved, lip_landmarks.tight_matrix(moved))
    side = lip_landmarks.CROP_SIDE
    low, high = inside.min(0), inside.max(0)
    assert (low + high) / 2 == pytest.approx(np.full(2, (side - 1) / 2), abs=ROUNDING)
    assert high[0] - low[0] == pytest.approx(side / lip_landmarks.TIGHT_MARGIN, abs=ROUNDING)
    assert inside[lip_landmarks.LEFT_CORNER, 1] == pytest.approx((side - 1) / 2, abs=ROUNDING)


def test_keypoints_that_differ_in_their_last_digits_give_the_same_crop():
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(400):
        five = (FIVE * rng.uniform(0.3, 8) + rng.uniform(-9, 9, (5, 2))).astype(np.float32)
        other = five + rng.uniform(-1e-5, 1e-5, (5, 2)).astype(np.float32)
        kept += is_same(lip_landmarks.alignment_matrix, five, other)
        lips, others = (np.repeat(points, 4, 0) for points in (five, other))
        kept += is_same(lip_landmarks.tight_matrix, lips, others)
    assert kept > 790


def test_coinciding_landmarks_give_a_finite_tight_crop():
    assert np.isfinite(lip_landmarks.tight_matrix(np.zeros((20, 2), np.float32))).all()


def test_the_grid_covers_the_picture_evenly():
    centres, strides = detector.grid(64, 96)
    assert np.unique(strides, return_counts=True)[1].tolist() == [96, 24, 6]
    assert strides.tolist() == sorted(strides.tolist())
    for stride in detector.STRIDES:
        assert centres[strides == stride].mean(0) == pytest.approx([47.5, 31.5])


def test_nms_keeps_the_best_box_of_each_face():
    boxes = [(0, 0, 100, 100), (5, 0, 105, 100), (200, 0, 240, 40), (30, 30, 50, 50)]
    scores = np.array([0.6, 0.9, 0.7, 0.8], np.float32)
    found = detector.Detections(
        scores, np.array(boxes, np.float32), np.zeros((4, 5, 2), np.float32)
    )
    assert detector.nms(found).scores == pytest.approx([0.9, 0.7])


@pytest.mark.parametrize("side", [64, 200, 640])
def test_an_aligned_crop_of_a_picture_is_the_reduced_picture(side):
    rng = np.random.default_rng(side)
    small = rng.integers(0, 256, (8, 8), np.uint8)
    grey = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    scale = lip_landmarks.CROP_SIDE / side
    shift = (scale - 1) / 2
    square = np.array([[scale, 0, shift], [0, scale, shift]])
    apart = lip_landmarks.aligned_crop(grey, square).astype(int) - resize_to_fit(
        grey, lip_landmarks.CROP_SIDE
    )
    assert np.abs(apart).mean() < 1.5


def test_the_lip_box_is_tight_and_low_in_the_face(grey_face):
    (found,) = detector.neural_detector()(grey_face)
    assert found.landmarks.shape == (20, 2)
    assert found.landmarks.dtype == found.lips.dtype == found.box.dtype == np.float32
    assert found.lips.tolist() == [*found.landmarks.min(0), *found.landmarks.max(0)]
    left, right = (
        found.landmarks[lip_landmarks.LEFT_CORNER],
        found.landmarks[lip_landmarks.RIGHT_CORNER],
    )
    assert left[0] < (found.box[0] + found.box[2]) / 2 < right[0]
    assert (found.box[1] + found.box[3]) / 2 < min(left[1], right[1]) < found.box[3]


def test_a_hidden_mouth_shows_in_the_score(grey_face):
    (found,) = detector.neural_detector()(grey_face)
    masked = grey_face.copy()
    top, bottom = round(float(found.lips[1])) - 8, round(float(found.box[3]))
    masked[top:bottom, round(float(found.box[0])) : round(float(found.box[2]))] = 200
    (hidden,) = detector.neural_detector()(masked)
    assert hidden.score < found.score / 2


@pytest.mark.parametrize("angle", [-30, 30])
def test_a_strongly_tilted_head_is_found(grey_face, angle):
    turned = laid(grey_face, angle)
    (found,) = detector.neural_detector()(turned)
    left, right = (
        found.landmarks[lip_landmarks.LEFT_CORNER],
        found.landmarks[lip_landmarks.RIGHT_CORNER],
    )
    (before,) = detector.neural_detector()(grey_face)
    straight = (
        before.landmarks[lip_landmarks.RIGHT_CORNER] - before.landmarks[lip_landmarks.LEFT_CORNER]
    )
    assert degrees(right - left) - degrees(straight) == pytest.approx(angle, abs=8)


@pytest.mark.parametrize("width", [24, 48, 160, 420])
def test_faces_of_24_px_to_half_the_picture_are_found(grey_face, width):
    (face,) = detector.neural_detector()(grey_face)
    scale = width / float(face.box[2] - face.box[0])
    small = cv2.resize(grey_face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    scene = np.full((1080 - 120, 960), 120, np.uint8)
    place = np.array([20, 40])
    scene[40 : 40 + small.shape[0], 20 : 20 + small.shape[1]] = small
    (found,) = detector.neural_detector()(scene)
    lips_there = face.lips * scale + np.tile(place, 2)
    assert found.lips == pytest.approx(lips_there, abs=max(2.5, 0.08 * width))


def scene_with(grey_face, widths):
    """Return a (600, 900) grey scene with faces of these widths side by side."""
    (face,) = detector.neural_detector()(grey_face)
    scene = np.full((600, 900), 120, np.uint8)
    for number, width in enumerate(widths):
        scale = width / float(face.box[2] - face.box[0])
        small = cv2.resize(grey_face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top, left = 100 + 200 * (number // 4), 30 + 200 * (number % 4)
        scene[top : top + small.shape[0], left : left + small.shape[1]] = small
    return scene


def test_the_smallest_faces_of_a_group_are_found(grey_face):
    group = detector.neural_detector()(scene_with(grey_face, [28, 32, 36, 13, 14]))
    assert len(group) == 5
    widths = sorted(float(face.box[2] - face.box[0]) for face in group)
    assert widths == pytest.approx([13, 14, 28, 32, 36], rel=0.25)


def test_a_moved_face_is_found_again(grey_face):
    (face,) = detector.neural_detector()(grey_face)
    moved = np.roll(grey_face, (6, 9), (0, 1))
    again = detector.neural_local_detector()(moved, face.box)
    size = float(face.box[2] - face.box[0])
    assert again.box == pytest.approx(np.add(face.box, (9, 6, 9, 6)), abs=0.1 * size)
    assert again.lips == pytest.approx(np.add(face.lips, (9, 6, 9, 6)), abs=0.06 * size)


def test_a_face_that_left_is_not_found_again(grey_face):
    (face,) = detector.neural_detector()(grey_face)
    assert detector.neural_local_detector()(np.full_like(grey_face, 120), face.box) is None


def laid(grey, angle):
    middle = (grey.shape[1] / 2, grey.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, -angle, 1.0)
    return cv2.warpAffine(grey, turn, grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def degrees(across):
    return np.rad2deg(np.arctan2(across[1], across[0]))


def test_a_changed_byte_is_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "finder"
    shutil.copytree(lip_landmarks.MODELS, folder)
    path = folder / "lips.onnx"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    monkeypatch.setattr(lip_landmarks, "MODELS", folder)
    lip_landmarks.lip_model.cache_clear()
    try:
        with pytest.raises(ModelError, match="fails its checksum"):
            detector.neural_detector()
    finally:
        lip_landmarks.lip_model.cache_clear()


def test_cards_say_research_only_and_models_are_small():
    cards = [
        bundled.load_card(name, lip_landmarks.MODELS)
        for name in bundled.model_names(lip_landmarks.MODELS)
    ]
    networks = (detector.DETECTOR_MODEL, lip_landmarks.LIP_MODEL, lip_landmarks.TIGHT_MODEL)
    assert sorted(card.name for card in cards) == sorted(networks)
    assert all("UTKFace" in card.research_only for card in cards)
    assert sum(card.files[bundled.ONNX].bytes for card in cards) < 2_000_000
