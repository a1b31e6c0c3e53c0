"""`moue run --as-tutorial` does what the tutorial does, without its faults."""

import json
import shutil

import pytest

from moue.cli import main
from moue.demo.raw_folder import demo_pictures
from moue.face import dlib68
from moue.face.backends import FaceSettings
from moue.learn import tutorial_way
from moue.media.image import read_image
from moue.workspace.workspace import Workspace

needs_dlib = pytest.mark.skipif(not dlib68.available(), reason="no dlib")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures of four people in folders named as in the tutorial."""
    folder = tmp_path_factory.mktemp("photos")
    numbers = {"none": "0", "pout": "1", "smile": "2", "open": "3"}
    for picture in list(demo_pictures())[:48]:
        target = folder / numbers[picture.label] / picture.path.name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(picture.path, target)
    return folder


@pytest.fixture(scope="module")
def finished(photos, tmp_path_factory):
    """A workspace after the whole way of the tutorial."""
    pytest.importorskip("torch")
    root = tmp_path_factory.mktemp("tutorial") / "w"
    arguments = ["run", photos, "-w", root, "--as-tutorial", "--workers", 1]
    assert main([str(a) for a in arguments]) == 0
    return Workspace(root)


@needs_dlib
@pytest.mark.slow
def test_the_settings_are_those_of_the_tutorial(finished):
    settings = json.loads((finished.runs / "001-classic" / "settings.json").read_text())
    wanted = {
        "network": "simpleconv3", "epochs": 10, "lr": 0.1, "momentum": 0.9, "batch_size": 64,
        "optimizer": "sgd", "schedule": "step", "input_size": 48, "resize": 64,
    }  # fmt: skip
    assert {name: settings[name] for name in wanted} == wanted
    with finished.reading() as catalog:
        mouths = list(catalog.mouths("split IS NOT NULL"))
        splits = [mouth.split for mouth in mouths]
        assert {mouth.backend for mouth in mouths} == {"dlib68-tutorial"}
    assert "test" not in splits
    assert splits.count("train") > 4 * splits.count("val") > 0


@needs_dlib
@pytest.mark.slow
def test_the_files_of_the_tutorial_exist(finished):
    import torch

    run = finished.runs / "001-classic"
    scalars = json.loads((run / "all_scalars.json").read_text())
    assert set(scalars) == {"data/trainloss", "data/trainacc", "data/valloss", "data/valacc"}
    assert all(len(rows) == 10 for rows in scalars.values())
    weights = torch.load(run / "model.ckpt", weights_only=True)
    assert weights["fc1.weight"].shape == (1200, 48 * 5 * 5)
    assert list((run / "tensorboard").glob("events.*"))
    assert all(name.moue.exists() for name in tutorial_way.tutorial_names(finished, run))


@needs_dlib
@pytest.mark.slow
def test_results_has_a_drawn_copy_of_each_validation_picture(finished):
    with finished.reading() as catalog:
        val = {m.sample for m in catalog.mouths("split = 'val'")}
    drawn = {path.stem: path for path in (finished.root / "results").iterdir()}
    assert drawn.keys() == val
    name = min(val)
    before, after = read_image(finished.image(name)), read_image(drawn[name])
    assert before.shape == after.shape
    assert (abs(before.astype(int) - after) > 60).any(axis=2).mean() > 0.005


@needs_dlib
@pytest.mark.slow
def test_the_originals_stay(finished, photos):
    assert len(list(photos.rglob("*.jpg"))) == 48


@needs_dlib
@pytest.mark.slow
def test_the_names_of_the_tutorial_are_printed_beside_those_of_moue(finished, capsys):
    assert main(["run", "-w", str(finished.root), "--as-tutorial", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "tensorboard --logdir" in out
    for name in tutorial_way.tutorial_names(finished, finished.runs / "001-classic"):
        (line,) = [line for line in out.splitlines() if line.startswith(f"  {name.tutorial} ")]
        assert line.endswith("/".join(name.moue.parts[-1:]))


@needs_dlib
@pytest.mark.slow
def test_forget_deletes_the_drawn_copy_too(finished, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(finished.root, root)
    drawn = sorted((root / "results").iterdir())
    assert main(["forget", drawn[0].stem, "-w", str(root), "--yes"]) == 0
    assert sorted((root / "results").iterdir()) == drawn[1:]


def test_the_command_line_overrides_the_settings_of_the_tutorial():
    given = {"train": {"epochs": 25}, "convert": {"quality": 80}}
    values = tutorial_way.with_tutorial(given)
    assert values["train"] == {"recipe": "classic", "epochs": 25, "lr": 0.1, "batch_size": 64}
    assert values["convert"] == {"quality": 80}
    assert values["face"]["min_neighbors"] == 5
    assert tutorial_way.SETTINGS["train"]["epochs"] == 10


@pytest.mark.skipif(not dlib68.available(), reason="no dlib")
def test_a_missing_landmark_model_is_an_error_before_any_work(tmp_path, photos, capsys):
    arguments = ["run", str(photos), "-w", str(tmp_path / "w"), "--as-tutorial"]
    assert main([*arguments, "--set", "face.dlib_model=missing.dat"]) == 1
    assert "missing.dat" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


def test_another_backend_needs_no_dlib():
    tutorial_way.check_installed(FaceSettings(backend="haar-tutorial", dlib_model="missing.dat"))
