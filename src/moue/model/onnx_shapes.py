"""Check the layers of an ONNX network without running it: known operators, and limited sizes.

The layers form a directed graph. Each one uses values that earlier layers computed, and constants.
The shapes are those of one crop, without the dimension of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moue.model.onnx_graph import Node

Shape = tuple[int, ...]

MAX_VALUES = 1 << 20
"""Maximum number of values in the output of one layer for one crop."""
MAX_LIVE_VALUES = 1 << 21
"""Maximum number of values that are in memory at the same time for one crop."""
MAX_PRODUCTS = 4_000_000_000
"""Maximum number of multiplications for one crop."""
MAX_KERNEL = 64
"""Maximum side of the window of a pooling layer."""
_SAME_SHAPE: Mapping[str, set[str]] = {
    "Relu": set(), "Sigmoid": set(), "Tanh": set(), "Erf": set(), "LeakyRelu": {"alpha"},
    "Elu": {"alpha"},
}  # fmt: skip
"""Operators of one value that keep its shape, with the names of their attributes."""
_ARITHMETIC = ("Add", "Sub", "Mul", "Div")


class UnsupportedGraph(Exception):  # noqa: N818  becomes a CheckpointError
    """The ONNX file is damaged, or moue did not export its graph. The message is the reason."""


def check_network(
    nodes: Sequence[Node], constants: Mapping[str, np.ndarray], value: str, side: int
) -> tuple[str, int]:
    """Check the layers of a network; return the name and the number of values of its output.

    Args:
        nodes: layers in the order of their computation.
        constants: constants by name.
        value: name of the input, (N, 3, side, side).
        side: side of the input, in pixels.

    Raises:
        UnsupportedGraph: an operator is unknown, a shape does not fit, or the network is too large.
    """
    shapes: dict[str, Shape] = {value: (3, side, side)}
    last_use = {name: index for index, node in enumerate(nodes) for name in node.inputs}
    live = {value: math.prod(shapes[value])}
    products = 0
    for index, node in enumerate(nodes):
        before = [shapes[name] for name in node.inputs if name in shapes]
        if not before or node.output in shapes or node.output in constants:
            raise UnsupportedGraph("the layers do not use the values of earlier layers")
        weights = [_weights(constants, name) for name in node.inputs if name not in shapes]
        shape = _shape(node, before, weights, [name in shapes for name in node.inputs])
        # Multiplications: each output value is a sum over the weights of one output channel.
        per_value = math.prod(weights[0].shape[1:]) if node.kind in ("Conv", "Gemm") else 1
        products += math.prod(shape) * max(1, per_value)
        live[node.output] = math.prod(shape)
        if (
            math.prod(shape) > MAX_VALUES or sum(live.values()) > MAX_LIVE_VALUES
            or products > MAX_PRODUCTS or min(shape, default=0) < 1
        ):  # fmt: skip
            raise UnsupportedGraph(
                f"a layer maps the shape {before[0]} to {shape}, which is too large or empty"
            )
        shapes[node.output], value = shape, node.output
        live = {name: size for name, size in live.items() if last_use.get(name, index) > index}
    if len(shapes[value]) != 1:
        raise UnsupportedGraph("the output must be one vector of logits per crop")
    return value, shapes[value][0]


def _shape(
    node: Node, before: list[Shape], weights: list[np.ndarray], are_values: list[bool]
) -> Shape:
    """Return the shape of a layer's output for one crop."""
    names, sizes = set(node.attributes), [w.shape for w in weights]
    if are_values[0]:
        match node.kind, before[0], sizes, len(before):
            case kind, shape, [], 1 if _SAME_SHAPE.get(kind) == names:
                return shape
            case "Flatten", shape, [], 1 if node.attributes == {"axis": 1}:
                return (math.prod(shape),)
            case "Clip", shape, [(), ()], 1 if not names:
                return shape
            case "GlobalAveragePool", (c, _, _), [], 1 if not names:
                return (c, 1, 1)
            case "MaxPool", (c, h, w), [], 1 if names == {"kernel_shape", "strides", "pads"}:
                return (c, *_pooled(node, h, w))
            case "AveragePool", (c, h, w), [], 1 if names == {
                "kernel_shape", "strides", "pads", "count_include_pad",
            } and node.attributes["count_include_pad"] in (0, 1):  # fmt: skip
                return (c, *_pooled(node, h, w))
            case "InstanceNormalization", (c, _, _), [(a,), (b,)], 1 if a == b == c <= MAX_VALUES:
                if names == {"epsilon"} and 0 < node.attributes["epsilon"] < 1:
                    return before[0]
            case "Gemm", (inputs,), [(outputs, i), (o,)], 1 if i == inputs and o == outputs:
                if node.attributes == {"transB": 1}:
                    return (outputs,)
            case "Conv", (c, h, w), [(o, i, kh, kw), (b,)], 1 if o == b:
                return _convolved(node, (c, h, w), (o, i, kh, kw))
            case "Concat", shape, [], count if node.attributes == {"axis": 1}:
                if count == len(node.inputs) and all(s[1:] == shape[1:] for s in before):
                    return (sum(s[0] for s in before), *shape[1:])
    if node.kind in _ARITHMETIC and not names and len(node.inputs) == 2:
        return _broadcast(before, sizes)
    raise UnsupportedGraph(f"the ONNX operator {node.kind[:40]!r} is not supported")


def _convolved(node: Node, crop: tuple[int, int, int], kernel: tuple[int, int, int, int]) -> Shape:
    (c, h, w), (o, i, kh, kw) = crop, kernel
    names = set(node.attributes)
    strides, pads = (node.attributes.get(name, []) for name in ("strides", "pads"))
    group, dilations = node.attributes.get("group", 1), node.attributes.get("dilations", [1, 1])
    fits = {"strides", "pads"} <= names <= {"strides", "pads", "group", "dilations"}
    if not (fits and _small(strides, 2, 1) and _small(pads, 4, 0) and _small(dilations, 2, 1)):
        raise UnsupportedGraph("a convolution has attributes that are not supported")
    if type(group) is not int or not 1 <= group <= c or i * group != c or o % group:
        raise UnsupportedGraph("the channels of a convolution do not fit its weights")
    height = (h + pads[0] + pads[2] - dilations[0] * (kh - 1) - 1) // strides[0] + 1
    width = (w + pads[1] + pads[3] - dilations[1] * (kw - 1) - 1) // strides[1] + 1
    return (o, height, width)


def _pooled(node: Node, height: int, width: int) -> tuple[int, int]:
    kernel, strides, pads = (node.attributes[n] for n in ("kernel_shape", "strides", "pads"))
    if not (_small(kernel, 2, 1, MAX_KERNEL) and _small(strides, 2, 1) and _small(pads, 4, 0)):
        raise UnsupportedGraph("the kernel, stride or padding of a pooling layer is not supported")
    if any(2 * pad > kernel[axis % 2] for axis, pad in enumerate(pads)):
        raise UnsupportedGraph("the padding of a pooling layer is larger than half its window")
    return (
        (height + pads[0] + pads[2] - kernel[0]) // strides[0] + 1,
        (width + pads[1] + pads[3] - kernel[1]) // strides[1] + 1,
    )


def _broadcast(before: list[Shape], sizes: list[Shape]) -> Shape:
    """Return the shape of a sum or product of values and of constants with a batch of 1."""
    rank = len(before[0])
    for size in sizes:
        if size and (len(size) != rank + 1 or size[0] != 1):
            raise UnsupportedGraph("a constant has another number of dimensions than its layer")
    shapes = [*before, *(size[1:] for size in sizes)]
    if any(len(shape) != rank for shape in before):
        raise UnsupportedGraph("the shapes of two added or multiplied values differ")
    try:
        return tuple(np.broadcast_shapes(*shapes))
    except ValueError:
        raise UnsupportedGraph("the shapes of two added or multiplied values differ") from None


def _small(values: Any, count: int, low: int, high: int = 16) -> bool:
    return (
        isinstance(values, list) and len(values) == count and all(low <= v <= high for v in values)
    )


def _weights(constants: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    weights = constants.get(name)
    if weights is None or weights.dtype != np.float32:
        raise UnsupportedGraph(f"the weights {name[:40]!r} are missing or not float32")
    if not np.isfinite(weights).all():
        raise UnsupportedGraph(f"the weights {name[:40]!r} contain values that are not finite")
    return weights
