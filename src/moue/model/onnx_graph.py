"""The preprocessing of a model as an ONNX graph, represented by plain Python data.

The graph computes `ModelSpec.prepare` bit for bit. `training.onnx_export` adds the network and
writes the ONNX file; `onnx_inspection` compares an ONNX file with the graph before the file runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moue.model.spec import WEIGHT_ONE, ModelSpec

FLOAT = 1
"""The code of the data type float32 in ONNX files."""


@dataclass(frozen=True, slots=True)
class Node:
    """One ONNX node: operator type, input names, output name and attributes."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Graph:
    """An ONNX graph. Node outputs are named n0, n1, … and constants c0, c1, … in their order."""

    nodes: list[Node] = field(default_factory=list)
    constants: list[np.ndarray] = field(default_factory=list)

    def constant(self, value: np.generic | np.ndarray) -> str:
        """Add a constant and return its name."""
        self.constants.append(np.asarray(value))
        return f"c{len(self.constants) - 1}"

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output.

        Args:
            kind: ONNX operator type, such as `MatMul`.
            inputs: names of the inputs.
            output: name of the output; by default `n` followed by the index of the node.
            attributes: ONNX attributes of the node.
        """
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(Node(kind, inputs, output, attributes))
        return output


def add_preprocessing(graph: Graph, spec: ModelSpec) -> str:
    """Add the nodes of `ModelSpec.prepare`; return their output name, (N, 3, S, S) float32.

    Only the rows and columns of the centre crop are computed.
    """
    size = graph.add("Shape", "image")
    # Transposed while the values are uint8, a quarter of the bytes of float32.
    pixels = graph.add("Transpose", "image", perm=[0, 3, 1, 2])
    pixels = graph.add("Cast", pixels, to=FLOAT)
    # floor(x + 0.5), as in `resize`: the operator Round would round halves to even.
    half = graph.constant(np.float32(0.5))
    rows = _resize_weights(graph, spec, size, axis=1)
    # (S, H) @ (N, 3, H, W) -> (N, 3, S, W): MatMul broadcasts over pictures and channels.
    rows = graph.add("Floor", graph.add("Add", graph.add("MatMul", rows, pixels), half))
    columns = graph.add("Transpose", _resize_weights(graph, spec, size, axis=2), perm=[1, 0])
    both = graph.add("Floor", graph.add("Add", graph.add("MatMul", rows, columns), half))
    # The three operations of `ModelSpec.tensor`: one merged factor would change the last bits.
    values = graph.add("Div", both, graph.constant(np.float32(255)))
    for operation, colours in (("Sub", spec.mean), ("Div", spec.std)):
        constant = graph.constant(np.array(colours, np.float32).reshape(1, 3, 1, 1))
        values = graph.add(operation, values, constant)
    return values


def add_outputs(graph: Graph, spec: ModelSpec, logits: str) -> None:
    """Add the output nodes `logits` and `probabilities` to a graph, both (N, K) float32.

    Args:
        graph: graph of the preprocessing and the network.
        spec: spec of the model.
        logits: name of the output of the network.
    """
    temperature = graph.constant(np.float32(spec.temperature))
    # Identity only gives the output its fixed name, whatever the last layer is.
    graph.add("Identity", logits, output="logits")
    graph.add("Softmax", graph.add("Div", logits, temperature), axis=1, output="probabilities")


def _resize_weights(graph: Graph, spec: ModelSpec, size: str, axis: int) -> str:
    """Add the nodes of `resize_weights` for the size of the input; return the output name."""

    def integer(value: int) -> str:
        return graph.constant(np.int64(value))

    # Only the target pixels of the centre crop; the others are never computed.
    start = (spec.resize - spec.input_size) // 2
    targets = 2 * np.arange(start, start + spec.input_size, dtype=np.int64)[:, None] + 1
    source = graph.add("Gather", size, integer(axis))
    centres = graph.add("Mul", graph.constant(targets), source)
    # (2 j + 1) * resize for each source pixel j: its centre in the units of `resize_weights`.
    end = graph.add("Mul", source, integer(2 * spec.resize))
    pixels = graph.add("Range", integer(spec.resize), end, integer(2 * spec.resize))
    distance = graph.add("Abs", graph.add("Sub", pixels, centres))
    reach = graph.add("Mul", graph.add("Max", source, integer(spec.resize)), integer(2))
    triangle = graph.add("Max", graph.add("Sub", reach, distance), integer(0))
    # int64 sums are exact, so the weights do not depend on the order of addition.
    sums = graph.add("CumSum", triangle, integer(1))
    total = graph.add("ReduceSum", triangle, graph.constant(np.array([1])), keepdims=1)
    # WEIGHT_ONE * sums / total, rounded half up. Div truncates, which is floor for positive
    # integers.
    steps = graph.add("Add", graph.add("Mul", sums, integer(2 * WEIGHT_ONE)), total)
    steps = graph.add("Div", steps, graph.add("Mul", total, integer(2)))
    # ONNX has no operator for differences: subtract the same sums, moved by one column.
    ends = [graph.constant(np.array([value])) for value in (0, -1, 1)]
    before = graph.add("Slice", steps, *ends)
    zeros = graph.constant(np.zeros((spec.input_size, 1), np.int64))
    before = graph.add("Concat", zeros, before, axis=1)
    weights = graph.add("Cast", graph.add("Sub", steps, before), to=FLOAT)
    return graph.add("Div", weights, graph.constant(np.float32(WEIGHT_ONE)))
