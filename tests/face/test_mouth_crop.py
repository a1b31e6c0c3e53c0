import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moue.face.mouth_crop import (
    LIPS,
    UPRIGHT_FROM,
    crop_mouth,
    crop_moved,
    crop_square,
    lips_box,
    mouth_box,
    outline,
    to_crop,
    to_image,
    upright_box,
)

coordinates = st.floats(-200, 200, width=32)
sizes = st.integers(1, 40)


@st.composite
def lips(draw):
    x, y = draw(coordinates), draw(coordinates)
    width, height = draw(st.floats(1, 300, width=32)), draw(st.floats(0, 300, width=32))
    return np.array([x, y, x + width, y + height], np.float32)


@given(lips(), st.floats(1, 4))
def test_a_mouth_box_is_a_square_around_the_centre_of_the_lips(lips, scale):
    box = mouth_box(lips, scale)
    width, height = box[2:] - box[:2]
    assert width == pytest.approx(height, abs=1e-2)
    assert width == pytest.approx(scale * (lips[2:] - lips[:2]).max(), rel=1e-3, abs=1e-2)
    assert (box[:2] + box[2:]) / 2 == pytest.approx((lips[:2] + lips[2:]) / 2, abs=1e-2)


def test_lips_of_no_size_still_give_a_box():
    box = mouth_box(np.array([5, 5, 5, 5], np.float32))
    assert (box[2:] > box[:2]).all()


@given(sizes, sizes, lips())
def test_a_crop_is_square_and_never_empty_wherever_its_box_lies(width, height, lips):
    image = np.zeros((height, width, 3), np.uint8)
    crop = crop_square(image, mouth_box(lips))
    assert crop.shape[0] == crop.shape[1] >= 1
    assert crop.shape[2] == 3


@given(sizes, sizes, st.integers(-50, 50), st.integers(-50, 50), sizes)
def test_a_crop_repeats_the_border_and_keeps_the_centre(width, height, x, y, side):
    rows, columns = np.mgrid[:height, :width]
    image = np.dstack([rows, columns, rows]).astype(np.uint8)
    crop = crop_square(image, np.array([x, y, x + side, y + side], np.float32))
    assert crop.shape == (side, side, 3)
    assert (crop[:, :, 0] == np.clip(np.arange(y, y + side), 0, height - 1)[:, None]).all()
    assert (crop[:, :, 1] == np.clip(np.arange(x, x + side), 0, width - 1)[None]).all()


@pytest.mark.parametrize("point", range(48, 68))
def test_every_point_of_the_lips_counts(point):
    landmarks = np.full((68, 2), 50, np.float32)
    landmarks[point] = (90, 10)
    assert lips_box(landmarks).tolist() == [50, 10, 90, 50]


@pytest.mark.parametrize("point", [0, 27, 47])
def test_no_other_point_counts(point):
    landmarks = np.full((68, 2), 50, np.float32)
    landmarks[point] = (90, 10)
    assert lips_box(landmarks).tolist() == [50, 50, 50, 50]


def test_there_are_twenty_lip_points():
    assert len(range(68)[LIPS]) == 20


@pytest.mark.parametrize("shape", [(67, 2), (68, 3), (5, 2)])
def test_other_landmarks_are_refused(shape):
    with pytest.raises(ValueError, match="68"):
        lips_box(np.zeros(shape, np.float32))


def ramp():
    rows, columns = np.mgrid[:90, :120]
    return np.dstack([rows, columns, rows + columns]).astype(np.uint8)


@example(np.array([-5.9604645e-08, 0, 0.99999994, 0], np.float32))
@given(lips())
def test_an_unshifted_crop_has_the_bits_of_the_crop(lips):
    box = mouth_box(lips)
    assert np.array_equal(crop_moved(ramp(), box), crop_square(ramp(), box))


def test_a_moved_crop_is_shifted_and_scaled():
    box = np.array([40, 30, 60, 50], np.float32)
    assert crop_moved(ramp(), box, x=0.5, y=-0.25)[0, 0].tolist() == [25, 50, 75]
    wide = crop_moved(ramp(), box, scale=1.5)
    assert wide.shape == (30, 30, 3)
    assert wide[0, 0].tolist() == [25, 35, 60]


@pytest.mark.parametrize("side", [20, 21])
@pytest.mark.parametrize(("roll", "turns"), [(90, -1), (-90, 1), (180, 2), (360, 0)])
def test_a_roll_turns_the_picture_clockwise_around_the_centre(side, roll, turns):
    box = np.array([40, 30, 40 + side, 30 + side], np.float32)
    turned = crop_moved(ramp(), box, roll=roll)
    expected = np.rot90(crop_square(ramp(), box), turns)
    assert np.abs(turned.astype(int) - expected.astype(int)).max() <= 1


@given(sizes, sizes, lips(), st.floats(-45, 45))
def test_a_rolled_crop_is_square_wherever_its_box_lies(width, height, lips, roll):
    crop = crop_moved(np.zeros((height, width, 3), np.uint8), mouth_box(lips), roll=roll)
    assert crop.shape[0] == crop.shape[1] >= 1
    assert crop.shape[2] == 3


rolls = st.floats(-180, 180)
POINTS = np.array([[0, 0], [17.5, -3], [250, 90], [-40, 12]], np.float32)


@given(lips(), rolls)
def test_the_inverse_transform_restores_points(lips, roll):
    box = mouth_box(lips)
    there = to_crop(POINTS, box, roll)
    assert to_image(there, box, roll) == pytest.approx(POINTS, abs=1e-3)
    assert to_crop(to_image(POINTS, box, roll), box, roll) == pytest.approx(POINTS, abs=1e-3)


@pytest.mark.parametrize("roll", [0, 10, -14.9, 15, -30, 45, 90, -120, 180])
@pytest.mark.parametrize("side", [40, 41])
def test_the_transform_locates_a_point_in_the_crop(roll, side):
    image = np.zeros((120, 140, 3), np.uint8)
    dot = np.array([[75, 52]], np.float32)
    image[52, 75] = 255
    box = np.array([50, 40, 50 + side, 40 + side], np.float32)
    crop = crop_mouth(image, box, roll).astype(float).sum(2)
    rows, columns = np.mgrid[:side, :side]
    seen = np.array([(columns * crop).sum(), (rows * crop).sum()]) / crop.sum()
    assert to_crop(dot, box, roll)[0] == pytest.approx(seen, abs=0.1)


@given(
    lips(),
    st.integers(-2, 2),
    st.floats(-0.999 * UPRIGHT_FROM, 0.999 * UPRIGHT_FROM),  # 180 + 9.999… would round to 190
)
def test_pixels_of_a_head_near_a_quarter_turn_are_only_copied(lips, turns, roll):
    box = mouth_box(lips)
    expected = np.rot90(crop_square(ramp(), box), turns)
    assert np.array_equal(crop_mouth(ramp(), box, turns * 90 + roll), expected)


@given(lips(), rolls)
def test_a_crop_is_square_at_every_roll(lips, roll):
    crop = crop_mouth(ramp(), mouth_box(lips), roll)
    assert crop.shape[0] == crop.shape[1] == max(1, round(float(np.ptp(mouth_box(lips)[::2]))))
    assert crop_mouth(ramp()[:, :, 0], mouth_box(lips), roll).shape == crop.shape[:2]


@given(st.floats(-180, 180), st.floats(20, 80), st.floats(5, 15))
def test_the_mouth_box_rotates_with_the_lips(roll, width, height):
    upright = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    angle = np.deg2rad(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    box = upright_box(np.asarray(upright @ turn.T + 300, np.float32), roll)
    if abs(roll - 90 * round(roll / 90)) >= UPRIGHT_FROM:
        middle = turn @ np.array([width, height]) / 2 + 300
        assert (box[:2] + box[2:]) / 2 == pytest.approx(middle, abs=1e-2)
        assert box[2] - box[0] == pytest.approx(1.5 * width, rel=1e-3)
    inside = to_crop(np.asarray(upright @ turn.T + 300, np.float32), box, roll)
    assert inside.min() > -1
    assert inside.max() < box[2] - box[0]


def test_the_outline_surrounds_the_crop():
    box = np.array([40, 30, 60, 50], np.float32)
    assert outline(box, 5).tolist() == [[40, 30], [60, 30], [60, 50], [40, 50]]
    assert outline(box, 90) == pytest.approx(np.array([[60, 30], [60, 50], [40, 50], [40, 30]]))


def test_a_turned_crop_of_a_very_long_picture_is_cut():
    image = np.zeros((40, 40_000, 3), np.uint8)
    image[:, 39_000:] = 200
    assert crop_mouth(image, np.array([39_500, 5, 39_530, 35], np.float32), 40).mean() == 200


def test_a_rotated_crop_is_shifted_along_its_own_axes():
    box = np.array([40, 30, 60, 50], np.float32)
    moved = crop_moved(ramp(), box, upright=90, x=0.5)
    assert (
        np.abs(
            moved.astype(int) - crop_mouth(ramp(), box + np.tile([0, 10], 2).astype(np.float32), 90)
        ).max()
        <= 1
    )
