from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save

from moue.errors import CheckpointError, ModelError
from moue.model import bundled
from moue.model.bundled import ONNX, TENSORS, Score
from moue.predict.load_classifier import load_classifier
from moue.training import checkpoint, safetensors_io
from moue.training.publish import publish

pytestmark = pytest.mark.slow


def test_publishing_a_run_writes_three_files(trained_run, model_info, tmp_path):
    card = publish(trained_run, "mouth", model_info, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {
        "mouth.onnx", "mouth.safetensors", "mouth.json",
    }  # fmt: skip
    assert card == bundled.load_card("mouth", tmp_path)
    assert bundled.read_verified(card, ONNX, tmp_path) == (trained_run / "model.onnx").read_bytes()


def test_tensors_are_the_best_weights_with_metadata(trained_run, model_info, tmp_path):
    publish(trained_run, "mouth", model_info, tmp_path)
    best, back = (
        checkpoint.load(trained_run / "best.pt"),
        checkpoint.load(tmp_path / "mouth.safetensors"),
    )
    assert back.spec == best.spec
    assert back.state["recipe"] == "fast"
    assert back.weights.keys() == best.weights.keys()
    assert all(torch.equal(back.weights[name], value) for name, value in best.weights.items())


def test_the_safetensors_library_reads_the_tensors(trained_run, model_info, tmp_path):
    publish(trained_run, "mouth", model_info, tmp_path)
    with safe_open(tmp_path / "mouth.safetensors", "pt") as file:
        told = json.loads(file.metadata()["moue"])
        assert json.loads(told["spec"])["network"] == "fastnet"
        assert file.get_tensor("chain.0.weight").shape == (8, 3, 3, 3)


AGAIN = """
import sys
from moue.training import checkpoint
from moue.training import safetensors_io
best = checkpoint.load(sys.argv[1])
sys.stdout.buffer.write(safetensors_io.pack(best.spec, best.weights, {"a": 1, "b": 2, "c": 3}))
"""


def test_the_same_weights_are_the_same_bytes_in_every_process(trained_run):
    arguments = [sys.executable, "-c", AGAIN, str(trained_run / "best.pt")]
    made = {subprocess.run(arguments, capture_output=True, check=True).stdout for _ in range(3)}
    assert len(made) == 1
    assert made.pop()


def test_published_files_replace_older_ones(trained_run, model_info, tmp_path):
    publish(trained_run, "mouth", model_info, tmp_path)
    publish(trained_run, "mouth", dataclasses.replace(model_info, version="2.0"), tmp_path)
    assert bundled.load_card("mouth", tmp_path).version == "2.0"


def test_an_unfinished_run_is_not_published(trained_run, model_info, tmp_path):
    unfinished = tmp_path / "run"
    unfinished.mkdir()
    for name in ("best.pt", "settings.json"):
        (unfinished / name).write_bytes((trained_run / name).read_bytes())
    with pytest.raises(ModelError, match=r"model\.onnx: no such model"):
        publish(unfinished, "mouth", model_info, tmp_path / "weights")
    other = dataclasses.replace(checkpoint.load(trained_run / "best.pt").spec, temperature=3.0)
    best = checkpoint.load(trained_run / "best.pt")
    (unfinished / "model.onnx").write_bytes((trained_run / "model.onnx").read_bytes())
    checkpoint.save(dataclasses.replace(best, spec=other), unfinished / "best.pt")
    with pytest.raises(ModelError, match="has not finished"):
        publish(unfinished, "mouth", model_info, tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


def test_an_invalid_card_is_refused_before_writing(trained_run, model_info, tmp_path):
    score = Score(on="a", measure="b", value=0.9, low=0.95, high=1, count=3, command="c")
    with pytest.raises(ValueError, match="outside its confidence interval"):
        publish(trained_run, "mouth", dataclasses.replace(model_info, scores=(score,)), tmp_path)
    with pytest.raises(ValueError, match="isoformat"):
        publish(trained_run, "mouth", dataclasses.replace(model_info, date="soon"), tmp_path)
    for name in ("", "Mouth", "../mouth", "my mouth"):
        with pytest.raises(ValueError, match="lower-case letters"):
            publish(trained_run, name, model_info, tmp_path)
    assert not list(tmp_path.iterdir())


def test_tensors_predict_as_the_run_does(trained_run, model_info, tmp_path):
    publish(trained_run, "mouth", model_info, tmp_path)
    loaded = load_classifier(tmp_path / f"mouth{TENSORS}")
    assert loaded.spec == load_classifier(trained_run).spec


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk" * 9,
        save({"a": torch.zeros(2)}),
        save({"a": torch.zeros(2)}, {"moue": "[]"}),
        save({"a": torch.zeros(2)}, {"moue": '{"spec": 1, "training": 2}'}),
    ],
    ids=["empty", "junk", "somebody else's", "no object", "no spec"],
)
def test_a_foreign_file_is_refused(data, tmp_path):
    (tmp_path / "a.safetensors").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"a\.safetensors"):
        checkpoint.load(tmp_path / "a.safetensors")


def test_a_truncated_file_is_refused(trained_run, tmp_path):
    best = checkpoint.load(trained_run / "best.pt")
    whole = safetensors_io.pack(best.spec, best.weights, {})
    for length in (4, 100, len(whole) // 2, len(whole) - 1):
        with pytest.raises(CheckpointError, match="damaged"):
            safetensors_io.unpack(whole[:length], "here")
