"""Check an ONNX file before it runs: only graphs that moue exports may run.

An ONNX file from another source could loop endlessly, use all memory or read other files. This
module parses the file without running it: the preprocessing must equal the preprocessing of the
model spec, node for node, and the network must consist of known layers of limited size
(`onnx_shapes`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moue.model.onnx_graph import FLOAT, Graph, Node, add_outputs, add_preprocessing
from moue.model.onnx_shapes import UnsupportedGraph, check_network
from moue.model.protobuf import Message, read_message
from moue.model.spec import ModelSpec

__all__ = ["MAX_BYTES", "Model", "UnsupportedGraph", "check", "metadata", "parse"]

MAX_BYTES = 200_000_000
"""Maximum size of a model file, in bytes."""
_INT64 = 7
_TYPES: dict[int, np.dtype[Any]] = {FLOAT: np.dtype("<f4"), _INT64: np.dtype("<i8")}


@dataclass(slots=True)
class Model:
    """The content of an ONNX file: metadata, nodes, and constants by name."""

    metadata: dict[str, str]
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)


def parse(data: bytes) -> Model:
    """Parse the content of an ONNX file.

    Raises:
        UnsupportedGraph: the file is damaged, or has parts that moue does not export.
    """
    try:
        return _model(data)
    except (ValueError, KeyError, IndexError, UnicodeError, OverflowError) as error:
        raise UnsupportedGraph(f"the file is damaged ({error})") from error


def metadata(data: bytes) -> dict[str, str]:
    """Return the metadata of an ONNX file without reading its graph."""
    file = read_message(data, {1, 2, 3, 4, 5, 6, 7, 8, 14})
    entries = [read_message(entry, {1, 2}) for entry in file.messages(14)]
    return {entry.text(1): entry.text(2) for entry in entries}


def check(model: Model, spec: ModelSpec) -> None:
    """Check that the graph of a model equals the graph that moue exports for `spec`.

    Raises:
        UnsupportedGraph: the preprocessing, a layer or an output differs from the export.
    """
    expected = Graph()
    value = add_preprocessing(expected, spec)
    first = len(expected.nodes)
    if model.nodes[:first] != expected.nodes:
        raise UnsupportedGraph("the preprocessing differs from the model spec")
    last = len(model.nodes) - 3
    value, outputs = check_network(model.nodes[first:last], model.constants, value, spec.input_size)
    if outputs != len(spec.labels):
        raise UnsupportedGraph(f"the network has {outputs} outputs for {len(spec.labels)} labels")
    ends = Graph(nodes=[*model.nodes[:last]], constants=[np.empty(0)] * (len(model.constants) - 1))
    add_outputs(ends, spec, value)
    if model.nodes[last:] != ends.nodes[last:]:
        raise UnsupportedGraph("the output nodes differ from the model spec")
    values = dict(enumerate(expected.constants)) | {len(ends.constants) - 1: ends.constants[-1]}
    for number, constant in values.items():
        actual = model.constants.get(f"c{number}")
        # np.array_equal compares the shapes too.
        if actual is None or actual.dtype != constant.dtype or not np.array_equal(actual, constant):
            raise UnsupportedGraph("the constants differ from the model spec")


def _model(data: bytes) -> Model:
    # Fields: 1 IR version, 2 and 3 producer, 7 graph, 8 opsets, 14 metadata; training (20) and
    # functions (25) are refused.
    file = read_message(data, {1, 2, 3, 4, 5, 6, 7, 8, 14})
    for opset in file.messages(8):
        if read_message(opset, {1, 2}).text(1) not in ("", "ai.onnx"):
            raise UnsupportedGraph("the graph uses custom operators")
    model = Model(metadata(data))
    (graph,) = file.messages(7)
    # Fields: 1 nodes, 2 name, 5 initializers, 11 inputs, 12 outputs; no sparse initializers.
    parts = read_message(graph, {1, 2, 5, 10, 11, 12})
    for tensor in parts.messages(5):
        name, value = _tensor(read_message(tensor, {1, 2, 8, 9}))
        if name in model.constants:
            raise UnsupportedGraph(f"two constants have the name {name[:40]!r}")
        model.constants[name] = value
    model.nodes = [_node(read_message(node, {1, 2, 3, 4, 5, 7})) for node in parts.messages(1)]
    if [read_message(one, {1, 2, 3}).text(1) for one in parts.messages(11)] != ["image"]:
        raise UnsupportedGraph("the graph must have exactly one input, with the name image")
    return model


def _tensor(part: Message) -> tuple[str, np.ndarray]:
    kind = _TYPES.get(part.number(2))
    if kind is None:
        raise UnsupportedGraph(f"the data type {part.number(2)} of a constant is not supported")
    dims = part.numbers(1)
    raw = part.bytes(9)
    if any(d < 0 for d in dims) or math.prod(dims) * kind.itemsize != len(raw):
        raise UnsupportedGraph("the size of a constant does not match its shape")
    return part.text(8), np.frombuffer(raw, kind).reshape(dims)


def _node(part: Message) -> Node:
    if part.text(7) not in ("", "ai.onnx"):
        raise UnsupportedGraph("the graph uses custom operators")
    (output,) = (name.decode() for name in part.messages(2))
    inputs = tuple(name.decode() for name in part.messages(1))
    attributes = dict(_attributes(part.messages(5)))
    return Node(part.text(4), inputs, output, attributes)


def _attributes(parts: list[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of attributes: numbers and lists of integers, but no graphs."""
    for data in parts:
        part = read_message(data, {1, 2, 3, 8, 20})
        kind = part.number(20)
        if kind not in (1, 2, 7):
            raise UnsupportedGraph("a node has an attribute of an unsupported type")
        value: Any = part.numbers(8) if kind == 7 else part.number(3)
        yield part.text(1), part.float(2) if kind == 1 else value
