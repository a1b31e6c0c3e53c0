"""Graphs of networks are accepted or refused by their operators and sizes, without running them."""

import numpy as np
import pytest

from moue.model.onnx_graph import Node
from moue.model.onnx_shapes import UnsupportedGraph, check_network

SIDE = 8
END = [Node("Flatten", ("y",), "flat", {"axis": 1}), Node("Gemm", ("flat", "w", "b"), "out",
                                                          {"transB": 1})]  # fmt: skip


def constant(*shape):
    return np.zeros(shape, np.float32)


def checked(*nodes, size=3 * SIDE * SIDE, **constants):
    """Check layers from `x` to `y`, followed by one linear layer with four outputs."""
    known = {"w": constant(4, size), "b": constant(4), **constants}
    return check_network([*nodes, *END], known, "x", SIDE)


CONV = {"strides": [1, 1], "pads": [1, 1, 1, 1]}
POOL = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0]}


def test_a_residual_block_is_accepted():
    nodes = [
        Node("Conv", ("x", "k", "kb"), "a", CONV),
        Node("Sigmoid", ("a",), "s", {}),
        Node("Add", ("s", "x"), "y", {}),
    ]
    assert checked(*nodes, k=constant(3, 3, 3, 3), kb=constant(3)) == ("out", 4)


def test_pooling_and_concatenation_change_the_shape():
    nodes = [
        Node("MaxPool", ("x",), "a", POOL),
        Node("AveragePool", ("x",), "b2", POOL | {"count_include_pad": 1}),
        Node("Concat", ("a", "b2"), "y", {"axis": 1}),
    ]
    assert checked(*nodes, size=6 * 16) == ("out", 4)


REFUSED = {
    "unknown operator": [Node("Loop", ("x",), "y", {})],
    "an attribute of another operator": [Node("Relu", ("x",), "y", {"alpha": 1.0})],
    "a value of a later layer": [Node("Relu", ("later",), "y", {})],
    "a name for two values": [Node("Relu", ("x",), "x", {}), Node("Relu", ("x",), "y", {})],
    "constants only": [Node("Add", ("c", "c"), "y", {})],
    "a constant with another batch": [Node("Add", ("x", "batch"), "y", {})],
    "a constant of another rank": [Node("Add", ("x", "c"), "y", {})],
    "shapes that differ": [Node("MaxPool", ("x",), "a", POOL), Node("Add", ("a", "x"), "y", {})],
    "a large constant": [Node("Add", ("x", "large"), "y", {})],
    "a giant window": [Node("MaxPool", ("x",), "y", POOL | {"kernel_shape": [9999, 9999]})],
    "padding beyond the window": [Node("MaxPool", ("x",), "y", POOL | {"pads": [2, 2, 2, 2]})],
    "an empty result": [Node("MaxPool", ("x",), "y", POOL | {"kernel_shape": [9, 9]})],
    "groups that do not fit": [Node("Conv", ("x", "k", "kb"), "y", CONV | {"group": 2})],
    "concatenation over pictures": [Node("Concat", ("x", "x"), "y", {"axis": 0})],
    "concatenation with a constant": [Node("Concat", ("x", "batch"), "y", {"axis": 1})],
    "limits that are values": [Node("Clip", ("x", "x", "x"), "y", {})],
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_graph_that_moue_does_not_export_is_refused(name):
    constants = {
        "c": constant(3), "batch": constant(2, 3, SIDE, SIDE), "k": constant(3, 3, 3, 3),
        "kb": constant(3), "large": np.zeros((1, 3, 1024, 1024), np.float32)[:, :1],
    }  # fmt: skip
    with pytest.raises(UnsupportedGraph):
        checked(*REFUSED[name], **constants)


def test_doubling_again_and_again_is_refused():
    nodes = [Node("Concat", (f"v{n}", f"v{n}"), f"v{n + 1}", {"axis": 1}) for n in range(40)]
    nodes = [Node("Relu", ("x",), "v0", {}), *nodes]
    with pytest.raises(UnsupportedGraph, match="too large"):
        check_network(nodes, {}, "x", SIDE)


def test_many_values_that_stay_in_memory_are_refused():
    grown = [Node("Concat", (f"v{n}", f"v{n}"), f"v{n + 1}", {"axis": 1}) for n in range(12)]
    start = [Node("Relu", ("x",), "v0", {}), *grown]
    copies = [Node("Sigmoid", ("v12",), f"c{n}", {}) for n in range(4)]
    uses = [Node("Add", (f"c{n}", "v12"), f"s{n}", {}) for n in range(4)]
    assert 3 * SIDE * SIDE << 12 < 1 << 20
    with pytest.raises(UnsupportedGraph, match="too large"):
        check_network([*start, *copies, *uses], {}, "x", SIDE)


def test_weights_that_are_not_finite_are_refused():
    nodes = [Node("Mul", ("x", "gain"), "y", {})]
    with pytest.raises(UnsupportedGraph, match="not finite"):
        checked(*nodes, gain=np.full((1, 3, 1, 1), np.nan, np.float32))
