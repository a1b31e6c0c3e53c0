from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moue.demo
from drawing import drawn
from moue.dataset.clean import CleanSettings, verdict
from moue.dataset.detect_faces import DetectJob, analyse_picture, detect, measure
from moue.face.backends import FaceSettings
from moue.files import write_bytes
from moue.media.image import encode_jpeg
from moue.progress import Progress
from rows import add, context, get, sample

HAAR = FaceSettings(backend="haar")
PICTURES = sorted((Path(moue.demo.__file__).parent / "pictures").glob("*-smile.jpg"))[:3]


def skin(low, high, seed=0):
    """A grey face-like surface whose brightness runs from `low` to `high`."""
    grey = cv2.cvtColor(drawn(seed, 120, 120), cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = (grey - grey.min()) / (grey.max() - grey.min())
    return np.rint(low + grey * (high - low)).astype(np.uint8)


def judged(grey):
    return verdict(sample("a", scores={"face_px": 100.0} | measure(grey)), CleanSettings())[0]


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [
        (5, 80, None), (10, 120, None), (60, 230, None), (150, 254, None),
        (0, 40, "dark"), (0, 8, "dark"), (215, 255, "bright"),
    ],
    ids=["dark skin", "brown skin", "usual", "fair skin", "night", "black", "washed out"],
)  # fmt: skip
def test_skin_colour_does_not_count_as_exposure(low, high, reason):
    grey = skin(low, high)
    grey[::2, ::2] = np.clip(grey[::2, ::2].astype(int) + (high - low) // 10, 0, 255)  # pores
    assert judged(grey) == reason


def test_a_face_out_of_focus_is_blurry_at_any_contrast():
    noise = np.random.default_rng(0).normal(0, 18, (240, 240))
    sharp = np.clip(cv2.resize(skin(60, 200), (240, 240)) + noise, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 9)
    faint = (sharp * 0.3 + 100).astype(np.uint8)
    assert judged(sharp) is None
    assert judged(blurred) == "blurry"
    assert measure(faint)["sharpness"] > 10 * measure(blurred)["sharpness"]


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 255))
def test_any_patch_can_be_measured(width, height, level):
    scores = measure(np.full((height, width), level, np.uint8))
    assert scores["sharpness"] == 0
    assert scores["shadow"] == scores["highlight"] == pytest.approx(level / 255, abs=1e-3)


def test_a_photo_has_its_face_scores_and_mouth():
    found = analyse_picture(DetectJob("a", PICTURES[0], "photo"), HAAR)
    assert found.error is None
    assert len(found.faces) == 1
    assert found.scores["face_px"] == pytest.approx(found.faces[0].size, abs=0.06)
    assert set(found.scores) == {"face_px", "sharpness", "highlight", "shadow"}
    assert 0 < found.mouth_phash < 1 << 64


def test_a_picture_without_a_face_has_an_empty_face_list(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encode_jpeg(np.full((200, 300, 3), 128, np.uint8)))
    found = analyse_picture(DetectJob("a", path, "photo"), HAAR)
    assert (found.faces, found.scores, found.mouth_phash) == ((), {}, None)


@pytest.mark.parametrize("size", [(30, 50), (50, 30), (40, 40), (1, 2)])
def test_a_mouth_crop_has_a_mouth_box_around_all_of_it(tmp_path, size):
    path = tmp_path / "a.jpg"
    path.write_bytes(encode_jpeg(drawn(1, *size)))
    (face,) = analyse_picture(DetectJob("a", path, "mouth"), HAAR).faces
    assert face.box.tolist() == [0, 0, size[1], size[0]]
    assert face.mouth_box[2] - face.mouth_box[0] == pytest.approx(max(size))
    centre = (face.mouth_box[:2] + face.mouth_box[2:]) / 2
    assert centre.tolist() == pytest.approx([size[1] / 2, size[0] / 2])


def test_every_converted_picture_is_processed_once(workspace, catalog):
    for name, picture in zip("abc", PICTURES, strict=True):
        write_bytes(workspace.image(name), picture.read_bytes())
    fresh = {"faces": None, "scores": {}, "mouth_phash": None}
    add(catalog, *(sample(name, **fresh) for name in "abc"), sample("d", phash=None, **fresh))
    assert detect(context(workspace, catalog, HAAR)) == 3
    assert [bool(one.faces) for one in catalog.samples()] == [True, True, True, False]
    assert get(catalog, "d").faces is None
    assert detect(context(workspace, catalog, HAAR)) == 0
    assert detect(context(workspace, catalog, FaceSettings(backend="haar-tutorial"))) == 3


def test_a_lost_picture_is_reported_and_processed_again(workspace, catalog):
    add(catalog, sample("a", faces=None))
    catalog.mark_done("convert", "key", ["a"])
    told = []

    class Told(Progress):
        def say(self, text):
            told.append(text)

    detect(context(workspace, catalog, HAAR, progress=Told()))
    assert "moue convert" in told[0]
    assert not catalog.is_done("convert", "key", "a")
    assert get(catalog, "a").faces is None
