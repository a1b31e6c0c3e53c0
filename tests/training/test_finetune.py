from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from moue.errors import CheckpointError, ConfigError, ModelError
from moue.model import bundled
from moue.predict.load_classifier import load_classifier
from moue.training import checkpoint
from moue.training.finetune import InitialWeights
from moue.training.networks import Network, build
from moue.training.publish import publish
from moue.training.recipes import CLASSIC, FAST
from moue.training.run_log import read_log
from moue.training.train import train
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS

pytestmark = pytest.mark.slow

TUNED = TrainSettings(recipe="fast", epochs=2, batch_size=16, device="cpu", fine_tune="mouth")
LAST = "chain.12.weight"


@pytest.fixture(scope="module")
def base_run(mouth_sets, tmp_path_factory) -> Path:
    """A run whose model knows the drawn mouths."""
    folder = tmp_path_factory.mktemp("base_run")
    train(*mouth_sets, dataclasses.replace(TUNED, epochs=30, fine_tune=None), folder)
    return folder


@pytest.fixture
def bundled_model(no_bundled_models, base_run, model_info) -> Path:
    publish(base_run, "mouth", model_info, no_bundled_models)
    return no_bundled_models


def only(mouth_sets, labels):
    return [[example for example in one if example.label in labels] for one in mouth_sets]


def test_fine_tuning_uses_a_lower_rate_and_fewer_epochs():
    plain, tuned = (TrainSettings(fine_tune=name).resolved_recipe() for name in (None, "mouth"))
    assert plain == FAST
    assert tuned.lr < plain.lr / 2
    assert tuned.epochs < plain.epochs / 2
    chosen = TrainSettings(fine_tune="mouth", lr=0.5, epochs=7).resolved_recipe()
    assert (chosen.lr, chosen.epochs) == (0.5, 7)


def test_fine_tuning_uses_network_and_spec_of_the_base_model(bundled_model):
    start = InitialWeights.bundled("mouth")
    recipe = start.recipe(CLASSIC)
    assert (recipe.network, recipe.resize, recipe.input_size) == ("fastnet", 48, 40)
    assert recipe.optimizer == "sgd"
    known = start.checkpoint.spec
    spec = start.spec(("none", "open"), 1.5, "haar")
    assert spec == dataclasses.replace(
        known,
        labels=("none", "open"),
        face_backend="haar",
        temperature=1.0,
        abstention_thresholds=(),
    )


def test_a_model_without_weights_for_training_is_an_error_with_advice():
    with pytest.raises(ModelError, match=r"free cannot be fine-tuned.*use mouth"):
        InitialWeights.bundled("free")


def test_another_crop_scale_is_an_error_with_advice(bundled_model, mouth_sets, tmp_path):
    with pytest.raises(ConfigError, match=r"set crop_scale = 1\.5 under \[face\]"):
        train(*mouth_sets, TUNED, tmp_path / "run", crop_scale=2.0)
    assert not (tmp_path / "run").exists()


def test_known_labels_keep_their_weights(bundled_model):
    start, labels = InitialWeights.bundled("mouth"), ("smile", "kiss", "none")
    network = build("fastnet", labels)
    fresh = network.state_dict()[LAST].clone()
    start.copy_into(network, labels)
    given, known = network.state_dict(), start.checkpoint.weights
    for row, label in enumerate(labels):
        expected = known[LAST][LABELS.index(label)] if label in LABELS else fresh[row]
        assert torch.equal(given[LAST][row], expected), label
    body = [name for name in known if not name.startswith("chain.12.")]
    assert body
    assert all(torch.equal(given[name], known[name]) for name in body)


def test_equal_labels_keep_the_whole_network(bundled_model):
    start, network = InitialWeights.bundled("mouth"), build("fastnet", LABELS)
    start.copy_into(network, LABELS)
    assert all(torch.equal(v, start.checkpoint.weights[k]) for k, v in network.state_dict().items())


def test_a_network_without_a_last_linear_layer_is_refused(bundled_model):
    class Odd(Network):
        def layers(self):
            return [torch.nn.ReLU()]

    with pytest.raises(CheckpointError, match="its last layer is not linear"):
        InitialWeights.bundled("mouth").copy_into(Odd(4), LABELS)


def test_epoch_0_evaluates_the_unchanged_base_model(bundled_model, mouth_sets, tmp_path):
    seen = []
    result = train(*mouth_sets, TUNED, tmp_path, seen.append)
    assert [epoch.number for epoch in seen] == [0, 1, 2]
    first = read_log(tmp_path)[0]
    assert first.lr == first.images_per_second == 0
    known = InitialWeights.bundled("mouth").checkpoint
    assert first.val_accuracy == accuracy(known, mouth_sets[1]) > 0.9
    assert first.train_accuracy == accuracy(known, mouth_sets[0])
    assert result.epochs[-1].train_accuracy > 0.5


def accuracy(known, examples):
    from moue.media.image import read_image

    with torch.inference_mode():
        crops = [read_image(e.file) for e in examples]
        logits = known.network()(torch.from_numpy(known.spec.prepare(crops)))
    found = [known.spec.labels[int(i)] for i in logits.argmax(1)]
    return sum(f == e.label for f, e in zip(found, examples, strict=True)) / len(examples)


def test_the_base_model_is_kept_if_no_epoch_is_better(bundled_model, mouth_sets, tmp_path):
    ruinous = dataclasses.replace(TUNED, lr=3.0)
    result = train(*mouth_sets, ruinous, tmp_path)
    assert result.best.number == 0
    kept, known = checkpoint.load(tmp_path / "best.pt"), InitialWeights.bundled("mouth").checkpoint
    assert all(torch.equal(value, known.weights[name]) for name, value in kept.weights.items())


def test_fine_tuning_improves_on_the_base_model(
    no_bundled_models, model_info, mouth_sets, tmp_path
):
    # The bundled model has never seen an open mouth.
    labels = ("none", "pout", "smile")
    longer = dataclasses.replace(TUNED, epochs=20, fine_tune=None)
    train(*only(mouth_sets, labels), longer, tmp_path / "base", labels=labels)
    publish(tmp_path / "base", "mouth", model_info, no_bundled_models)
    tuned = dataclasses.replace(TUNED, epochs=16, lr=2e-3)
    result = train(*mouth_sets, tuned, tmp_path / "tuned")
    start, best = result.epochs[0], result.best
    assert start.val_recall < 0.8
    assert best.number > 0
    assert best.val_recall > start.val_recall
    assert load_classifier(tmp_path / "tuned").spec.labels == LABELS


def test_other_base_weights_start_another_run(
    bundled_model, mouth_sets, tmp_path, base_run, model_info
):
    train(*mouth_sets, TUNED, tmp_path)
    before = (tmp_path / "last.pt").read_bytes()
    environment = json.loads((tmp_path / "environment.json").read_text())
    assert environment["started_from"]["sha256"] == InitialWeights.bundled("mouth").sha256
    other = checkpoint.load(base_run / "best.pt")
    other.weights[LAST][0, 0] += 1
    replaced = tmp_path / "replaced"
    replaced.mkdir()
    checkpoint.save(other, replaced / "best.pt")
    for name in ("model.onnx", "settings.json"):
        (replaced / name).write_bytes((base_run / name).read_bytes())
    publish(replaced, "mouth", model_info, bundled_model)
    with pytest.raises(ModelError, match="other settings or pictures"):
        train(*mouth_sets, TUNED, tmp_path)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_a_damaged_base_model_is_refused_before_writing(bundled_model, mouth_sets, tmp_path):
    path = bundled_model / "mouth.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match="so the file was not loaded"):
        train(*mouth_sets, TUNED, tmp_path / "run")
    assert not (tmp_path / "run").exists()
    with pytest.raises(ModelError, match="no bundled model is called 'moth'"):
        train(*mouth_sets, dataclasses.replace(TUNED, fine_tune="moth"), tmp_path / "run")


def test_scalars_begin_with_epoch_1(bundled_model, mouth_sets, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(*mouth_sets, TUNED, tmp_path)
    scalars = json.loads((tmp_path / "all_scalars.json").read_text())
    assert [step for _, step, _ in scalars["data/valloss"]] == [0, 1]
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("data/valloss")] == [0, 1]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from drawn_mouths import examples_in
from moue.model import bundled
from moue.training.train_settings import TrainSettings

def kill_before_renaming(event, args, seen=[]):
    if event == "os.rename" and Path(args[1]).name == "last.pt":
        seen.append(1)
        if len(seen) == int(sys.argv[5]):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill_before_renaming)
bundled.FOLDER = Path(sys.argv[4])
from moue.training.train import train
data = Path(sys.argv[3])
settings = TrainSettings(recipe="fast", epochs=2, batch_size=16, fine_tune="mouth")
train(examples_in(data / "train"), examples_in(data / "val"), settings, Path(sys.argv[2]))
"""


@pytest.mark.parametrize("count", [1, 2, 3], ids=["at epoch 0", "at epoch 1", "at epoch 2"])
def test_a_killed_fine_tuning_resumes_to_the_same_bytes(bundled_model, mouth_sets, tmp_path, count):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(*mouth_sets, TUNED, whole)
    here, data = str(Path(__file__).parents[1]), str(mouth_sets[0][0].file.parents[1])
    child = [sys.executable, "-c", KILLED, here, str(killed), data, str(bundled_model), str(count)]
    done = subprocess.run(child, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    train(*mouth_sets, TUNED, killed)
    for name in ("best.pt", "model.ckpt", "model.onnx"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name
    assert bundled.model_names() == ["mouth"]
