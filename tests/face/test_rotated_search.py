"""Heads that are tilted, on their side or upside down."""

from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.face.backends import FaceSettings, detect_faces, detect_nearby
from moue.face.detection import RawDetection
from moue.face.mouth_crop import crop_mouth
from moue.face.rotated_search import rotate, rotate_back, rotate_box, search
from moue.geometry import normalize_angle, transform
from moue.media.image import Picture, read_image, resize_to_fit
from moue.workspace.types import Face

MOUE = FaceSettings(backend="moue")
ROLLS = [20, -20, 30, -30, 45, -45, 90, -90, 180]


def demo_pictures(step):
    return sorted((files("moue") / "demo" / "pictures").glob("*.jpg"))[::step]


def rolled(image, roll):
    """The picture with its heads tilted clockwise, each channel turned by what is under test."""
    return np.dstack([rotate(np.ascontiguousarray(image[:, :, c]), -roll)[0] for c in range(3)])


def angle_between(a, b):
    return abs((a - b + 180) % 360 - 180)


@given(st.floats(-180, 180), st.integers(1, 60), st.integers(1, 60))
def test_a_rotated_copy_contains_the_whole_picture(roll, width, height):
    copy, matrix = rotate(np.full((height, width), 90, np.uint8), roll)
    assert (copy == 90).all()
    ends = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]])
    there = (ends - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    assert (there > -1).all()
    assert (there < np.array(copy.shape)[::-1]).all()
    assert transform(there.astype(np.float32), matrix) == pytest.approx(ends, abs=1e-3)


@pytest.mark.parametrize("roll", [90, -90, 180, 45])
def test_the_matrix_maps_the_copy_to_the_picture(roll):
    grey = np.zeros((40, 60), np.uint8)
    grey[8:11, 49:52] = 255
    copy, matrix = rotate(grey, roll)
    rows, columns = np.nonzero(copy > 128)
    middle = np.array([[columns.mean(), rows.mean()]], np.float32)
    assert transform(middle, matrix)[0] == pytest.approx([50, 9], abs=0.6)


@given(st.floats(-179, 180), st.floats(-170, 170))
def test_a_box_is_mapped_to_the_copy_and_back(roll, own):
    _, matrix = rotate(np.zeros((50, 80), np.uint8), roll)
    box = np.array([10, 12, 30, 40], np.float32)
    points = np.array([[15, 30], [25, 30], [20, 35]], np.float32)
    inverse = np.linalg.inv(matrix[:, :2])
    there = np.asarray((points - matrix[:, 2]) @ inverse.T, np.float32)
    found = RawDetection(rotate_box(box, matrix, roll), 0.9, box, there, own)
    back = rotate_back(found, matrix, roll)
    assert back.box == pytest.approx(box, abs=1e-3)
    assert back.landmarks == pytest.approx(points, abs=1e-3)
    assert back.lips == pytest.approx(np.array([15, 30, 25, 35]), abs=1e-3)
    assert angle_between(back.roll, own + roll) < 1e-6


@pytest.mark.parametrize(
    ("angle", "same"), [(0, 0), (180, 180), (-180, 180), (190, -170), (540, 180)]
)
def test_an_angle_has_one_number(angle, same):
    assert normalize_angle(angle) == same


@pytest.mark.parametrize("roll", ROLLS)
def test_a_head_at_any_roll_is_found_with_its_roll(roll):
    for path in demo_pictures(60):
        image = read_image(path)
        upright = detect_faces(Picture.from_array(image), MOUE)[0]
        face = detect_faces(Picture.from_array(rolled(image, roll)), MOUE)[0]
        assert angle_between(face.roll, upright.roll + roll) < 6, path.name
        assert face.size == pytest.approx(upright.size, rel=0.4)


@pytest.mark.parametrize("roll", ROLLS)
def test_the_mouth_of_a_tilted_head_is_cut_upright(roll):
    image = read_image(demo_pictures(60)[0])
    upright = detect_faces(Picture.from_array(image), MOUE)[0]
    canvas = rolled(image, roll)
    face = detect_faces(Picture.from_array(canvas), MOUE)[0]
    mouths = [
        resized(crop_mouth(pixels, one.mouth_box, one.roll))
        for pixels, one in ((image, upright), (canvas, face))
    ]
    assert np.corrcoef(mouths[0].ravel(), mouths[1].ravel())[0, 1] > 0.9


def resized(crop):
    import cv2

    return cv2.resize(crop, (24, 24), interpolation=cv2.INTER_AREA).astype(float)


@pytest.mark.parametrize("roll", [30, -45, 90, 180])
def test_a_tilted_face_is_tracked(roll):
    canvas = rolled(read_image(demo_pictures(60)[1]), roll)
    before = detect_faces(Picture.from_array(canvas), MOUE)[0]
    after = detect_nearby(Picture.from_array(np.roll(canvas, (2, 3), (0, 1))), before, MOUE)
    assert after is not None
    assert angle_between(after.roll, before.roll) < 5
    assert after.mouth_box == pytest.approx(before.mouth_box + np.tile([3, 2], 2), abs=8)


@pytest.mark.parametrize("name", ["face-013-smile", "face-015-none", "head-027-pout"])
def test_a_high_score_of_an_upside_down_face_does_not_count_as_upright(name):
    path = next(path for path in demo_pictures(1) if path.stem == name)
    image = read_image(path)
    upright = detect_faces(Picture.from_array(image), MOUE)[0]
    picture = Picture.from_array(np.ascontiguousarray(image[::-1, ::-1]))
    (face,) = detect_faces(picture, MOUE)
    assert angle_between(face.roll, upright.roll + 180) < 3
    assert detect_faces(picture, MOUE, rotated=False) == []


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_do_not_change_the_crops(turns):
    tiles = [resize_to_fit(read_image(path), 120) for path in demo_pictures(16)[:9]]
    side = min(min(tile.shape[:2]) for tile in tiles)
    rows = [np.hstack([tile[:side, :side] for tile in tiles[i : i + 3]]) for i in (0, 3, 6)]
    image = np.pad(np.vstack(rows), ((0, 560), (0, 560), (0, 0)), mode="edge")
    upright = detect_faces(Picture.from_array(image), MOUE)
    rotated = np.ascontiguousarray(np.rot90(image, turns))
    faces = detect_faces(Picture.from_array(rotated), MOUE)
    assert len(faces) == len(upright) == 9
    for before, after in zip(by_score(upright), by_score(faces), strict=True):
        crops = [
            resized(crop_mouth(pixels, one.mouth_box, one.roll))
            for pixels, one in ((image, before), (rotated, after))
        ]
        assert (
            np.corrcoef(crops[0].ravel(), crops[1].ravel())[0, 1] > 0.8
        )  # a shift by one pixel gives 0.9


def by_score(faces):
    return sorted(faces, key=lambda face: face.score)


def scored(score, roll=0.0):
    box = np.array([10, 10, 30, 30], np.float32)
    return RawDetection(box, score, box, roll=roll)


@pytest.mark.parametrize(
    ("upright", "upside_down", "rolls"),
    [
        (0.90, 0.70, [0]),  # upright
        (0.90, 0.92, [180]),  # upside down
        (0.70, 0.60, [0]),  # too weak to be sure, but no better reading
        (0.70, 0.80, []),  # neither is sure
        (0.01, 0.02, [0]),  # a hidden mouth
    ],
)
def test_the_better_of_both_ways_up_counts(upright, upside_down, rolls):
    grey = np.zeros((40, 40), np.uint8)
    grey[0, 0] = 1

    def detect(copy):
        if copy.shape == (40, 40) and (copy == np.rot90(grey, 2)).all():
            return [scored(upside_down)]
        return []

    faces = search(grey, [scored(upright)], detect, rotated=True)
    assert [round(abs(face.roll)) for face in faces] == rolls


def test_rotated_false_searches_no_rotated_copies():
    upside_down = rolled(read_image(demo_pictures(60)[0]), 180)
    assert detect_faces(Picture.from_array(upside_down), MOUE, rotated=False) == []
    assert len(detect_faces(Picture.from_array(upside_down), MOUE)) == 1


@pytest.mark.parametrize("backend", ["haar", "haar-tutorial"])
def test_a_backend_without_roll_gives_zero(backend, face_image):
    faces = detect_faces(Picture.from_array(face_image), FaceSettings(backend=backend))
    assert {(face.roll, face.backend) for face in faces} == {(0.0, backend)}


def test_a_face_keeps_its_roll_and_backend_as_plain_data():
    box = np.array([1, 2, 3, 4], np.float32)
    face = Face(box, 0.9, None, box, box, roll=-31.24, backend="moue")
    again = Face.from_dict(face.to_dict())
    assert (again.roll, again.backend) == (-31.2, "moue")
