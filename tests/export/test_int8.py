"""Quantising a network to int8."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from moue.export.int8 import quantise

onnx = pytest.importorskip("onnx")


def two_layers_with_one_bias() -> bytes:
    """A network with a bias `v14` of two convolutions, and another value named `v140`."""
    make, rng = onnx.helper, np.random.default_rng(0)
    constants = {
        "first": rng.normal(size=(4, 3, 3, 3)), "second": rng.normal(size=(4, 4, 3, 3)),
        "v14": rng.normal(size=4),
    }  # fmt: skip
    nodes = [
        make.make_node("Conv", ["image", "first", "v14"], ["a"]),
        make.make_node("Conv", ["a", "second", "v14"], ["b"]),
        make.make_node("Relu", ["b"], ["v140"]),
        make.make_node("ReduceMax", ["v140"], ["result"]),
    ]
    graph = make.make_graph(
        nodes, "network",
        [make.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 12, 12])],
        [make.make_tensor_value_info("result", onnx.TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(v.astype(np.float32), k) for k, v in constants.items()],
    )  # fmt: skip
    opsets = [make.make_opsetid("", 17)]
    model = make.make_model(graph, opset_imports=opsets, ir_version=8)
    return bytes(model.SerializeToString())


def test_layers_may_share_a_bias_whose_name_begins_another_name():
    content = two_layers_with_one_bias()
    pictures = [
        np.random.default_rng(k).integers(0, 256, (1, 3, 12, 12), np.uint8) for k in range(8)
    ]
    results = []
    for network in (content, quantise(content, pictures)):
        session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
        found = [session.run(None, {"image": one.astype(np.float32)})[0] for one in pictures]
        results.append(np.ravel(found))
    expected, actual = results
    assert actual == pytest.approx(expected, rel=0.05)
