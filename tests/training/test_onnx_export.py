from __future__ import annotations

import dataclasses

import numpy as np
import onnx as onnx_package
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.errors import ExportError, ModelError
from moue.model.classifier import Classifier
from moue.model.onnx_graph import Graph, add_preprocessing
from moue.predict.load_classifier import load_classifier
from moue.training import onnx_export
from moue.training.checkpoint import Checkpoint, load, save
from moue.training.networks import NETWORKS, Network, build
from moue.training.recipes import RECIPES
from moue.workspace.types import LABELS


def trained(recipe: str) -> Checkpoint:
    """Weights whose every part matters: running statistics too are not their defaults."""
    spec = dataclasses.replace(RECIPES[recipe].spec(LABELS), temperature=1.5)
    generator = torch.Generator().manual_seed(0)
    weights = build(spec.network, LABELS).state_dict()
    for value in weights.values():
        if value.is_floating_point():
            value.mul_(torch.rand(value.shape, generator=generator) + 0.5)
    return Checkpoint(spec=spec, weights=weights)


def prepared_by_graph(spec) -> onnxruntime.InferenceSession:
    """The preprocessing part of the graph alone."""
    graph = Graph()
    graph.add("Identity", add_preprocessing(graph, spec), output="values")
    outputs = [onnx_export._value("values", onnx_package.TensorProto.FLOAT, ["N", 3, "S", "S"])]
    return onnxruntime.InferenceSession(
        onnx_export._file(graph, spec, outputs), providers=["CPUExecutionProvider"]
    )


SPECS = {name: recipe.spec(LABELS) for name, recipe in RECIPES.items()}
SESSIONS = {name: prepared_by_graph(spec) for name, spec in SPECS.items()}


@pytest.mark.parametrize("recipe", RECIPES)
@given(st.integers(1, 260), st.integers(1, 260), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_the_graph_prepares_pictures_to_the_same_bits_as_numpy(recipe, height, width, count):
    rng = np.random.default_rng(height * 1000 + width)
    images = rng.integers(0, 256, (count, height, width, 3), np.uint8)
    (values,) = SESSIONS[recipe].run(None, {"image": images})
    assert (values == SPECS[recipe].prepare(list(images))).all()


@pytest.mark.parametrize("recipe", RECIPES)
def test_onnx_and_torch_agree(recipe):
    checkpoint = trained(recipe)
    assert onnx_export.compare_with_torch(onnx_export.to_bytes(checkpoint), checkpoint) <= 1e-5


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("level", [0, 77, 255])
def test_onnx_and_torch_agree_on_a_flat_picture(recipe, level):
    """Its pixels do not vary, so that to norm them would divide by nothing."""
    checkpoint = trained(recipe)
    flat = [np.full((50, 60, 3), level, np.uint8)]
    with torch.inference_mode():
        expected = checkpoint.network()(torch.from_numpy(checkpoint.spec.prepare(flat))).numpy()
    logits = Classifier(onnx_export.to_bytes(checkpoint)).logits(flat)
    assert np.isfinite(logits).all()
    np.testing.assert_allclose(logits, expected, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_checkpoint_gives_the_same_bytes(recipe):
    checkpoint = trained(recipe)
    assert onnx_export.to_bytes(checkpoint) == onnx_export.to_bytes(checkpoint)


def test_an_exported_file_contains_its_spec(tmp_path):
    checkpoint = trained("fast")
    save(checkpoint, tmp_path / "a.pt")
    difference = onnx_export.export(tmp_path / "a.pt", tmp_path / "a.onnx")
    assert 0 <= difference <= onnx_export.TOLERANCE
    assert load_classifier(tmp_path / "a.onnx").spec == checkpoint.spec
    onnx_package.checker.check_model(onnx_package.load(tmp_path / "a.onnx"), full_check=True)


def test_a_graph_of_other_weights_is_refused():
    checkpoint = trained("fast")
    weights = {name: value * 1.1 for name, value in checkpoint.weights.items()}
    other = dataclasses.replace(checkpoint, weights=weights)
    with pytest.raises(ExportError, match="the probabilities of ONNX and torch differ"):
        onnx_export.compare_with_torch(onnx_export.to_bytes(other), checkpoint)


def test_a_layer_without_a_node_is_named(monkeypatch):
    class Odd(Network):
        def layers(self):
            return [torch.nn.Sigmoid()]

    monkeypatch.setitem(NETWORKS, "odd", Odd)
    spec = dataclasses.replace(SPECS["fast"], network="odd")
    with pytest.raises(ExportError, match="Sigmoid"):
        onnx_export.to_bytes(Checkpoint(spec=spec, weights={}))


def test_a_run_is_exported_from_its_best_weights(trained_run, tmp_path):
    onnx_export.export(trained_run, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == (trained_run / "model.onnx").read_bytes()
    assert load(trained_run / "best.pt").spec == load_classifier(trained_run).spec


def test_a_missing_run_is_an_error(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        onnx_export.export(tmp_path, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
