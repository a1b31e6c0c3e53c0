"""Models that are damaged or made to do harm: refused in one line, before they run."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from moue.errors import ModelError
from moue.model.classifier import Classifier
from moue.model.spec import SPEC_KEY
from moue.predict.load_classifier import load_classifier
from moue.training import checkpoint
from moue.training.checkpoint import Checkpoint
from moue.training.networks import build
from moue.training.recipes import RECIPES
from moue.workspace.types import LABELS

Change = Callable[[onnx.ModelProto], None]


@pytest.fixture(scope="module")
def good(model: Path) -> bytes:
    return model.read_bytes()


def changed(data: bytes, change: Change) -> bytes:
    loaded = onnx.load_from_string(data)
    change(loaded)
    return bytes(loaded.SerializeToString())


def spec(**fields: object) -> Change:
    def change(loaded: onnx.ModelProto) -> None:
        for entry in loaded.metadata_props:
            if entry.key == SPEC_KEY:
                entry.value = json.dumps(json.loads(entry.value) | fields)

    return change


def raw_spec(text: str) -> Change:
    return lambda loaded: setattr(loaded.metadata_props[0], "value", text)


def node(kind: str, *inputs: str, **attributes: object) -> Change:
    """Put an operation between the network and its output."""

    def change(loaded: onnx.ModelProto) -> None:
        (last,) = (n for n in loaded.graph.node if n.op_type == "Identity")
        made = helper.make_node(kind, [last.input[0], *inputs], ["harm"], "harm", **attributes)
        loaded.graph.node.insert(list(loaded.graph.node).index(last), made)
        last.input[0] = "harm"

    return change


def weights(number: int, value: np.ndarray) -> Change:
    def change(loaded: onnx.ModelProto) -> None:
        tensor = loaded.graph.initializer[number]
        tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))

    return change


def external(location: str) -> Change:
    def change(loaded: onnx.ModelProto) -> None:
        tensor = loaded.graph.initializer[-1]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    return change


def endless() -> Change:
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"])], "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []),
         helper.make_tensor_value_info("go", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
    )  # fmt: skip
    return node("Loop", body=body)


def attribute(kind: str, name: str, value: object) -> Change:
    def change(loaded: onnx.ModelProto) -> None:
        found = next(n for n in loaded.graph.node if n.op_type == kind)
        kept = [a for a in found.attribute if a.name != name]
        del found.attribute[:]
        found.attribute.extend([*kept, helper.make_attribute(name, value)])

    return change


def _rename(loaded: onnx.ModelProto, name: str) -> None:
    loaded.graph.node[-1].output[0] = name
    loaded.graph.output[0].name = name


HARM: dict[str, Change] = {
    "endless loop": endless(),
    "giant expand": node("Expand", "c0"),
    "tile": node("Tile", "c0"),
    "another domain": node("Relu", domain="com.microsoft"),
    "external data below": external("secret.bin"),
    "external data outside": external("../../etc/passwd"),
    "giant padding": attribute("Conv", "pads", [100_000] * 4),
    "giant stride": attribute("Conv", "strides", [0, 0]),
    "giant resize": spec(resize=100_000, input_size=100_000),
    "another resize": spec(resize=47, input_size=47),
    "renamed output": lambda loaded: _rename(loaded, "other"),
    "range step": weights(3, np.array(1, np.int64)),
    "text weights": lambda loaded: loaded.graph.initializer[-1].CopyFrom(
        helper.make_tensor("c1", TensorProto.STRING, [1], [b"x"])
    ),
    "not finite numbers": weights(-2, np.full((4, 1), np.nan, np.float32)),
    "too few weights": lambda loaded: loaded.graph.initializer[-2].dims.append(7),
    "giant dims": lambda loaded: loaded.graph.initializer[-2].dims.extend([1 << 40, 1 << 40]),
    "negative dims": lambda loaded: loaded.graph.initializer[-2].dims.extend([-1, -1]),
    "crop scale": spec(crop_scale=1e30),
    "crop scale text": spec(crop_scale="wide"),
    "crop scale nan": spec(crop_scale=float("nan")),
    "mean infinite": spec(mean=[float("inf")] * 3),
    "mean text": spec(mean=["a", "b", "c"]),
    "labels numbers": spec(labels=[1, 2, 3, 4]),
    "labels text": spec(labels="abcd"),
    "labels few": spec(labels=["a", "b"]),
    "temperature": spec(temperature=-1),
    "another temperature": spec(temperature=2.5),
    "abstention_thresholds": spec(abstention_thresholds=[["a", 1]]),
    "abstain deep": spec(abstention_thresholds=[[[0.1], 0.5]]),
    "unknown field": spec(surprise=1),
    "no json": raw_spec("{"),
    "deep json": raw_spec("[" * 100_000),
    "long number": raw_spec('{"version": ' + "9" * 5000 + "}"),
    "no object": raw_spec("3"),
    "no spec": lambda loaded: loaded.ClearField("metadata_props"),
    "no nodes": lambda loaded: loaded.graph.ClearField("node"),
    "two inputs": lambda loaded: loaded.graph.input.append(loaded.graph.input[0]),
    "functions": lambda loaded: loaded.functions.add(name="f", domain="x"),
    "nothing": lambda loaded: loaded.Clear(),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_graph_that_moue_does_not_export_never_runs(good: bytes, harm: str):
    data = changed(good, HARM[harm])
    with pytest.raises(ModelError) as told:
        Classifier(data)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 500


def test_random_damage_is_refused_or_harmless(good: bytes):
    rng = random.Random(11)
    crop = np.full((50, 60, 3), 99, np.uint8)
    refused = 0
    for number in range(300):
        data = bytearray(good)
        for _ in range(rng.choice((1, 3, 30))):
            # The graph and the spec are at the ends; most of the file between them is weights.
            at = rng.randrange(len(data)) if number % 3 else -1 - rng.randrange(3000)
            data[at] = rng.randrange(256)
        if number % 10 == 0:
            del data[rng.randrange(len(data)) :]
        try:
            rows = Classifier(bytes(data)).probabilities([crop])
        except ModelError:
            refused += 1
        else:
            assert np.isfinite(rows).all()
    assert refused > 100


def test_every_recipe_exports_an_accepted_graph():
    from moue.training import onnx_export as exporter

    for recipe in RECIPES.values():
        made = recipe.spec(LABELS)
        data = exporter.to_bytes(
            Checkpoint(spec=made, weights=build(made.network, made.labels).state_dict())
        )
        assert Classifier(data).spec == made


def files() -> dict[str, object]:
    made = RECIPES["fast"].spec(LABELS)
    state = build(made.network, made.labels).state_dict()
    name = next(iter(state))
    whole = {"kind": "moue checkpoint", "spec": made.to_json(), "weights": state, "state": {}}

    def with_weight(value: object) -> dict[str, object]:
        return whole | {"weights": state | {name: value}}

    shape = state[name].shape
    return {
        "sparse": with_weight(torch.zeros(shape).to_sparse()),
        "meta": with_weight(torch.empty(shape, device="meta")),
        "no dimensions": with_weight(torch.tensor(1.0)),
        "not finite": with_weight(torch.full(shape, float("nan"))),
        "text": with_weight("text"),
        "state is a tensor": whole | {"state": torch.zeros(3)},
        "state is a list": whole | {"state": [1]},
        "weights are a list": whole | {"weights": [1]},
        "weights are a tensor": whole | {"weights": torch.zeros(3)},
        "spec is a tensor": whole | {"spec": torch.zeros(3)},
        "spec is deep": whole | {"spec": "[" * 100_000},
        "a list": [1, 2],
        "a tensor": torch.zeros(3),
        "endless expand": with_weight(torch.zeros(1).expand(1 << 33)),
    }


@pytest.mark.parametrize("harm", files())
def test_an_invalid_checkpoint_is_a_one_line_error(tmp_path: Path, harm: str):
    path = tmp_path / "best.pt"
    torch.save(files()[harm], path)
    for load in (checkpoint.load, load_classifier):
        with pytest.raises(ModelError) as told:
            load(path)
        assert "\n" not in str(told.value)


def test_damaged_checkpoints_are_refused_or_complete(tmp_path: Path, model: Path):
    whole = (model.parent / "best.pt").read_bytes()
    rng = random.Random(3)
    path = tmp_path / "best.pt"
    refused = 0
    for number in range(120):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 10))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if number % 4 == 0:
            del data[rng.randrange(len(data)) :]
        path.write_bytes(data)
        try:
            checkpoint.load(path)
        except ModelError:
            refused += 1
    assert refused >= 30


def test_a_huge_file_is_not_read(tmp_path: Path):
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(30_000_000_000)
    with pytest.raises(ModelError, match="bytes"):
        load_classifier(path)
