"""The backend `mediapipe` gives the points of the package `mediapipe`, in any picture."""

import itertools
import json
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from moue.face import blazeface, face_mesh
from moue.face.backends import FaceSettings, detect_faces, detect_nearby
from moue.face.detector import neural_detector
from moue.face.mediapipe import DETECTOR, network
from moue.geometry import iou
from moue.media.image import Picture

REFERENCE = json.loads((Path(__file__).parent / "mediapipe_points.json").read_text())
"""Points of the package mediapipe 1.2.2 in four demo pictures: outer lips, box of all points."""
MEDIAPIPE = FaceSettings(backend="mediapipe")


def demo(name):
    return Picture((files("moue") / "demo" / "pictures" / name).read_bytes())


def faces(image, settings=MEDIAPIPE):
    return detect_faces(Picture.from_array(image), settings)


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_the_points_equal_those_of_the_package(name):
    (face,) = detect_faces(demo(name), MEDIAPIPE)
    assert face.landmarks == pytest.approx(np.array(REFERENCE[name]["lips"]), abs=0.1)
    assert face.box == pytest.approx(np.array(REFERENCE[name]["box"]), abs=0.1)
    assert 0.5 < face.score <= 1


def test_the_landmarks_have_the_order_of_the_backend_moue(face_image):
    (face,) = faces(face_image)
    (other,) = neural_detector()(cv2.cvtColor(face_image, cv2.COLOR_RGB2GRAY))
    distances = np.linalg.norm(face.landmarks[:, None] - other.landmarks[None], axis=-1)
    steps = (distances.argmin(1) - np.arange(20) + 10) % 20 - 10
    assert np.abs(steps).max() <= 2
    assert iou(face.lips, other.lips) > 0.6


def test_grey_pictures_have_faces_too(face_image):
    grey = np.repeat(cv2.cvtColor(face_image, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    (face,), (other,) = faces(grey), faces(face_image)
    assert iou(face.lips, other.lips) > 0.7


@pytest.mark.parametrize("degrees", [-35, 20, 40])
def test_the_roll_of_a_tilted_head_is_measured(face_image, degrees):
    height, width = face_image.shape[:2]
    # OpenCV's angles are counterclockwise.
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.8)
    tilted = cv2.warpAffine(face_image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    (upright,), (face,) = faces(face_image), faces(tilted)
    assert face.roll - upright.roll == pytest.approx(degrees, abs=4)


def test_small_faces_beside_a_large_one_are_found(face_image):
    height, width = face_image.shape[:2]
    scene = np.full((2 * height, 3 * width, 3), 120, np.uint8)
    scene[:height, :width] = face_image
    small = cv2.resize(face_image, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    for left, top in ((2 * width, 20), (2 * width, height), (100, height + 50)):
        scene[top : top + small.shape[0], left : left + small.shape[1]] = small
    assert len(faces(scene)) == 4


def test_noise_has_no_face():
    rng = np.random.default_rng(0)
    assert faces(rng.integers(0, 256, (500, 700, 3), np.uint8)) == []


def test_a_face_is_followed_after_a_small_move(face_image):
    (face,) = faces(face_image)
    moved = np.roll(face_image, (12, -20), (0, 1))
    found = detect_nearby(Picture.from_array(moved), face, MEDIAPIPE)
    assert found.lips == pytest.approx(face.lips + np.array([-20, 12, -20, 12]), abs=3)
    assert detect_nearby(Picture.from_array(np.full_like(moved, 90)), face, MEDIAPIPE) is None


@pytest.mark.parametrize("shape", [(480, 640), (961, 500), (240, 960), (100, 90)])
def test_tiles_cover_the_picture_and_overlap(shape):
    side = 240
    seen = np.zeros(shape, int)
    for left, top, size in blazeface.overlapping_tiles(np.zeros((*shape, 3), np.uint8), side):
        assert size == side
        seen[int(top) : int(top) + side, int(left) : int(left) + side] += 1
    assert seen.min() >= 1
    # A face of half a tile lies whole in some tile, wherever it is.
    starts = sorted(
        {left for left, _, _ in blazeface.overlapping_tiles(np.zeros((*shape, 3)), side)}
    )
    assert all(b - a <= side / 2 for a, b in itertools.pairwise(starts))


def test_the_tiles_are_searched_in_batches_of_any_size(face_image, monkeypatch):
    session = network(DETECTOR)
    tiles = blazeface.overlapping_tiles(face_image, max(face_image.shape) // 2)
    assert len(tiles) > 4
    together = blazeface.detect(session, face_image, tiles)
    monkeypatch.setattr(blazeface, "BATCH", 3)
    parts = blazeface.detect(session, face_image, tiles)
    assert len(together.scores) > 0
    np.testing.assert_allclose(parts.boxes, together.boxes, atol=1e-3)


def test_the_square_of_measured_points_is_level_with_the_eyes():
    rng = np.random.default_rng(0)
    points = rng.normal(0, 10, (face_mesh.POINTS, 3)).astype(np.float32)
    points[list(face_mesh.OUTER_EYE_CORNERS), :2] = [[-20, -20], [20, 20]]
    square = face_mesh.square_of_points(points)
    assert square.roll == pytest.approx(45)
    assert square.size[0] == square.size[1] >= 1.5 * np.hypot(40, 40)
