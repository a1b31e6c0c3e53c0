"""A network with an input of a fixed size computes what the original network computes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from moue.errors import ExportError
from moue.export.fixed_graph import fixed_graph
from moue.export.networks import CLASSIFIER, FACE_NETWORKS, OUTPUTS
from moue.export.run_networks import channels_first, input_of, run_onnx
from moue.model import bundled
from moue.training import networks
from moue.training.checkpoint import Checkpoint
from moue.training.onnx_export import to_bytes
from moue.training.recipes import RECIPES
from moue.workspace.types import LABELS

onnx = pytest.importorskip("onnx")


def pictures(shape: list[int | str], side: int) -> list[np.ndarray]:
    """Random pictures in the layout of an input."""
    rng = np.random.default_rng(0)
    sizes = {"N": 1, "H": side, "W": side, "height": side, "width": side}
    return [rng.integers(0, 256, [sizes.get(n, n) for n in shape], np.uint8) for _ in range(3)]


def operators(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def assert_same(content: bytes, fixed: bytes, side: int) -> None:
    before = pictures(input_of(content)[1], side)
    expected = run_onnx(content, before).vectors
    actual = run_onnx(fixed, [channels_first(one) for one in before]).vectors
    for one, other in zip(expected, actual, strict=True):
        for name, value in other.items():
            assert np.array_equal(one[name], value), name


@pytest.mark.parametrize("backend", FACE_NETWORKS)
def test_face_networks_keep_all_bits(backend):
    own = FACE_NETWORKS[backend]
    for name, side in own.sides.items():
        content = bundled.read_verified(
            bundled.load_card(name, own.folder), bundled.ONNX, own.folder
        )
        small = side if side <= 256 else 96
        fixed = fixed_graph(content, small, small)
        assert input_of(fixed)[1][0] == 1
        assert input_of(fixed)[1][2:] == [small, small]
        assert_same(content, fixed, small)


def test_the_bundled_classifier_keeps_all_bits():
    content = bundled.read_verified(bundled.load_card(bundled.DEFAULT), bundled.ONNX)
    assert_same(content, fixed_graph(content, 48, 48, OUTPUTS), 48)


def test_resizing_to_the_same_size_disappears():
    content = bundled.read_verified(bundled.load_card(bundled.DEFAULT), bundled.ONNX)
    kinds = {
        node.op_type for node in onnx.load_from_string(fixed_graph(content, 48, 48)).graph.node
    }
    assert not kinds & {"MatMul", "Floor", "Cast", "CumSum", "Shape"}
    other = fixed_graph(content, 60, 60)  # another size must be resized
    assert_same(content, other, 60)
    assert "MatMul" in operators(other)


def test_the_centre_of_the_crop_becomes_a_slice():
    spec = dataclasses.replace(RECIPES["fast"].spec(LABELS), resize=58)
    weights = networks.build(spec.network, spec.labels).state_dict()
    content = to_bytes(Checkpoint(spec=spec, weights=weights))
    fixed = fixed_graph(content, 58, 58, OUTPUTS)
    kinds = operators(fixed)
    assert kinds.count("Slice") == 2
    assert "MatMul" not in kinds
    assert_same(content, fixed, 58)


def test_other_outputs_are_left_out():
    content = bundled.read_verified(bundled.load_card(bundled.DEFAULT), bundled.ONNX)
    fixed = fixed_graph(content, 48, 48, ["logits"])
    assert [one.name for one in onnx.load_from_string(fixed).graph.output] == ["logits"]
    assert "Softmax" not in operators(fixed)


def test_a_picture_that_is_read_in_another_way_is_refused():
    helper = onnx.helper
    image = helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, ["N", "H", "W", 3])
    out = helper.make_tensor_value_info("out", onnx.TensorProto.UINT8, None)
    node = helper.make_node("Transpose", ["image"], ["out"], perm=[0, 2, 1, 3])
    graph = helper.make_graph([node], "other", [image], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(ExportError, match="Transpose reads its picture"):
        fixed_graph(model.SerializeToString(), 8, 8)


def test_the_classifier_comes_first(predictor):
    from moue.export.networks import networks_of

    assert next(iter(networks_of(predictor))) == CLASSIFIER
