from __future__ import annotations

import dataclasses
import pickle

import pytest
import torch

from moue.errors import CheckpointError, ModelError
from moue.training.checkpoint import Checkpoint, load, save, save_weights
from moue.training.networks import build
from moue.training.recipes import CLASSIC, FAST
from moue.workspace.types import LABELS


def fresh(recipe=FAST, labels=LABELS) -> Checkpoint:
    spec = recipe.spec(labels)
    return Checkpoint(spec=spec, weights=build(spec.network, labels).state_dict())


def test_a_saved_checkpoint_is_loaded_unchanged(tmp_path):
    checkpoint = fresh(labels=("none", "smile"))
    save(checkpoint, tmp_path / "a.pt")
    back = load(tmp_path / "a.pt")
    assert back.spec == checkpoint.spec
    assert all(torch.equal(back.weights[name], v) for name, v in checkpoint.weights.items())


def test_equal_checkpoints_are_equal_bytes(tmp_path):
    checkpoint = fresh()
    save(checkpoint, tmp_path / "a.pt")
    save(load(tmp_path / "a.pt"), tmp_path / "b.pt")
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_a_state_dict_of_the_tutorial_network_is_read(tmp_path):
    checkpoint = fresh(CLASSIC)
    save_weights(checkpoint, tmp_path / "model.ckpt")
    plain = torch.load(tmp_path / "model.ckpt", weights_only=True)
    build("simpleconv3", LABELS).load_state_dict(plain)
    back = load(tmp_path / "model.ckpt")
    assert back.spec == CLASSIC.spec(LABELS)
    back.network()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.pt: no such file"):
        load(tmp_path / "none.pt")


def test_a_folder_is_refused_as_checkpoint(tmp_path):
    with pytest.raises(ModelError, match="is a folder"):
        load(tmp_path)


class Surprise:
    def __reduce__(self):
        return (print, ("this code must not run",))


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", pickle.dumps({"a": 1}), pickle.dumps(Surprise())],
    ids=["empty", "junk", "pickle", "code"],
)
def test_a_foreign_file_is_refused(tmp_path, data, capsys):
    (tmp_path / "a.pt").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"a\.pt"):
        load(tmp_path / "a.pt")
    assert "must not run" not in capsys.readouterr().out


def test_pickled_code_in_a_torch_file_does_not_run(tmp_path, capsys):
    torch.save({"kind": "moue checkpoint", "spec": Surprise()}, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="could run code"):
        load(tmp_path / "a.pt")
    assert "must not run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "data", [[1, 2], {"a": 1}, {"a": torch.zeros(1)}], ids=["list", "numbers", "other network"]
)
def test_a_torch_file_of_other_data_is_refused(tmp_path, data):
    torch.save(data, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=r"a\.pt"):
        load(tmp_path / "a.pt")


def test_a_truncated_file_is_refused(tmp_path):
    save(fresh(), tmp_path / "a.pt")
    whole = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load(tmp_path / "a.pt")


def test_weights_for_another_number_of_labels_are_refused(tmp_path):
    checkpoint = fresh(labels=("none", "smile"))
    save(dataclasses.replace(checkpoint, spec=FAST.spec(LABELS)), tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="with 4 labels"):
        load(tmp_path / "a.pt")


def test_a_tutorial_file_with_other_labels_is_refused(tmp_path):
    save_weights(fresh(CLASSIC, ("none", "smile")), tmp_path / "model.ckpt")
    with pytest.raises(CheckpointError, match="2 outputs but no label names"):
        load(tmp_path / "model.ckpt")


def test_another_version_is_refused(tmp_path):
    checkpoint = fresh()
    save(
        dataclasses.replace(checkpoint, spec=dataclasses.replace(checkpoint.spec, version=2)),
        tmp_path / "a.pt",
    )
    with pytest.raises(CheckpointError, match=r"a\.pt: has spec version 2"):
        load(tmp_path / "a.pt")
