"""Which backend found a face: recorded in every row, never another than the one that did."""

import json
import shutil
from importlib.resources import files

import numpy as np
import pytest

from moue.cli import main
from moue.face import dlib68
from moue.face.backends import FaceSettings, with_trained_backend
from moue.media.image import read_image
from moue.training.train_split import crop_backend
from moue.workspace.workspace import Workspace
from rows import add, sample

PICTURES = sorted((files("moue") / "demo" / "pictures").glob("*.jpg"))[::40][:4]
needs_dlib = pytest.mark.skipif(not dlib68.available(), reason="no dlib")


@pytest.fixture
def place(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for path in PICTURES:
        shutil.copy(path, raw)
    root = tmp_path / "w"
    assert call("collect", raw, "-w", root) == 0
    assert call("convert", "-w", root) == 0
    return root


def call(*arguments):
    return main(
        [
            str(a)
            for a in (
                *arguments,
                *(("--workers", 1) if arguments[0] in ("clean", "crop", "convert", "run") else ()),
            )
        ]
    )


def rows(place):
    with Workspace(place).reading() as catalog:
        return list(catalog.samples("dropped IS NULL")), list(catalog.mouths("dropped IS NULL"))


def test_every_row_names_the_backend_that_found_its_face(place, capsys):
    assert call("clean", "-w", place, "--backend", "haar-tutorial") == 0
    assert call("crop", "-w", place) == 0
    samples, mouths = rows(place)
    assert {s.backend for s in samples} == {"haar-tutorial"}
    assert {f.backend for s in samples for f in s.faces} == {"haar-tutorial"}
    assert {m.backend for m in mouths} == {"haar-tutorial"}
    capsys.readouterr()
    assert call("info", samples[0].name, "-w", place) == 0
    assert "1 face by haar-tutorial" in capsys.readouterr().out
    assert call("info", samples[0].name, "-w", place, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sample"]["backend"] == told["sample"]["faces"][0]["backend"] == "haar-tutorial"
    assert told["mouths"][0]["backend"] == "haar-tutorial"


@pytest.mark.parametrize(
    "other", ["haar", "mediapipe", "moue", pytest.param("dlib68", marks=needs_dlib)]
)
def test_crop_with_another_backend_detects_again(place, other, capsys):
    assert call("clean", "-w", place, "--backend", "haar-tutorial") == 0
    assert call("crop", "-w", place) == 0
    assert len(rows(place)[0]) >= 2
    before = {m.name: read_image(Workspace(place).mouth(m.name)) for m in rows(place)[1]}
    capsys.readouterr()
    assert call("crop", "-w", place, "--backend", other, "--annotate") == 0
    assert f"pictures again with the backend {other}" in capsys.readouterr().out
    samples, mouths = rows(place)
    assert {s.backend for s in samples} == {m.backend for m in mouths} == {other}
    points = {None if f.landmarks is None else len(f.landmarks) for s in samples for f in s.faces}
    assert points == {{"dlib68": 68, "mediapipe": 20, "moue": 20}.get(other)}
    after = {m.name: read_image(Workspace(place).mouth(m.name)) for m in mouths}
    assert any(not np.array_equal(before[name], after[name]) for name in before if name in after)


def test_crop_with_the_same_backend_detects_nothing(place, capsys):
    assert call("clean", "-w", place, "--backend", "haar") == 0
    assert call("crop", "-w", place, "--backend", "haar") == 0
    assert "again with the backend" not in capsys.readouterr().out


def test_a_picture_without_its_former_face_is_reported(place, catalog_of, capsys):
    assert call("clean", "-w", place, "--backend", "moue") == 0
    assert call("crop", "-w", place) == 0
    with catalog_of(place) as catalog:
        name = next(catalog.samples()).name
        blank = np.full((200, 200, 3), 90, np.uint8)
    from moue.files import write_bytes
    from moue.media.image import encode_jpeg

    write_bytes(Workspace(place).image(name), encode_jpeg(blank))
    capsys.readouterr()
    assert call("crop", "-w", place, "--backend", "haar") == 0
    assert "1 pictures in use have no detected face" in capsys.readouterr().out
    assert name not in {mouth.name for mouth in rows(place)[1]}


@pytest.fixture
def catalog_of():
    return lambda place: Workspace(place).reading()


@pytest.mark.parametrize(
    ("backends", "told"),
    [
        (["haar-tutorial"] * 3, "haar-tutorial"),
        (["moue", "haar", "moue"], "moue, haar"),
        ([None, None, "haar"], "haar"),
        ([None] * 3, None),
    ],
)
def test_a_model_records_the_backend_of_its_crops(catalog, backends, told):
    for number, backend in enumerate(backends):
        add(catalog, sample(f"p{number}"))
        catalog.update_mouth(f"p{number}", label="smile", split="train", backend=backend)
    add(catalog, sample("tested"))
    catalog.update_mouth("tested", label="smile", split="test", backend="dlib68")
    assert crop_backend(catalog) == told


def test_the_most_frequent_backend_of_a_model_is_used():
    assert with_trained_backend(FaceSettings(), "haar, moue").backend == "haar"
