from __future__ import annotations

import dataclasses
import json
import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from moue.errors import ConfigError, DataError, ModelError
from moue.predict.load_classifier import load_classifier
from moue.training import checkpoint
from moue.training.networks import build
from moue.training.recipes import RECIPES
from moue.training.run_log import read_log
from moue.training.train import train
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS

pytestmark = pytest.mark.slow

MADE = ("best.pt", "model.ckpt", "model.onnx")
TIMES = ("seconds", "images_per_second", "time")


def epochs_without_times(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "log.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in TIMES} for line in lines]


def assert_same_run(folder: Path, other: Path) -> None:
    for name in MADE:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name
    assert epochs_without_times(folder) == epochs_without_times(other)


def test_a_run_folder_has_all_documented_files(trained_run):
    names = {path.name for path in trained_run.iterdir()}
    assert names == {
        "settings.json", "environment.json", "log.jsonl", "all_scalars.json", "tensorboard",
        "last.pt", *MADE,
    }  # fmt: skip


def test_scalars_are_in_the_form_of_tensorboardx(trained_run):
    scalars = json.loads((trained_run / "all_scalars.json").read_text())
    assert set(scalars) == {"data/trainloss", "data/trainacc", "data/valloss", "data/valacc"}
    log = read_log(trained_run)
    assert scalars["data/valacc"] == [[e.time, e.number - 1, e.val_accuracy] for e in log]


def test_tensorboard_reads_the_same_scalars(trained_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(trained_run / "tensorboard")).Reload()
    found = [event.value for event in events.Scalars("data/valloss")]
    assert found == pytest.approx([epoch.val_loss for epoch in read_log(trained_run)])
    assert [event.step for event in events.Scalars("data/trainacc")] == [0, 1, 2, 3]


def test_settings_and_environment_are_recorded(trained_run):
    settings = json.loads((trained_run / "settings.json").read_text())
    assert settings["recipe"] == "fast"
    assert settings["epochs"] == 4
    environment = json.loads((trained_run / "environment.json").read_text())
    assert environment["counts"]["train"] == dict.fromkeys(LABELS, 16)
    assert environment["packages"]["torch"] == torch.__version__


def test_the_same_seed_gives_the_same_bytes(mouth_sets, trained_run, tmp_path, quick_settings):
    train(*mouth_sets, quick_settings, tmp_path / "again")
    assert_same_run(tmp_path / "again", trained_run)


def test_crops_on_disk_give_the_same_bytes(mouth_sets, trained_run, tmp_path, quick_settings):
    settings = dataclasses.replace(quick_settings, crop_storage="disk")
    train(*mouth_sets, settings, tmp_path / "disk")
    assert_same_run(tmp_path / "disk", trained_run)
    names = {path.name for path in trained_run.iterdir()}
    assert {path.name for path in (tmp_path / "disk").iterdir()} == names


def test_crops_that_need_much_memory_go_to_the_disk(mouth_sets, tmp_path, monkeypatch):
    from moue.training.prepare import prepare

    monkeypatch.setattr("moue.training.prepare.usable_memory", lambda: 100_000)
    settings = TrainSettings()
    assert prepare(*mouth_sets, settings, folder=tmp_path).train.on_disk
    stored = dataclasses.replace(settings, crop_storage="memory")
    assert not prepare(*mouth_sets, stored, folder=tmp_path).train.on_disk


def test_another_seed_gives_other_weights(mouth_sets, trained_run, tmp_path, quick_settings):
    train(*mouth_sets, dataclasses.replace(quick_settings, seed=1, epochs=1), tmp_path)
    assert (tmp_path / "model.ckpt").read_bytes() != (trained_run / "model.ckpt").read_bytes()


def test_a_finished_run_is_not_trained_again(mouth_sets, trained_run, quick_settings):
    before = {name: (trained_run / name).read_bytes() for name in MADE}
    seen = []
    result = train(*mouth_sets, quick_settings, trained_run, seen.append)
    assert not seen
    assert len(result.epochs) == 4
    assert before == {name: (trained_run / name).read_bytes() for name in MADE}


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from drawn_mouths import QUICK, examples_in
folder, name, count = Path(sys.argv[2]), sys.argv[4], int(sys.argv[5])

def kill_before_renaming(event, args, seen=[]):
    if event == "os.rename" and Path(args[1]).name == name:
        seen.append(name)
        if len(seen) == count:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill_before_renaming)
from moue.training.train import train
data = Path(sys.argv[3])
train(examples_in(data / "train"), examples_in(data / "val"), QUICK, folder)
"""


@pytest.mark.parametrize(
    ("file", "count"),
    [("last.pt", 3), ("model.onnx", 1)],
    ids=["between best and last", "while finishing"],
)
def test_a_killed_run_resumes_to_the_same_bytes(
    mouth_sets, trained_run, tmp_path, file, count, quick_settings
):
    data = mouth_sets[0][0].file.parents[1]
    here = str(Path(__file__).parents[1])
    child = [sys.executable, "-c", KILLED, here, str(tmp_path), str(data), file, str(count)]
    done = subprocess.run(child, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (tmp_path / "model.onnx").exists()
    train(*mouth_sets, quick_settings, tmp_path)
    assert_same_run(tmp_path, trained_run)


def test_validation_uses_the_ema_weights(trained_run):
    last = checkpoint.load(trained_run / "last.pt")
    assert not torch.equal(last.weights["chain.0.weight"], last.state["network"]["chain.0.weight"])


def test_classic_weights_fit_the_tutorial_network(mouth_sets, tmp_path):
    settings = TrainSettings(recipe="classic", epochs=1, device="cpu")
    result = train(*mouth_sets, settings, tmp_path)
    weights = torch.load(tmp_path / "model.ckpt", weights_only=True)
    build("simpleconv3", LABELS).load_state_dict(weights)
    assert result.export_difference <= 1e-4
    assert load_classifier(tmp_path).spec.temperature == result.temperature


def test_best_trains_and_exports_its_network(mouth_sets, tmp_path):
    result = train(*mouth_sets, TrainSettings(recipe="best", epochs=1, device="cpu"), tmp_path)
    assert load_classifier(tmp_path).spec.network == "mouthnet"
    assert result.epochs[0].train_accuracy > 0.35  # four labels: chance is 0.25
    assert result.export_difference <= 1e-4


def test_fewer_labels_can_be_trained(mouth_sets, tmp_path, quick_settings):
    two = ("none", "open")
    chosen = [[example for example in one if example.label in two] for one in mouth_sets]
    train(*chosen, dataclasses.replace(quick_settings, epochs=1), tmp_path, labels=two)
    assert load_classifier(tmp_path).spec.labels == two


def test_progress_is_reported_after_each_epoch(mouth_sets, tmp_path, quick_settings):
    seen = []
    train(*mouth_sets, dataclasses.replace(quick_settings, epochs=2), tmp_path, seen.append)
    assert [epoch.number for epoch in seen] == [1, 2]
    assert all(epoch.images_per_second > 0 for epoch in seen)


def test_a_folder_of_another_run_is_unchanged(mouth_sets, trained_run, quick_settings):
    before = (trained_run / "last.pt").read_bytes()
    with pytest.raises(ModelError, match="other settings or pictures"):
        train(*mouth_sets, dataclasses.replace(quick_settings, lr=0.01), trained_run)
    with pytest.raises(ModelError, match="other settings or pictures"):
        train(mouth_sets[0][1:], mouth_sets[1], quick_settings, trained_run)
    assert (trained_run / "last.pt").read_bytes() == before


def test_a_loss_of_nan_is_an_error(mouth_sets, tmp_path):
    settings = TrainSettings(recipe="classic", epochs=3, lr=1e30, device="cpu")
    with pytest.raises(ModelError, match=r"the learning rate 1e\+30 is too high"):
        train(*mouth_sets, settings, tmp_path)
    assert not (tmp_path / "model.onnx").exists()


def test_invalid_data_is_refused_before_writing(mouth_sets, tmp_path, quick_settings):
    with pytest.raises(DataError, match="validation set is empty"):
        train(mouth_sets[0], [], quick_settings, tmp_path / "run")
    with pytest.raises(DataError, match="no training picture"):
        train(mouth_sets[0][:10], mouth_sets[1], quick_settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_early_stopping_is_final(mouth_sets, tmp_path, quick_settings):
    # Steps this small change no answer.
    settings = dataclasses.replace(quick_settings, epochs=9, patience=2, lr=1e-6)
    result = train(*mouth_sets, settings, tmp_path)
    recalls = [epoch.val_recall for epoch in result.epochs]
    assert result.stopped_early
    assert len(recalls) == 2 + recalls.index(max(recalls)) + 1 < 9
    again = train(*mouth_sets, settings, tmp_path)
    assert len(again.epochs) == len(recalls)
    assert not train(
        *mouth_sets, dataclasses.replace(quick_settings, epochs=1), tmp_path / "b"
    ).stopped_early


def test_only_best_stops_early_by_default():
    assert {name: recipe.patience > 0 for name, recipe in RECIPES.items()} == {
        "classic": False, "fast": False, "best": True,
    }  # fmt: skip
    assert TrainSettings(recipe="best", patience=0).resolved_recipe().patience == 0


def test_auto_reports_the_device_once(mouth_sets, tmp_path, quick_settings):
    from moue.training.prepare import prepare
    from moue.training.train import train_prepared

    assert TrainSettings().device == "auto"
    said: list[str] = []
    settings = dataclasses.replace(quick_settings, epochs=1, device="auto")
    train_prepared(prepare(*mouth_sets, settings), tmp_path, say=said.append)
    device = json.loads((tmp_path / "environment.json").read_text())["device"]
    assert device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert len(said) == 1
    assert said[0].startswith("training on the " + ("GPU" if device == "cuda" else "CPU"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_cuda_device_is_an_error(mouth_sets, tmp_path, quick_settings):
    with pytest.raises(ConfigError, match="no CUDA device"):
        train(*mouth_sets, dataclasses.replace(quick_settings, device="cuda"), tmp_path)


def test_missing_tensorboard_is_noted_once(
    mouth_sets, tmp_path, monkeypatch, caplog, quick_settings
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with caplog.at_level(logging.WARNING):
        train(*mouth_sets, dataclasses.replace(quick_settings, epochs=2), tmp_path)
    assert [record.message for record in caplog.records] == [
        "TensorBoard is not installed, so no event file is written; to install it: "
        "pip install tensorboard"
    ]
    assert not (tmp_path / "tensorboard").exists()
    assert (tmp_path / "all_scalars.json").exists()


def test_training_restores_the_settings_of_torch(mouth_sets, trained_run):
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory
