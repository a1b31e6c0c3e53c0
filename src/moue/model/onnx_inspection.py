"""Looking into an ONNX file before it runs: only a graph such as moue exports is run.

A file from elsewhere may loop for ever, ask for all memory, or read other files. So the file is
read here without running anything: its preprocessing is to be that of its spec, operation for
operation, and its network a chain of layers whose sizes are known and bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moue.model.onnx_graph import FLOAT, Graph, Node, finish, prepare
from moue.model.protobuf import Message, read
from moue.model.spec import ModelSpec

MAX_BYTES = 200_000_000
"""Of a model file."""
_MAX_VALUES = 1 << 20
"""Of one layer's output, for one crop."""
_MAX_PRODUCTS = 4_000_000_000
"""Multiplications for one crop."""
_INT64 = 7
_TYPES: dict[int, np.dtype[Any]] = {FLOAT: np.dtype("<f4"), _INT64: np.dtype("<i8")}


class Unknown(Exception):  # noqa: N818  becomes a CheckpointError
    """The file holds something that moue does not export."""


@dataclass(slots=True)
class Model:
    """What an ONNX file holds."""

    metadata: dict[str, str]
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)


def parse(data: bytes) -> Model:
    """Return the parts of an ONNX file that moue's exports have.

    Raises:
        Unknown: it is damaged, or has other parts.
    """
    try:
        return _model(data)
    except (ValueError, KeyError, IndexError, UnicodeError, OverflowError) as error:
        raise Unknown(f"it is damaged ({error})") from error


def check(model: Model, spec: ModelSpec) -> None:
    """Check that a graph is one that moue exports for `spec`.

    Raises:
        Unknown: it is another one.
    """
    expected = Graph()
    value = prepare(expected, spec)
    begun = len(expected.nodes)
    if model.nodes[:begun] != expected.nodes:
        raise Unknown("the preprocessing differs from moue's")
    last = len(model.nodes) - 3
    value, outputs = _check_network(model, model.nodes[begun:last], value, spec)
    if outputs != len(spec.labels):
        raise Unknown(f"it has {outputs} outputs for {len(spec.labels)} labels")
    ends = Graph(nodes=[*model.nodes[:last]], constants=[np.empty(0)] * (len(model.constants) - 1))
    finish(ends, spec, value)
    if model.nodes[last:] != ends.nodes[last:]:
        raise Unknown("the outputs differ from moue's")
    values = dict(enumerate(expected.constants)) | {len(ends.constants) - 1: ends.constants[-1]}
    for number, constant in values.items():
        found = model.constants.get(f"c{number}")
        if found is None or found.dtype != constant.dtype or not np.array_equal(found, constant):
            raise Unknown("the constants differ from the spec")
        if found.shape != constant.shape:
            raise Unknown("the constants differ from the spec")


def _check_network(model: Model, nodes: list[Node], value: str, spec: ModelSpec) -> tuple[str, int]:
    """Follow the chain of layers; return the name and the number of its outputs."""
    shape: tuple[int, ...] = (3, spec.input_size, spec.input_size)
    products = 0
    for node in nodes:
        if not node.inputs or node.inputs[0] != value:
            raise Unknown("the layers do not form a chain")
        weights = [_weights(model, name) for name in node.inputs[1:]]
        before, shape = shape, _shape(node, weights, shape)
        products += math.prod(shape) * (math.prod(weights[0].shape[1:]) if weights else 1)
        if math.prod(shape) > _MAX_VALUES or products > _MAX_PRODUCTS or min(shape) < 1:
            raise Unknown(f"a layer makes {shape} of {before}, which is too large or empty")
        value = node.output
    if len(shape) != 1:
        raise Unknown("its layers do not end in one value for each label")
    return value, shape[0]


def _shape(node: Node, weights: list[np.ndarray], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of a layer's output for one crop."""
    names, sizes = set(node.attributes), [w.shape for w in weights]
    match node.kind, shape, sizes:
        case "Relu", _, [] if not names:
            return shape
        case "Flatten", _, [] if node.attributes == {"axis": 1}:
            return (math.prod(shape),)
        case "InstanceNormalization", (c, _, _), [(a,), (b,)] if a == b == c <= _MAX_VALUES:
            if names == {"epsilon"} and 0 < node.attributes["epsilon"] < 1:
                return shape
        case "Gemm", (inputs,), [(outputs, i), (o,)] if i == inputs and o == outputs:
            if node.attributes == {"transB": 1}:
                return (outputs,)
        case "Conv", (c, h, w), [(o, i, kh, kw), (b,)] if i == c and o == b:
            strides, pads = (node.attributes.get(name, []) for name in ("strides", "pads"))
            if names == {"strides", "pads"} and _small(strides, 2, 1) and _small(pads, 4, 0):
                height = (h + pads[0] + pads[2] - kh) // strides[0] + 1
                width = (w + pads[1] + pads[3] - kw) // strides[1] + 1
                return (o, height, width)
    raise Unknown(f"its layer {node.kind[:40]!r} is not one that moue exports")


def _small(values: Any, count: int, low: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(low <= v <= 16 for v in values)


def _weights(model: Model, name: str) -> np.ndarray:
    found = model.constants.get(name)
    if found is None or found.dtype != np.float32:
        raise Unknown("a layer has no weights")
    if not np.isfinite(found).all():
        raise Unknown("some weights are not finite numbers")
    return found


def _model(data: bytes) -> Model:
    # 1 IR version, 2 and 3 producer, 7 graph, 8 opsets, 14 metadata; not 20 training, 25 functions.
    file = read(data, {1, 2, 3, 4, 5, 6, 7, 8, 14})
    for opset in file.messages(8):
        if read(opset, {1, 2}).text(1) not in ("", "ai.onnx"):
            raise Unknown("it uses operations that moue does not export")
    entries = [read(entry, {1, 2}) for entry in file.messages(14)]
    model = Model({entry.text(1): entry.text(2) for entry in entries})
    (graph,) = file.messages(7)
    # 1 nodes, 2 name, 5 initializers, 11 inputs, 12 outputs; no sparse ones, no functions.
    parts = read(graph, {1, 2, 5, 10, 11, 12})
    for tensor in parts.messages(5):
        name, value = _tensor(read(tensor, {1, 2, 8, 9}))
        if name in model.constants:
            raise Unknown("two constants have the same name")
        model.constants[name] = value
    model.nodes = [_node(read(node, {1, 2, 3, 4, 5, 7})) for node in parts.messages(1)]
    if [read(one, {1, 2, 3}).text(1) for one in parts.messages(11)] != ["image"]:
        raise Unknown("its input is not one image")
    return model


def _tensor(part: Message) -> tuple[str, np.ndarray]:
    kind = _TYPES.get(part.number(2))
    if kind is None:
        raise Unknown("its weights are of another type")
    dims = part.numbers(1)
    raw = part.bytes(9)
    if any(d < 0 for d in dims) or math.prod(dims) * kind.itemsize != len(raw):
        raise Unknown("the number of weights differs from the declared shape")
    return part.text(8), np.frombuffer(raw, kind).reshape(dims)


def _node(part: Message) -> Node:
    if part.text(7) not in ("", "ai.onnx"):
        raise Unknown("it uses operations that moue does not export")
    (output,) = (name.decode() for name in part.messages(2))
    inputs = tuple(name.decode() for name in part.messages(1))
    attributes = dict(_attributes(part.messages(5)))
    return Node(part.text(4), inputs, output, attributes)


def _attributes(parts: list[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield numbers and lists of whole numbers; an attribute that holds a graph is none of ours."""
    for data in parts:
        part = read(data, {1, 2, 3, 8, 20})
        kind = part.number(20)
        if kind not in (1, 2, 7):
            raise Unknown("an operation has an attribute of another type")
        value: Any = part.numbers(8) if kind == 7 else part.number(3)
        yield part.text(1), part.float(2) if kind == 1 else value
