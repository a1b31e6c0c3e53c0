"""Activation functions that need several ONNX nodes."""

from __future__ import annotations

import math

import numpy as np

from moue.model.onnx_graph import Graph


def relu6(graph: Graph, value: str) -> str:
    """Add min(max(x, 0), 6) for the output `value` of a node, and return the name of the result."""
    return graph.add("Clip", value, _number(graph, 0), _number(graph, 6))


def silu(graph: Graph, value: str) -> str:
    """Add x * sigmoid(x) for the output `value` of a node, and return the name of the result."""
    return graph.add("Mul", value, graph.add("Sigmoid", value))


def gelu(graph: Graph, value: str, approximate: str = "none") -> str:
    """Add torch's GELU for the output `value` of a node, and return the name of the result.

    Args:
        graph: graph.
        value: name of the input.
        approximate: `none` for the exact function, `tanh` for its approximation.
    """
    if approximate == "tanh":
        square = graph.add("Mul", value, value)
        inner = graph.add("Mul", square, _number(graph, 0.044715))
        inner = graph.add("Mul", graph.add("Add", inner, _number(graph, 1)), value)
        inner = graph.add("Tanh", graph.add("Mul", inner, _number(graph, math.sqrt(2 / math.pi))))
    else:
        inner = graph.add("Erf", graph.add("Div", value, _number(graph, math.sqrt(2))))
    gate = graph.add("Add", inner, _number(graph, 1))
    return graph.add("Mul", graph.add("Mul", value, gate), _number(graph, 0.5))


def _number(graph: Graph, value: float) -> str:
    return graph.constant(np.float32(value))
