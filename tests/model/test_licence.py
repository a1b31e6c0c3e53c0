"""The setting `licence`: with `free`, nothing that is for research only is loaded or opened."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

import moue
from moue import Predictor
from moue.cli import main
from moue.demo.raw_folder import demo_pictures
from moue.errors import ConfigError, ModelError
from moue.face.backends import (
    FaceSettings,
    available_backends,
    detect_faces,
    resolve_backend,
    with_trained_backend,
)
from moue.files import write_json
from moue.geometry import center_distance
from moue.media.image import Picture
from moue.model import bundled
from moue.model.bundled import ModelInfo, TrainingSource
from moue.predict.batch import get_predictor
from moue.predict.load_classifier import load_classifier

PACKAGE = Path(moue.__file__).parent
BUNDLED = PACKAGE / "model" / "bundled"
FREE = FaceSettings(licence="free")
NAME = bundled.DEFAULTS["free"]
DRAWN = TrainingSource(name="drawn", terms="CC0", commercial_use=True, licence="CC0-1.0")
PEOPLE = TrainingSource(name="people", terms="research only", commercial_use=False)


def call(*arguments):
    return main([str(a) for a in arguments])


def info(*sources, licence="CC0-1.0"):
    return ModelInfo(version="1", date="2026-01-31", licence=licence, sources=sources, scores=())


@pytest.fixture(scope="module")
def photo():
    return next(demo_pictures()).path


@pytest.fixture
def two_sets(bundled_model, model):
    """Bundled models `mouth`, for research only, and a free one, with the weights of `model`."""
    from moue.training.publish import publish

    publish(model.parent, bundled.DEFAULTS["free"], info(DRAWN), bundled_model)
    yield bundled_model
    get_predictor.cache_clear()


@pytest.mark.parametrize(
    ("card", "free"),
    [
        (info(DRAWN), True),
        (info(DRAWN, licence="MIT"), True),
        (info(DRAWN, licence="research only"), False),
        (info(DRAWN, PEOPLE), False),
        (info(DRAWN, dataclasses.replace(PEOPLE, role="teacher")), False),
        (info(DRAWN, dataclasses.replace(PEOPLE, role="background")), False),
        (info(dataclasses.replace(PEOPLE, role="upstream"), licence="MIT"), False),
        (info(dataclasses.replace(DRAWN, role="upstream"), licence="MIT"), True),
    ],
)
def test_a_free_network_owes_nothing_to_research_only_sources(card, free):
    fields = {f.name: getattr(card, f.name) for f in dataclasses.fields(card)}
    whole = bundled.Card(name="a", labels=("b",), files={}, **fields)
    assert whole.free is free
    assert whole.to_dict()["free"] is free


def test_each_source_of_each_bundled_card_states_licence_and_role():
    for folder in {path.parent for path in BUNDLED.rglob("*.onnx")}:
        for name in bundled.model_names(folder):
            card = bundled.load_card(name, folder)
            data = json.loads((folder / f"{name}.json").read_text())
            assert data["free"] is card.free
            for source in data["sources"]:
                assert {"name", "licence", "terms", "count", "source", "role"} <= set(source)


def test_the_free_set_is_the_default_with_licence_free(two_sets, photo):
    assert Predictor.load(licence="free").classifier.where == f"{NAME} 1 (CC0-1.0)"
    assert "mouth 1.2" in Predictor.load(licence="any").classifier.where
    assert "mouth 1.2" in Predictor.load().classifier.where
    found = Predictor.load(face=FREE)
    assert found.classifier.where == f"{NAME} 1 (CC0-1.0)"
    assert resolve_backend(found.face) == resolve_backend(FREE) != resolve_backend(FaceSettings())


def test_a_research_only_model_is_refused(two_sets):
    for load in (Predictor.load, load_classifier):
        with pytest.raises(
            ModelError, match=f"mouth: `--licence free` does not allow .*model `{NAME}`"
        ):
            load("mouth", licence="free")


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_a_copy_of_a_research_only_model_is_refused(two_sets, suffix, tmp_path):
    (two_sets / f"{NAME}.json").unlink()  # both have the same weights in this test
    copied = tmp_path / f"mine{suffix}"
    shutil.copy(two_sets / f"mouth{suffix}", copied)
    assert load_classifier(copied)
    with pytest.raises(ModelError, match="is a copy of the bundled model mouth"):
        load_classifier(copied, licence="free")


def test_a_run_fine_tuned_from_a_research_only_model_is_refused(two_sets, model, tmp_path):
    run = tmp_path / "001-from-mouth"
    run.mkdir()
    shutil.copy(model, run / "model.onnx")
    for start in ("mouth", "gone"):
        write_json(run / "data.json", {"settings": {"fine_tune": start}})
        assert load_classifier(run)
        for path in (run, run / "model.onnx"):
            with pytest.raises(
                ModelError, match=r"is a copy|was fine-tuned from the bundled model"
            ):
                load_classifier(path, licence="free")


def test_a_run_from_random_weights_or_a_free_model_is_allowed(
    no_bundled_models, trained_run, model, tmp_path
):
    from moue.training.publish import publish

    publish(model.parent, "free", info(DRAWN), no_bundled_models)
    run = tmp_path / "001"
    shutil.copytree(trained_run, run)
    for start in (None, "free"):
        write_json(run / "data.json", {"settings": {"fine_tune": start}})
        assert load_classifier(run, licence="free")
    write_json(run / "data.json", {"settings": {"fine_tune": "gone"}})
    with pytest.raises(ModelError, match="was fine-tuned from the bundled model gone"):
        load_classifier(run, licence="free")


def test_an_own_model_is_allowed(no_bundled_models, model):
    assert load_classifier(model, licence="free")


@pytest.mark.parametrize("backend", ["moue", "dlib68", "yunet"])
def test_a_research_only_backend_is_refused(backend, photo):
    settings = FaceSettings(backend=backend, licence="free")
    with pytest.raises(ConfigError, match=f"does not allow the backend {backend} "):
        detect_faces(Picture(photo.read_bytes()), settings)
    assert backend not in available_backends(FREE)
    assert with_trained_backend(FREE, backend) == FREE


def test_the_free_backend_finds_a_face(photo):
    picture = Picture(photo.read_bytes())
    (face,) = detect_faces(picture, FREE)
    (other,) = detect_faces(picture, FaceSettings())
    assert face.backend == resolve_backend(FREE)
    assert center_distance(face.box, other.box) < 0.2 * other.size


def test_the_commands_refuse_what_is_not_free(two_sets, photo, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = [
        (["predict", photo, "--model", "mouth"], "mouth: `--licence free`"),
        (["predict", photo, "--backend", "moue"], "the backend moue"),
        (["live", photo.parent, "--model", "mouth"], "mouth: `--licence free`"),
        (["compare-detectors", photo, "--backend", "dlib68"], "the backend dlib68"),
        (["people"], "face recognition"),
        (["export", tmp_path / "a.onnx", "--model", "mouth"], "mouth: `--licence free`"),
        (["clean", "--backend", "moue"], "the backend moue"),
        (["crop", "--backend", "dlib68"], "the backend dlib68"),
        (["explain", photo, "--model", "mouth"], "mouth: `--licence free`"),
        (["run", photo, "--fine-tune", "mouth"], "mouth: `--licence free`"),
    ]
    assert call("collect", photo, "-w", "moue-workspace") == 0
    assert call("convert") == 0
    for arguments, message in refused:
        capsys.readouterr()
        assert call(*arguments, "--licence", "free") != 0, arguments
        assert message in capsys.readouterr().err, arguments


def test_fine_tuning_from_a_research_only_model_is_refused(two_sets, workspace, capsys):
    arguments = ["train", "-w", workspace.root, "--fine-tune", "mouth", "--licence", "free"]
    assert call(*arguments) == 1
    assert "mouth: `--licence free` does not allow" in capsys.readouterr().err


def test_moue_toml_sets_the_licence(two_sets, workspace, photo, capsys):
    workspace.settings.write_text('[face]\nlicence = "free"\n')
    assert call("predict", photo, "-w", workspace.root) == 0
    assert f"model: {NAME} 1" in capsys.readouterr().err
    assert call("predict", photo, "-w", workspace.root, "--licence", "any") == 0
    assert "model: mouth 1.2" in capsys.readouterr().err


def test_doctor_lists_both_sets(capsys):
    assert call("doctor", "--json") == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["licence free"]["ok"]
    assert checks["licence any"]["model"] == "mouth"
    free = set(checks["licence free"]["networks"])
    assert checks["licence free"]["model"] in free
    assert free < set(checks["licence any"]["networks"])
    assert {checks[f"model {name}"]["card"]["free"] for name in free} == {True}
    assert not checks["backend moue"]["free"]
    assert checks[f"backend {resolve_backend(FREE)}"]["free"]
