import csv
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib.resources import files
from multiprocessing import get_context

import cv2
import numpy as np
import pytest

from moue.errors import ConfigError, ImageError
from moue.face import dlib68
from moue.face.backends import (
    FaceSettings,
    detect_faces,
    detection_side,
    resolve_backend,
    smallest_face,
)
from moue.face.mouth_crop import mouth_box
from moue.media.image import Picture, encode_jpeg
from moue.settings import build

HAAR = FaceSettings(backend="haar")
BACKENDS = [
    "haar",
    "haar-tutorial",
    pytest.param("dlib68", marks=pytest.mark.skipif(not dlib68.available(), reason="no dlib")),
    pytest.param(
        "dlib68-tutorial", marks=pytest.mark.skipif(not dlib68.available(), reason="no dlib")
    ),
    "mediapipe",
    "moue",
]


def boxes(image, settings=HAAR):
    return [face.box for face in detect_faces(Picture.from_array(image), settings)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_face_has_its_parts_in_pixels_of_the_whole_picture(face_image, backend):
    large = cv2.resize(face_image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    picture = Picture.from_array(large)
    face = detect_faces(picture, FaceSettings(backend=backend, crop_scale=2.0))[0]
    assert face.size > large.shape[0] / 4
    assert (face.box[:2] < face.lips[:2]).all()
    assert face.mouth_box == pytest.approx(mouth_box(face.lips, 2.0))
    assert {part.dtype for part in (face.box, face.lips, face.mouth_box)} == {np.dtype(np.float32)}
    assert (face.landmarks is not None) == (
        backend in ("dlib68", "dlib68-tutorial", "mediapipe", "moue")
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 2), (40, 2000)])
def test_no_face_gives_an_empty_list_for_any_shape(backend, shape):
    assert boxes(np.full((*shape, 3), 90, np.uint8), FaceSettings(backend=backend)) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_picture_and_its_half_agree(face_image, backend):
    settings = FaceSettings(backend=backend)
    whole = detect_faces(Picture.from_array(face_image), settings)[0]
    halved = cv2.resize(face_image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    half = detect_faces(Picture.from_array(halved), settings)[0]
    assert half.mouth_box * 2 == pytest.approx(whole.mouth_box, abs=whole.size / 8)


def test_the_largest_face_comes_first(face_image):
    small = cv2.resize(face_image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    canvas = np.full((face_image.shape[0], small.shape[1] + face_image.shape[1], 3), 90, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    canvas[:, small.shape[1] :] = face_image
    sizes = [box[2] - box[0] for box in boxes(canvas)]
    assert len(sizes) == 2
    assert sizes[0] > 1.5 * sizes[1]


def test_a_jpeg_and_its_pixels_agree(face_image):
    large = cv2.resize(face_image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    (jpeg,) = detect_faces(Picture(encode_jpeg(large)), HAAR)
    (array,) = detect_faces(Picture.from_array(large), HAAR)
    assert jpeg.box == pytest.approx(array.box, abs=array.size / 10)


def test_a_truncated_jpeg_raises_an_image_error(face_image):
    with pytest.raises(ImageError, match="unreadable"):
        detect_faces(Picture(encode_jpeg(face_image)[:3000]), HAAR)


def test_auto_is_the_moue_backend():
    assert resolve_backend(FaceSettings()) == "moue"
    assert resolve_backend(FaceSettings(backend="haar-tutorial")) == "haar-tutorial"


@pytest.mark.parametrize("backend", ["haar", "mediapipe", "moue"])
def test_min_face_sets_the_size_that_is_searched(face_image, backend):
    small = cv2.resize(face_image, None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA)
    scene = np.full((3000, 4800, 3), 120, np.uint8)
    scene[700 : 700 + small.shape[0], 900 : 900 + small.shape[1]] = small
    assert boxes(scene, FaceSettings(backend=backend)) == []
    (box,) = boxes(scene, FaceSettings(backend=backend, min_face=24))
    assert 15 < box[2] - box[0] < 60


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_face_is_smaller_than_min_face(face_image, backend):
    picture = Picture.from_array(face_image)
    (face,) = detect_faces(picture, FaceSettings(backend=backend, min_face=40))
    above = FaceSettings(backend=backend, min_face=int(face.size) + 9)
    assert all(found.size >= above.min_face for found in detect_faces(picture, above))
    assert detect_faces(picture, FaceSettings(backend=backend, min_face=2000)) == []


def test_no_picture_is_enlarged_to_look_for_smaller_faces(face_image):
    picture = Picture.from_array(face_image)
    side = max(face_image.shape)
    assert detection_side(picture, FaceSettings(min_face=8)) == side
    assert detection_side(picture, FaceSettings(min_face=side)) == min(side, 160)


def test_an_unknown_backend_is_a_config_error():
    with pytest.raises(ConfigError, match="haar-tutorial"):
        build(FaceSettings, {"backend": "hog"}, "moue.toml [face]")


def test_every_demo_picture_has_one_face():
    folder = files("moue") / "demo" / "pictures"
    with (folder / "pictures.csv").open() as table:
        names = [row["file"] for row in csv.DictReader(table)][::5][:12]
    for name in names:
        assert len(detect_faces(Picture((folder / name).read_bytes()), HAAR)) == 1, name


def test_a_spawned_process_gives_the_same_result(face_image):
    settings = FaceSettings(backend="haar")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        (there,) = pool.submit(_locate, face_image, settings).result()
    (here,) = _locate(face_image, settings)
    assert there.box.tolist() == here.box.tolist()


def _locate(image, settings):
    return detect_faces(Picture.from_array(image), settings)


@pytest.mark.parametrize("side", [300, 960, 3840])
def test_smallest_face_gives_the_size_that_is_searched(side):
    picture = Picture.from_array(np.zeros((side // 2, side, 3), np.uint8))
    assert smallest_face(picture, FaceSettings()) == max(24, round(side / 40))
    assert smallest_face(picture, FaceSettings(min_face=24)) == 24
    assert smallest_face(picture, FaceSettings(backend="haar")) >= max(24, side // 27)


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_threads_give_the_same_result(face_image, backend):
    settings = FaceSettings(backend=backend)
    small = cv2.resize(face_image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    pictures = [face_image, small, face_image[:, ::-1].copy(), small[:, ::-1].copy()] * 6
    alone = [_plain(image, settings) for image in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda image: _plain(image, settings), pictures))
    assert together == alone
    assert all(alone)


def _plain(image, settings):
    return [face.to_dict() for face in _locate(image, settings)]


def test_min_neighbors_and_scale_factor_change_the_detections_of_haar_tutorial(face_image):
    lax = FaceSettings(backend="haar-tutorial", min_neighbors=1, scale_factor=1.02)
    strict = FaceSettings(backend="haar-tutorial", min_neighbors=200)
    assert len(boxes(face_image, lax)) >= len(boxes(face_image, FaceSettings())) == 1
    assert boxes(face_image, strict) == []


@pytest.mark.skipif(not dlib68.available(), reason="no dlib")
def test_dlib68_tutorial_has_the_boxes_of_the_cascade_and_never_rotates(face_image):
    picture = Picture.from_array(face_image)
    (plain,) = detect_faces(picture, FaceSettings(backend="haar-tutorial"))
    (face,) = detect_faces(picture, FaceSettings(backend="dlib68-tutorial"))
    assert face.box.tolist() == plain.box.tolist()
    assert face.landmarks.shape == (68, 2)
    assert face.roll == 0
    assert face.lips.tolist() == [*face.landmarks[48:].min(0), *face.landmarks[48:].max(0)]
