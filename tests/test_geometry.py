from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moue import geometry

PLACES = st.floats(-300, 400, width=32)
SIZES = st.floats(1, 300, width=32)
ANGLES = st.floats(-720, 720)
BOXES = st.tuples(PLACES, PLACES, SIZES, SIZES).map(
    lambda v: np.array([v[0], v[1], v[0] + v[2], v[1] + v[3]], np.float32)
)
SIDES = st.integers(1, 90)


def box(*values):
    return np.array(values, np.float32)


@given(st.tuples(PLACES, PLACES, PLACES, PLACES), SIDES, SIDES)
@example((-50.0, -50.0, -20.0, -20.0), 1, 1)
@example((500.0, 5.0, 900.0, 9.0), 10, 10)
def test_a_clipped_box_has_a_pixel_inside(values, width, height):
    x0, y0, x1, y1 = geometry.clip_box(box(*values), width, height)
    assert 0 <= x0 <= x1 < width
    assert 0 <= y0 <= y1 < height


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_clipping_keeps_a_box_that_is_inside(x, y, width, height):
    whole = box(x, y, x + width, y + height)
    assert geometry.clip_box(whole, 90, 90) == (x, y, x + width, y + height)


@given(BOXES, BOXES)
def test_iou_is_symmetric_and_between_0_and_1(a, b):
    value = float(geometry.iou(a, b))
    assert value == float(geometry.iou(b, a))
    assert 0 <= value <= 1 + 1e-6
    assert value <= float(geometry.containment(a, b)) + 1e-3


@given(BOXES)
def test_iou_of_a_box_with_itself_is_1(a):
    assert float(geometry.iou(a, a)) == pytest.approx(1, rel=1e-3)


def test_iou_of_known_boxes():
    assert float(geometry.iou(box(0, 0, 2, 2), box(1, 0, 3, 2))) == pytest.approx(1 / 3)
    assert float(geometry.iou(box(0, 0, 1, 1), box(1, 1, 2, 2))) == 0
    assert float(geometry.iou(box(3, 3, 3, 3), box(3, 3, 3, 3))) == 0


def test_iou_broadcasts_to_a_matrix():
    boxes = np.stack([box(0, 0, 2, 2), box(1, 0, 3, 2), box(9, 9, 10, 10)])
    matrix = geometry.iou(boxes[:, None], boxes[None])
    assert matrix.shape == (3, 3)
    assert matrix[0] == pytest.approx([1, 1 / 3, 0])


def test_containment_of_a_nested_box_is_1():
    assert float(geometry.containment(box(0, 0, 10, 10), box(2, 2, 4, 4))) == 1
    assert float(geometry.containment(box(0, 0, 4, 4), box(2, 0, 12, 10))) == 0.5


@given(BOXES, st.floats(0.1, 4))
def test_scaling_a_box_keeps_its_center(a, scale):
    scaled = geometry.scale_box(a, scale)
    assert geometry.center(scaled) == pytest.approx(geometry.center(a), abs=0.01)
    assert scaled[2:] - scaled[:2] == pytest.approx((a[2:] - a[:2]) * scale, abs=0.01)


@given(BOXES, st.floats(1, 4))
def test_a_square_around_a_box_contains_it(a, scale):
    square = geometry.square_around(a, scale)
    assert square[2] - square[0] == pytest.approx(square[3] - square[1], abs=1e-3)
    assert (square[:2] <= a[:2] + 1e-3).all()
    assert (square[2:] >= a[2:] - 1e-3).all()


def test_a_square_around_a_point_has_a_side_of_a_pixel():
    assert geometry.square_around(box(5, 5, 5, 5)).tolist() == [4.5, 4.5, 5.5, 5.5]


@given(BOXES)
def test_the_corners_of_a_box_give_the_box_back(a):
    assert geometry.bounding_box(geometry.corners(a)).tolist() == a.tolist()


@given(BOXES, BOXES)
def test_a_center_inside_is_nearer_than_half_the_box(a, b):
    if geometry.center_inside(a, b):
        assert float(geometry.center_distance(a, b)) <= (b[2:] - b[:2]).max() / 2 + 1e-3


@given(BOXES, ANGLES)
def test_an_affine_matrix_and_its_inverse_cancel(a, angle):
    matrix = np.column_stack([1.5 * geometry.rotation_matrix(angle), [3.0, -4.0]])
    points = geometry.corners(a)
    moved = geometry.transform(points, matrix)
    back = geometry.transform(moved, geometry.inverse_affine(matrix))
    assert back == pytest.approx(points, abs=0.01)


def test_a_rotation_turns_clockwise_because_y_points_down():
    assert geometry.rotation_matrix(90) @ [1, 0] == pytest.approx([0, 1])


@given(ANGLES)
def test_a_normalized_angle_is_the_same_direction(angle):
    normal = geometry.normalize_angle(angle)
    assert -180 < normal <= 180
    assert geometry.rotation_matrix(normal) == pytest.approx(geometry.rotation_matrix(angle))


def test_rescaling_keeps_the_border_of_the_picture():
    assert geometry.rescale(np.array([-0.5, 3.5]), 4).tolist() == [-0.5, 15.5]
