from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from drawing import drawn
from moue.dataset.crop import CropSettings, crop, mouth_name
from moue.dataset.detect_faces import detect_key
from moue.dataset.landmark_pages import PANEL_SIDE
from moue.face.backends import FaceSettings
from moue.face.mouth_crop import crop_square
from moue.files import write_bytes
from moue.media.image import encode_jpeg, read_image
from moue.workspace.types import USER, Face
from rows import context, face, get, mouth, sample

FACE = FaceSettings(backend="haar")


@pytest.fixture
def put(workspace, catalog):
    """Add a converted picture with these faces."""

    def put(name, *faces, **fields):
        write_bytes(workspace.image(name), encode_jpeg(drawn(len(name), 120, 160)))
        catalog.add_samples([sample(name, faces=faces, **fields)])

    return put


@pytest.fixture
def run(workspace, catalog):
    def run(face=FACE, **settings):
        return crop(context(workspace, catalog, CropSettings(**settings), face))

    return run


def test_every_face_gives_a_square_crop_of_its_mouth(put, run, workspace, catalog):
    put("a", face(), face(100, 50, 50))
    assert run().counts == {"mouths": 2}
    image = read_image(workspace.image("a"))
    for number, name in enumerate(["a", "a-face2"]):
        one = mouth(catalog, name)
        box = get(catalog, "a").faces[number].mouth_box
        pixels = read_image(workspace.mouth(name))
        assert (pixels == crop_square(image, box)).all()
        assert (one.sample, one.face, one.width) == ("a", number, pixels.shape[0])
    assert sorted(p.name for p in workspace.mouths.iterdir()) == [
        "a-face2_mouth.png", "a_mouth.png",
    ]  # fmt: skip


def test_a_mouth_at_the_border_is_padded_and_square(put, run, workspace):
    put("a", face(-20, 100, 60))
    run()
    height, width, _ = read_image(workspace.mouth("a")).shape
    assert height == width == 36


def test_too_narrow_lips_give_no_crop(put, run, catalog):
    put("a", face(0, 0, 60), face(70, 0, 29.9))
    run(min_lips=12)
    assert [m.name for m in catalog.mouths()] == ["a"]
    run(min_lips=11)
    assert [m.name for m in catalog.mouths_in_use()] == ["a", "a-face2"]
    run(min_lips=12)
    assert [m.name for m in catalog.mouths_in_use()] == ["a"]
    assert mouth(catalog, "a-face2").dropped == "no_face"


def test_only_new_detected_pictures_in_use_are_cropped(put, run, catalog):
    put("a", face())
    put("bb", face(), dropped="dark", decided_by="clean")
    put("ccc")
    catalog.add_samples([sample("d", faces=None)])
    assert run().done == 2
    assert run().done == 0
    put("eeee", face())
    assert run().done == 1
    assert run(face=FaceSettings(backend="haar-tutorial")).done == 3
    catalog.update_sample("bb", dropped=None, decided_by=USER)
    assert run(face=FaceSettings(backend="haar-tutorial")).done == 1
    assert detect_key(FACE) != detect_key(FaceSettings(backend="haar-tutorial"))


def test_a_label_survives_a_new_crop(put, run, catalog):
    put("a", face())
    run()
    catalog.update_mouth("a", label="smile", label_by=USER)
    run(min_lips=5)
    assert mouth(catalog, "a").label == "smile"


def test_annotate_draws_a_panel_for_each_face_with_points(put, run, workspace):
    points = np.random.default_rng(0).uniform(20, 80, (68, 2)).astype(np.float32)
    with_points = Face(face().box, 1.0, points, face().lips, face().mouth_box)
    put("a", with_points)
    put("bb", face())
    put("ccc")
    put("dddd", *[replace(with_points, roll=roll) for roll in (40, 180, -90)])
    summary = run(annotate=0)
    pages = sorted(summary.files[0].iterdir())
    assert [p.name for p in pages] == ["a.jpg", "bb.jpg", "ccc.jpg", "dddd.jpg"]
    assert read_image(pages[0]).shape == (PANEL_SIDE, 160 + PANEL_SIDE, 3)
    assert read_image(pages[1]).shape == (120, 160, 3)
    assert read_image(pages[3]).shape == (2 * PANEL_SIDE, 160 + 2 * PANEL_SIDE, 3)
    assert [p.name for p in summary.files[1].iterdir()] == ["pages-01.jpg"]
    assert run(annotate=0).done == 0


def test_annotation_alone_crops_nothing_again(put, run):
    put("a", face())
    assert run().done == 1
    assert run(annotate=0).done == 1
    assert run().done == run(annotate=0).done == 0


def test_annotation_is_limited_and_cropping_is_not(put, run, workspace):
    for name in ("a", "bb", "ccc", "dddd"):
        put(name, face())
    assert run(annotate=2).done == 4
    folder = workspace.reports / "landmarks"
    assert len(list(folder.iterdir())) == 2
    assert len(list(workspace.mouths.iterdir())) == 4
    assert run().done == 0
    assert run(annotate=1).done == 1
    assert len(list(folder.iterdir())) == 3


def test_a_lost_picture_is_reported_and_converted_again(put, run, workspace, catalog):
    put("a", face())
    catalog.mark_done("convert", "key", ["a"])
    workspace.image("a").unlink()
    assert run().counts == {"mouths": 0}
    assert not catalog.is_done("convert", "key", "a")


def test_an_unwritable_crop_raises_and_can_be_retried(put, run, workspace):
    put("a", face())
    workspace.mouths.write_text("a file where the folder should be")
    with pytest.raises(OSError):
        run()
    workspace.mouths.unlink()
    assert run().done == 1


def test_mouths_are_numbered_from_the_main_face():
    assert [mouth_name("a", i) for i in range(3)] == ["a", "a-face2", "a-face3"]
