"""Training and evaluation on crops that are mouths already, through the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from drawing import save
from moue.cli import main
from moue.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

SHADES = {"none": 40, "smile": 120, "open": 210}


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    """Label folders of noisy pictures whose brightness determines the label."""
    folder = tmp_path_factory.mktemp("crops")
    chance = np.random.default_rng(3)
    for label, shade in SHADES.items():
        for number in range(14):
            noise = chance.integers(-35, 36, (60, 60, 3))
            save(folder / label / f"{number}.png", np.clip(shade + noise, 0, 255).astype(np.uint8))
    return folder


def run(crops, place, *more):
    arguments = ["run", crops, "-w", place, "--kind", "mouth", "--epochs", 1, "--json", *more]
    return main([str(a) for a in arguments])


def summaries(text):
    return {one["stage"]: one for one in map(json.loads, text.splitlines())}


def test_collected_crops_are_trained_on_and_evaluated(crops, tmp_path, capsys):
    assert run(crops, tmp_path / "w") == 0
    done = summaries(capsys.readouterr().out)
    assert done["crop"]["counts"]["mouths"] == 42
    assert done["label"]["counts"] == {"none": 14, "pout": 0, "smile": 14, "open": 14}
    folder = tmp_path / "w" / "runs" / "001-fast"
    result = json.loads((folder / "evaluation.json").read_text())
    assert result["labels"] == ["none", "smile", "open"]
    assert result["split"] == "test"
    assert result["accuracy"]["count"] == done["evaluate"]["done"] > 0
    page = (tmp_path / "w" / "reports" / "001-fast.html").read_text(encoding="utf-8")
    assert f"of {result['accuracy']['count']} mouths" in page


def test_a_run_is_marked_when_its_data_is_forgotten(crops, tmp_path, capsys):
    place = tmp_path / "w"
    assert run(crops, place) == 0
    folder = place / "runs" / "001-fast"
    with Workspace(place).reading() as catalog:
        split = {m.name: m.split for m in catalog.mouths("split IS NOT NULL")}
        trained = next(s for s in catalog.samples() if split[s.name] == "train")
        judged = next(s for s in catalog.samples() if split[s.name] == "test")
    named = set((folder / "mouths.txt").read_text().split())
    assert named == {name for name, of in split.items() if of != "test"}
    for sample, marked in ((judged, False), (trained, True)):
        assert main(["forget", "--sha256", sample.sha256, "--yes", "-w", str(place)]) == 0
        assert (folder / "forgotten.json").exists() is marked
    assert main(["info", "-w", str(place)]) == 0
    assert "001-fast (trained on pictures that were deleted later)" in capsys.readouterr().out


def test_evaluation_on_validation_data_has_a_warning(crops, tmp_path, capsys):
    assert run(crops, tmp_path / "w", "--set", "split.ratio=9:1") == 0
    done = summaries(capsys.readouterr().out)
    assert done["split"]["counts"]["test"] == 0
    assert "overestimated" in done["evaluate"]["notes"][1]


def test_an_untested_label_is_reported_by_every_command(crops, tmp_path, capsys):
    chance = np.random.default_rng(8)
    for label, count in {"none": 12, "smile": 12, "open": 1}.items():
        for number in range(count):
            noise = SHADES[label] + chance.integers(-35, 36, (60, 60, 3))
            picture = np.clip(noise, 0, 255).astype(np.uint8)
            save(tmp_path / "few" / label / f"{number}.png", picture)
    assert run(tmp_path / "few", tmp_path / "w") == 0
    done = summaries(capsys.readouterr().out)
    val = "no validation picture is labelled open: the validation accuracy does not cover open"
    test = "no test picture is labelled open: the test accuracy does not cover open"
    assert {val, test} <= set(done["split"]["notes"])
    assert val in done["train"]["notes"]
    assert done["train"]["result"] == {"untested": ["open"]}
    assert "over 2 of 3 labels; open was not tested" in done["evaluate"]["notes"][0]
    assert test in done["evaluate"]["notes"]
    assert done["evaluate"]["result"]["untested"] == ["open"]


def test_only_other_settings_start_another_run(crops, tmp_path, capsys):
    place = tmp_path / "w"
    assert run(crops, place) == 0
    assert run(crops, place, "--seed", 1) == 0
    assert run(crops, place) == 0
    assert sorted(p.name for p in (place / "runs").iterdir()) == ["001-fast", "002-fast"]


def test_training_without_data_is_a_one_line_error(tmp_path, capsys):
    assert main(["init", "-w", str(tmp_path / "w")]) == 0
    assert main(["train", "-w", str(tmp_path / "w")]) == 1
    assert "no training pictures" in capsys.readouterr().err


def test_export_writes_a_file_that_predicts(crops, tmp_path, capsys):
    place, target = tmp_path / "w", tmp_path / "mouth.onnx"
    assert run(crops, place) == 0
    assert main(["export", str(target), "-w", str(place)]) == 0
    assert "differ from those of PyTorch by at most" in capsys.readouterr().out
    assert target.read_bytes() == (place / "runs" / "001-fast" / "model.onnx").read_bytes()


def test_fine_tuning_uses_the_labels_of_the_data(crops, bundled_model, tmp_path, capsys):
    place = tmp_path / "w"
    assert run(crops, place, "--fine-tune") == 0
    done = summaries(capsys.readouterr().out)["train"]
    assert done["counts"]["epochs"] == 1
    folder = place / "runs" / "001-from-mouth"
    settings = json.loads((folder / "settings.json").read_text())
    assert settings["fine_tune"] == "mouth"
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [epoch["number"] for epoch in log] == [0, 1]
    judged = json.loads((folder / "evaluation.json").read_text())
    assert judged["labels"] == ["none", "smile", "open"]
    # The same weights are the same run; no weights, and others, are other ones.
    assert run(crops, place, "--fine-tune", "mouth") == 0
    assert run(crops, place, "--reset") == 0
    known = json.loads((bundled_model / "mouth.json").read_text())
    (bundled_model / "other.json").write_text(json.dumps(known | {"name": "other"}))
    (bundled_model / "other.safetensors").write_bytes(
        (bundled_model / "mouth.safetensors").read_bytes()
    )
    assert run(crops, place, "--fine-tune", "other") == 0
    runs = sorted((place / "runs").iterdir())
    assert [path.name for path in runs] == ["001-from-mouth", "002-fast", "003-from-other"]


def test_unchanged_base_weights_are_reported(
    crops, no_bundled_models, model_info, tmp_path, capsys
):
    from moue.training.publish import publish

    place = tmp_path / "w"
    assert run(crops, place, "--epochs", 30) == 0
    publish(place / "runs" / "001-fast", "mouth", model_info, no_bundled_models)
    capsys.readouterr()
    assert run(crops, place, "--fine-tune", "--lr", 10) == 0
    told = summaries(capsys.readouterr().out)["train"]
    assert told["counts"]["best epoch"] == 0
    assert "than the bundled model before fine-tuning" in told["notes"][0]


def test_a_missing_base_model_is_named(crops, no_bundled_models, tmp_path, capsys):
    assert run(crops, tmp_path / "w", "--fine-tune") == 1
    assert "this installation contains no bundled models" in capsys.readouterr().err
    assert not (tmp_path / "w" / "runs").exists()


def test_a_bundled_model_can_be_evaluated_by_name(crops, no_bundled_models, model_info, tmp_path):
    from moue.training.publish import publish

    place = tmp_path / "w"
    assert run(crops, place) == 0
    publish(place / "runs" / "001-fast", "mouth", model_info, no_bundled_models)
    assert main(["evaluate", "--model", "mouth", "-w", str(place)]) == 0
    result = json.loads((place / "reports" / "evaluation.json").read_text())
    same = json.loads((place / "runs" / "001-fast" / "evaluation.json").read_text())
    assert result["accuracy"] == same["accuracy"]


@pytest.mark.parametrize("size", [0, 100])
@pytest.mark.parametrize("kill", ["during", "after"])
def test_a_damaged_checkpoint_restarts_the_training(crops, tmp_path, capsys, size, kill):
    place, folder = tmp_path / "w", tmp_path / "w" / "runs" / "001-fast"
    assert run(crops, place) == 0
    whole = {path.name: path.read_bytes() for path in folder.glob("*.onnx")}
    if kill == "during":
        for name in ("result.json", "model.onnx", "model.ckpt"):
            (folder / name).unlink()
    last = folder / "last.pt"
    last.write_bytes(last.read_bytes()[:size])
    capsys.readouterr()
    assert run(crops, place) == 0
    assert "was damaged and was renamed" in " ".join(
        summaries(capsys.readouterr().out)["train"]["notes"]
    )
    assert (folder / "last.pt.damaged-1").stat().st_size == size
    assert {path.name: path.read_bytes() for path in folder.glob("*.onnx")} == whole
    assert run(crops, place) == 0
    assert summaries(capsys.readouterr().out)["train"]["done"] == 0


@pytest.mark.parametrize(
    "name", ["model.onnx", "model.ckpt", "best.pt", "result.json", "data.json", "mouths.txt"]
)
def test_damaged_run_files_are_rewritten_or_named(crops, tmp_path, capsys, name):
    place, folder = tmp_path / "w", tmp_path / "w" / "runs" / "001-fast"
    assert run(crops, place) == 0
    before = (folder / "model.onnx").read_bytes()
    for size in (0, 7):
        path = folder / name
        path.write_bytes(path.read_bytes()[:size])
        capsys.readouterr()
        assert run(crops, place) == 0
        out = capsys.readouterr().out
        assert name in " ".join(summaries(out)["train"]["notes"])
    model = folder / "model.onnx"
    if name != "data.json":  # then it is not known what the run is of: another one was trained
        assert model.read_bytes() == before
        assert [path.name for path in folder.parent.iterdir()] == ["001-fast"]
    assert run(crops, place) == 0
