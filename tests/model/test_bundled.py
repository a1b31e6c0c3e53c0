from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import numpy as np
import pytest

from moue import Predictor
from moue.cli import main
from moue.demo.raw_folder import demo_pictures
from moue.errors import ModelError
from moue.model import bundled as weights
from moue.model.bundled import ONNX, TENSORS, Card
from moue.model.classifier import Classifier
from moue.model.spec import ModelSpec

REAL = weights.model_names()
REAL_FOLDER = weights.FOLDER
ROOT = Path(__file__).parents[2]
TERMS = "mouth 1.2 (not cleared for commercial use; see `moue doctor`)"


def call(*arguments):
    return main([str(a) for a in arguments])


def changed(folder, **values):
    """Write other values into the card."""
    path = folder / "mouth.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def flipped(path, at=-1000):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_bundled_model_is_listed_with_its_card(bundled_model, model_info, model):
    assert weights.model_names() == ["mouth"]
    card = weights.load_card("mouth")
    assert card.labels == ("none", "pout", "smile", "open")
    assert card.research_only == ("faces",)
    for field in dataclasses.fields(model_info):
        assert getattr(card, field.name) == getattr(model_info, field.name)
    assert weights.read_verified(card, ONNX) == model.read_bytes()


def test_the_default_model_is_listed_first(no_bundled_models):
    for name in ("generated", "mouth", "zebra"):
        (no_bundled_models / f"{name}.json").write_text("{}")
    assert weights.model_names() == ["mouth", "generated", "zebra"]


def test_the_bundled_model_is_the_default(bundled_model, model):
    photo = next(demo_pictures()).path
    expected = Predictor.load(model).predict(photo)[0].probabilities
    assert Predictor.load().predict(photo)[0].probabilities == expected
    assert Predictor.load("mouth").predict(photo)[0].probabilities == expected


def test_an_existing_path_overrides_a_model_name(bundled_model, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        Classifier.load("mouth").where
        == "mouth 1.2 (not cleared for commercial use; see `moue doctor`)"
    )
    (tmp_path / "mouth").mkdir()
    with pytest.raises(ModelError, match=r"model\.onnx: no such model"):
        Classifier.load("mouth")
    (tmp_path / "mouth" / "model.onnx").write_bytes(model.read_bytes())
    assert Classifier.load("mouth").where == "mouth/model.onnx"
    # Without a name no folder that happens to be there is meant.
    assert Classifier.load().where == TERMS


def test_an_unknown_name_error_lists_the_bundled_models(bundled_model, tmp_path):
    with pytest.raises(ModelError, match=r"mouht: no such model\. Bundled models: mouth\."):
        Predictor.load("mouht")
    with pytest.raises(
        ModelError, match="no bundled model is called 'mouht'; bundled models: mouth"
    ):
        weights.load_card("mouht")


def test_missing_weights_are_an_error_with_advice(no_bundled_models):
    with pytest.raises(ModelError, match=r"contains no bundled models.*`moue train`"):
        Predictor.load()
    with pytest.raises(ModelError, match="mouth: no such model"):
        Predictor.load("mouth")


@pytest.mark.parametrize("suffix", [ONNX, TENSORS])
@pytest.mark.parametrize("at", [0, 5000, -1])
def test_a_changed_byte_is_found_before_loading(bundled_model, suffix, at):
    flipped(bundled_model / f"mouth{suffix}", at)
    with pytest.raises(ModelError, match=rf"mouth\{suffix} fails its checksum.* reinstall moue"):
        weights.read_verified(weights.load_card("mouth"), suffix)


def test_a_damaged_model_is_not_used(bundled_model, model):
    flipped(bundled_model / "mouth.onnx")
    with pytest.raises(ModelError, match="so the file was not loaded"):
        Predictor.load()
    (bundled_model / "mouth.onnx").unlink()
    with pytest.raises(ModelError, match=r"mouth\.onnx: is missing; reinstall moue"):
        Predictor.load()


@pytest.mark.parametrize(
    "values",
    [
        {"name": "other"},
        {"surprise": 1},
        {"labels": None},
        {"labels": [1, 2]},
        {"licence": ""},
        {"date": "yesterday"},
        {"files": {}},
        {"files": {".safetensors": {"bytes": 1, "sha256": "0" * 64}}},
        {"sources": [{"name": "a", "terms": "b", "commercial_use": True, "role": "other"}]},
        {"sources": [{"name": "a", "terms": "b", "commercial_use": True, "licence": ""}]},
        {"files": {s: {"bytes": 1, "sha256": "short"} for s in (ONNX, TENSORS)}},
        {"files": {s: {"bytes": 1} for s in (ONNX, TENSORS)}},
        {"sources": [{"name": "a", "terms": "b", "commercial_use": "no"}]},
        {"sources": [{"name": 5, "terms": "b", "commercial_use": False}]},
        {"scores": [{"value": 1}]},
    ],
    ids=lambda v: json.dumps(v)[:40],
)
def test_a_card_of_another_format_is_refused(bundled_model, values):
    changed(bundled_model, **values)
    with pytest.raises(ModelError, match=r"mouth\.json: is not a valid model card"):
        Predictor.load()


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "{}"])
def test_an_invalid_card_is_refused(bundled_model, text):
    (bundled_model / "mouth.json").write_text(text)
    with pytest.raises(ModelError, match=r"mouth\.json: is not a valid model card"):
        weights.load_card("mouth")


def test_predict_names_its_model(bundled_model, model, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    photo = next(demo_pictures()).path
    assert call("predict", photo) == 0
    out, err = capsys.readouterr()
    assert f"model: {TERMS}" in err
    assert "shipped" not in out
    assert call("predict", photo, "--model", model) == 0
    assert f"model: {model}" in capsys.readouterr().err


def test_a_finished_run_overrides_the_bundled_model(bundled_model, model, tmp_path, capsys):
    photo, place = next(demo_pictures()).path, tmp_path / "w"
    for number in (1, 2, 3):
        run = place / "runs" / f"00{number}-fast"
        run.mkdir(parents=True)
        (run / "model.onnx").write_bytes(model.read_bytes())
        if number != 3:
            (run / "result.json").write_text('{"finished": "2026"}')
    assert call("predict", photo, "-w", place) == 0
    assert "model: 002-fast (best of 2 runs by validation accuracy)" in capsys.readouterr().err


def test_predict_without_run_and_weights_gives_advice(no_bundled_models, tmp_path, capsys):
    assert call("init", "-w", tmp_path) == 0
    assert call("predict", "a.jpg", "-w", tmp_path) == 1
    assert "contains no usable run; train a model with `moue train`" in capsys.readouterr().err


def test_doctor_shows_licence_and_research_only_data(bundled_model, model_info, capsys):
    assert call("doctor") == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x[3:].startswith("model mouth"))
    assert line.startswith("!! ")
    assert "1.2, verified, but not cleared for commercial use: do not use it in a product" in line
    assert line.endswith(f"{weights.FOLDER / 'LICENSE'}")
    assert call("doctor", "--json") == 0
    check = next(c for c in json.loads(capsys.readouterr().out) if c["name"] == "model mouth")
    assert not check["ok"]
    assert check["warning"]
    assert check["card"]["research_only"] == ["faces"]
    assert check["card"]["scores"][0]["low"] == 0.4


def test_doctor_reports_damaged_and_missing_models(bundled_model, no_bundled_models, capsys):
    flipped(bundled_model / "mouth.safetensors")
    assert call("doctor") == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if x[3:].startswith("model mouth"))
    assert line.startswith("-- ")
    assert "mouth.safetensors fails its checksum" in line
    for path in bundled_model.iterdir():
        path.unlink()
    assert call("doctor") == 0
    assert "-- model                    no model is bundled" in capsys.readouterr().out


def test_the_bundled_model_predicts_without_torch(bundled_model):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "for name in ('torch', 'safetensors', 'onnx', 'dlib', 'av'):\n"
        "    sys.modules[name] = None\n"
        "from moue import Predictor; from moue.model import bundled as weights\n"
        "weights.FOLDER = Path(sys.argv[1])\n"
        "print(len(Predictor.load().predict(sys.argv[2])))\n"
    )
    arguments = [sys.executable, "-c", code, str(bundled_model), str(next(demo_pictures()).path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.stdout == "1\n", done.stderr


def crops() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (side, side + 3, 3), np.uint8) for side in (30, 60, 144)]


@pytest.mark.parametrize("name", REAL)
def test_bundled_files_match_the_checksums_of_their_cards(name):
    card: Card = weights.load_card(name)
    for suffix in card.files:
        weights.read_verified(card, suffix)
    assert card.sources
    assert card.scores
    assert all(0 <= score.value <= 1 and score.count for score in card.scores)


@pytest.mark.parametrize("name", REAL)
def test_bundled_models_predict_the_labels_of_their_cards(name):
    with warnings.catch_warnings():
        # Where dlib is missing, a model that was trained with it gives a warning.
        warnings.simplefilter("ignore", UserWarning)
        predictor = Predictor.load(name)
    (found,) = predictor.predict(next(demo_pictures()).path)
    assert found.label in weights.load_card(name).labels
    assert predictor.classifier.spec.labels == weights.load_card(name).labels


@pytest.mark.parametrize("name", [n for n in REAL if TENSORS in weights.load_card(n).files])
def test_both_files_of_a_bundled_model_agree(name):
    checkpoint = pytest.importorskip("moue.training.checkpoint")
    from moue.training import onnx_export

    known, classifier = checkpoint.load(name), Classifier.load(name)
    spec: ModelSpec = classifier.spec
    assert known.spec == spec
    again = Classifier(onnx_export.to_bytes(known)).probabilities(crops())
    np.testing.assert_allclose(classifier.probabilities(crops()), again, atol=1e-6)


def test_the_first_line_about_a_bundled_model_names_its_licence():
    assert weights.load_card("mouth").terms == "research use only"
    assert Classifier.load("mouth").where.endswith("(research use only; see `moue doctor`)")


def test_weights_have_a_licence_file_and_metadata():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {ROOT / name for name in project["license-files"]}
    assert REAL_FOLDER / "LICENSE" in named
    assert all(path.is_file() for path in named)
    terms = (REAL_FOLDER / "LICENSE").read_text(encoding="utf-8")
    assert all(name in terms for name in weights.model_names())
    # A scanner that reads the expression sees that the package is not Apache-2.0 alone.
    expression = project["license"].split(" AND ")
    assert expression[0] == "Apache-2.0"
    assert "LicenseRef-moue-weights-research-only" in expression
    for reference in expression[1:]:
        assert re.fullmatch(r"CC0-1\.0|MIT|LicenseRef-[A-Za-z0-9.-]+", reference)
