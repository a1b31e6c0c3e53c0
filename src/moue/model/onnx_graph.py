"""The ONNX graph of preprocessing, as plain data: for export, and to recognise it in a file.

It repeats `ModelSpec.prepare` bit for bit. Whoever exports adds the network and writes the file;
`moue.model.inspection` compares a file with it before the file is run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moue.model.spec import WEIGHT_ONE, ModelSpec

FLOAT = 1
"""ONNX's number of float32."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: its ONNX type, the names of its inputs and output, its attributes."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Graph:
    """Collects nodes and constants under running names."""

    nodes: list[Node] = field(default_factory=list)
    constants: list[np.ndarray] = field(default_factory=list)

    def constant(self, value: np.generic | np.ndarray) -> str:
        """Add a constant; return its name."""
        self.constants.append(np.asarray(value))
        return f"c{len(self.constants) - 1}"

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(Node(kind, inputs, output, attributes))
        return output


def prepare(graph: Graph, spec: ModelSpec) -> str:
    """Add `ModelSpec.prepare`; return the name of its output, (N, 3, S, S) float32.

    Only the rows and columns that the centre crop keeps are computed.
    """
    size = graph.add("Shape", "image")
    pixels = graph.add("Transpose", "image", perm=[0, 3, 1, 2])
    pixels = graph.add("Cast", pixels, to=FLOAT)
    half = graph.constant(np.float32(0.5))
    rows = _resize_weights(graph, spec, size, axis=1)
    rows = graph.add("Floor", graph.add("Add", graph.add("MatMul", rows, pixels), half))
    columns = graph.add("Transpose", _resize_weights(graph, spec, size, axis=2), perm=[1, 0])
    both = graph.add("Floor", graph.add("Add", graph.add("MatMul", rows, columns), half))
    values = graph.add("Div", both, graph.constant(np.float32(255)))
    for operation, colours in (("Sub", spec.mean), ("Div", spec.std)):
        constant = graph.constant(np.array(colours, np.float32).reshape(1, 3, 1, 1))
        values = graph.add(operation, values, constant)
    return values


def finish(graph: Graph, spec: ModelSpec, logits: str) -> None:
    """Add the two outputs, `logits` and `probabilities`."""
    temperature = graph.constant(np.float32(spec.temperature))
    graph.add("Identity", logits, output="logits")
    graph.add("Softmax", graph.add("Div", logits, temperature), axis=1, output="probabilities")


def _resize_weights(graph: Graph, spec: ModelSpec, size: str, axis: int) -> str:
    """`moue.model.spec.resize_weights`, from the size of the picture at hand."""

    def whole(value: int) -> str:
        return graph.constant(np.int64(value))

    start = (spec.resize - spec.input_size) // 2
    targets = 2 * np.arange(start, start + spec.input_size, dtype=np.int64)[:, None] + 1
    source = graph.add("Gather", size, whole(axis))
    centres = graph.add("Mul", graph.constant(targets), source)
    # Its terms are (2 j + 1) * resize, for each source pixel j.
    end = graph.add("Mul", source, whole(2 * spec.resize))
    pixels = graph.add("Range", whole(spec.resize), end, whole(2 * spec.resize))
    distance = graph.add("Abs", graph.add("Sub", pixels, centres))
    reach = graph.add("Mul", graph.add("Max", source, whole(spec.resize)), whole(2))
    triangle = graph.add("Max", graph.add("Sub", reach, distance), whole(0))
    sums = graph.add("CumSum", triangle, whole(1))
    total = graph.add("ReduceSum", triangle, graph.constant(np.array([1])), keepdims=1)
    steps = graph.add("Add", graph.add("Mul", sums, whole(2 * WEIGHT_ONE)), total)
    steps = graph.add("Div", steps, graph.add("Mul", total, whole(2)))
    ends = [graph.constant(np.array([value])) for value in (0, -1, 1)]
    before = graph.add("Slice", steps, *ends)
    zeros = graph.constant(np.zeros((spec.input_size, 1), np.int64))
    before = graph.add("Concat", zeros, before, axis=1)
    weights = graph.add("Cast", graph.add("Sub", steps, before), to=FLOAT)
    return graph.add("Div", weights, graph.constant(np.float32(WEIGHT_ONE)))
