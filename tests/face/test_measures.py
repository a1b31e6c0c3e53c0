"""Continuous values of a mouth, on points whose values are known, and on the bundled pictures."""

from __future__ import annotations

import dataclasses
import math
from statistics import median

import numpy as np
import pytest

from moue.demo.raw_folder import demo_pictures
from moue.face.backends import FaceSettings, detect_faces
from moue.face.measures import AT_REST, MouthMeasures, measure
from moue.media.image import Picture
from moue.workspace.types import Face

MIRRORED = [(10 - i) % 20 for i in range(20)]
"""Which point of the 20 lies where each one lay once the picture is mirrored."""


def lips(width=40.0, height=10.0, left=0.0, right=0.0):
    """20 points around (100, 150): an ellipse; the person's corners are raised by so much."""
    angle = np.pi - np.arange(20) * np.pi / 10
    points = np.stack([width / 2 * np.cos(angle), height / 2 * np.sin(angle)], 1)
    points[10, 1] -= left
    points[0, 1] -= right
    return (points + np.array([100, 150])).astype(np.float32)


def face(points, roll=0.0, width=100.0):
    box = np.array([50, 60, 50 + width, 60 + 1.15 * width], np.float32)
    return Face(box, 0.9, points, box, box, roll, "moue")


def values(one):
    found = measure(one)
    assert found is not None
    return found


def moved(points, roll=0.0, scale=1.0):
    angle = math.radians(roll)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return (scale * (points @ turn) + 7).astype(np.float32)


def test_lip_lengths_are_in_face_widths():
    found = values(face(lips(width=30, height=20, left=8, right=4)))
    heights = [20 * math.sin(a * math.pi / 10) for a in (4, 5, 6)]
    assert found.opening == pytest.approx(sum(heights) / 300, abs=1e-4)
    assert found.width == pytest.approx(math.hypot(30, 4) / 100, abs=1e-4)
    assert found.smile_left == pytest.approx(0.08, abs=1e-4)
    assert found.smile_right == pytest.approx(0.04, abs=1e-4)
    assert found.pucker == pytest.approx(1 - found.width / AT_REST, abs=1e-4)


def test_a_wide_mouth_has_no_pucker():
    found = values(face(lips(width=50, left=-3, right=-3)))
    assert found.pucker == 0
    assert found.smile_left == pytest.approx(-0.03, abs=1e-4)


@pytest.mark.parametrize("roll", [-170, -90, -45, -12, 0, 12, 33, 90, 180])
@pytest.mark.parametrize("scale", [0.5, 1, 7])
def test_tilt_and_size_change_nothing(roll, scale):
    points = lips(left=9, right=2)
    usual = values(face(points))
    turned = values(face(moved(points, roll, scale), roll, 100 * scale))
    assert dataclasses.astuple(turned) == pytest.approx(dataclasses.astuple(usual), abs=1e-3)


def test_the_box_of_a_face_on_its_side_gives_the_same_unit():
    points = lips(left=5, right=5)
    one = face(moved(points, 90), 90)
    lying = dataclasses.replace(one, box=np.array([50, 60, 165, 160], np.float32))
    assert values(lying) == values(one)


def test_a_mirror_swaps_left_and_right():
    points = lips(left=9, right=2)
    mirrored = (points * (-1, 1) + (200, 0))[MIRRORED].astype(np.float32)
    usual = values(face(moved(points, 20), 20))
    other = values(face(moved(mirrored, -20), -20))
    swapped = MouthMeasures(
        usual.opening, usual.width, usual.smile_right, usual.smile_left, usual.pucker
    )
    assert dataclasses.astuple(other) == pytest.approx(dataclasses.astuple(swapped), abs=1e-3)


def test_68_points_are_measured_between_the_ends_of_the_jaw():
    points = np.zeros((68, 2), np.float32)
    points[0], points[16] = (0, 100), (200, 100)
    points[48], points[54] = (60, 140), (140, 150)
    points[49:54] = [(70 + 15 * i, 140) for i in range(5)]
    points[55:60] = [(130 - 15 * i, 160) for i in range(5)]
    found = values(face(points, width=999))
    assert found.opening == pytest.approx(0.1)
    assert found.width == pytest.approx(math.hypot(80, 10) / 200)
    assert found.smile_right == pytest.approx(0.05)
    assert found.smile_left == pytest.approx(0)


def test_a_face_without_points_of_the_lips_has_no_measures():
    assert measure(face(None)) is None
    assert measure(face(np.zeros((5, 2), np.float32))) is None


def test_coinciding_points_give_finite_values():
    found = values(face(np.full((20, 2), 5, np.float32), width=0))
    assert np.isfinite(dataclasses.astuple(found)).all()


def test_each_measure_is_highest_for_its_label():
    found: dict[str, list[MouthMeasures]] = {}
    for one in list(demo_pictures())[::3]:
        faces = detect_faces(Picture(one.path.read_bytes()), FaceSettings(backend="moue"))
        found.setdefault(one.label, []).extend(values(face) for face in faces[:1])
    assert min(len(measures) for measures in found.values()) >= 8
    for name, label in [
        ("opening", "open"), ("width", "smile"), ("smile_left", "smile"),
        ("smile_right", "smile"), ("pucker", "pout"),
    ]:  # fmt: skip
        typical = {key: median(getattr(m, name) for m in found[key]) for key in found}
        assert max(typical, key=lambda key: typical[key]) == label, (name, typical)
