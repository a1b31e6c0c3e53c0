"""ONNX operators in the builder of Core ML programs.

Only the operators of moue's networks are here, with inputs of a fixed size.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from coremltools.converters.mil import Builder as mb  # noqa: N813  its usual name
from onnx import helper

Inputs = list[Any]
"""Values of the inputs of a node: variables of the program, or numpy arrays."""
Operator = Callable[[Inputs, Mapping[str, Any]], Any]


def add_node(node: onnx.NodeProto, values: Mapping[str, Any]) -> Any:
    """Add an ONNX node to the program, and return the variable of its output.

    Args:
        node: node to add.
        values: variable or constant of each ONNX value.
    """
    if node.op_type not in OPERATORS:
        sys.exit(f"the operator {node.op_type} has no form in Core ML")
    attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    inputs = [values[name] if name else None for name in node.input]
    return OPERATORS[node.op_type](inputs, attributes)


def _conv(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    bias = {} if len(inputs) < 3 else {"bias": inputs[2]}
    return mb.conv(
        x=inputs[0],
        weight=inputs[1],
        strides=attributes.get("strides", [1, 1]),
        dilations=attributes.get("dilations", [1, 1]),
        groups=attributes.get("group", 1),
        pad_type="custom",
        pad=_pads(attributes),
        **bias,
    )


def _pads(attributes: Mapping[str, Any]) -> list[int]:
    """Return top, bottom, left and right; ONNX has top, left, bottom and right."""
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    return [top, bottom, left, right]


def _max_pool(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    return mb.max_pool(
        x=inputs[0],
        kernel_sizes=attributes["kernel_shape"],
        strides=attributes.get("strides", [1, 1]),
        pad_type="custom",
        pad=_pads(attributes),
    )


def _average_pool(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    return mb.avg_pool(
        x=inputs[0],
        kernel_sizes=attributes["kernel_shape"],
        strides=attributes.get("strides", [1, 1]),
        pad_type="custom",
        pad=_pads(attributes),
        exclude_padding_from_average=not attributes.get("count_include_pad", 0),
    )


def _gemm(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    product = mb.matmul(
        x=inputs[0],
        y=inputs[1],
        transpose_x=bool(attributes.get("transA", 0)),
        transpose_y=bool(attributes.get("transB", 0)),
    )
    return mb.add(x=product, y=inputs[2]) if len(inputs) > 2 else product


def _instance_norm(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    source, gamma, beta = inputs
    return mb.instance_norm(
        x=source, gamma=gamma, beta=beta, epsilon=np.float32(attributes.get("epsilon", 1e-5))
    )


def _flatten(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    return mb.reshape(x=inputs[0], shape=[inputs[0].shape[0], -1])


def _reshape(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    sizes = zip(np.asarray(inputs[1]).tolist(), (*inputs[0].shape, *[1] * 8), strict=False)
    # 0 keeps the size of the input.
    return mb.reshape(x=inputs[0], shape=[old if new == 0 else new for new, old in sizes])


def _resize(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    scales = np.asarray(inputs[2]).tolist()
    if attributes["mode"] != b"nearest" or scales != [1.0, 1.0, 2.0, 2.0]:
        sys.exit("Core ML: only resizing to the double size is supported")
    return mb.upsample_nearest_neighbor(
        x=inputs[0], scale_factor_height=2.0, scale_factor_width=2.0
    )


def _pad(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    pads = np.asarray(inputs[1]).tolist()
    count = len(pads) // 2
    source = inputs[0]
    if attributes.get("mode", b"constant") != b"constant":
        sys.exit("Core ML: only constant padding is supported")
    if pads[0] or pads[count]:
        sys.exit("Core ML: the batch cannot be padded")
    if any(pads[1:2]) or any(pads[count + 1 : count + 2]):
        return _padded_channels(source, pads[1], pads[count + 1], pads)
    ordered = [value for axis in range(2, count) for value in (pads[axis], pads[count + axis])]
    return mb.pad(x=source, pad=ordered, mode="constant", constant_val=np.float32(0))


def _padded_channels(source: Any, before: int, after: int, pads: list[int]) -> Any:
    """Append channels of zeros."""
    height, width = source.shape[2:]
    if before or any(pads[2:4]) or any(pads[6:8]):
        sys.exit("Core ML: only zeros after the last channel are supported")
    zeros = np.zeros((1, after, height, width), np.float32)
    return mb.concat(values=[source, zeros], axis=1)


def _slice(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    source, starts, ends = inputs[:3]
    axes = inputs[3] if len(inputs) > 3 else np.arange(len(starts))
    steps = inputs[4] if len(inputs) > 4 else np.ones(len(starts), int)
    shape = source.shape
    begin, end, stride = [0] * len(shape), list(shape), [1] * len(shape)
    for axis, start, stop, step in zip(axes, starts, ends, steps, strict=True):
        limits = slice(int(start), int(stop), int(step)).indices(shape[int(axis)])
        begin[int(axis)], end[int(axis)], stride[int(axis)] = limits
    return mb.slice_by_index(x=source, begin=begin, end=end, stride=stride)


def _clip(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    low, high = (np.float32(value) for value in inputs[1:3])
    return mb.clip(x=inputs[0], alpha=low, beta=high)


def _grid_sample(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    return mb.resample(
        x=inputs[0],
        coordinates=inputs[1],
        sampling_mode="bilinear",
        padding_mode="border",
        padding_value=np.float32(0),
        coordinates_mode="normalized_minus_one_to_one",
        align_corners=bool(attributes.get("align_corners", 0)),
    )


def _gather(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    indices = np.asarray(inputs[1]).astype(np.int32)
    return mb.gather(x=inputs[0], indices=indices, axis=attributes.get("axis", 0))


def _reduced(operator: Any) -> Operator:
    def add(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
        # The axes are an input from opset 13 or 18 on, and an attribute before.
        axes = attributes["axes"] if len(inputs) == 1 else np.asarray(inputs[1]).tolist()
        return operator(x=inputs[0], axes=axes, keep_dims=bool(attributes.get("keepdims", 1)))

    return add


def _log_softmax(inputs: Inputs, attributes: Mapping[str, Any]) -> Any:
    axis = attributes.get("axis", -1)
    highest = mb.reduce_max(x=inputs[0], axes=[axis], keep_dims=True)
    shifted = mb.sub(x=inputs[0], y=highest)
    total = mb.reduce_sum(x=mb.exp(x=shifted), axes=[axis], keep_dims=True)
    return mb.sub(x=shifted, y=mb.log(x=total, epsilon=np.float32(1e-45)))


def _unary(operator: Any, **fixed: Any) -> Operator:
    return lambda inputs, _: operator(x=inputs[0], **fixed)


def _binary(operator: Any) -> Operator:
    return lambda inputs, _: operator(x=inputs[0], y=inputs[1])


OPERATORS: dict[str, Operator] = {
    "Conv": _conv,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": lambda inputs, _: mb.reduce_mean(x=inputs[0], axes=[2, 3], keep_dims=True),
    "Gemm": _gemm,
    "MatMul": _binary(mb.matmul),
    "InstanceNormalization": _instance_norm,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Transpose": lambda inputs, given: mb.transpose(x=inputs[0], perm=given["perm"]),
    "Concat": lambda inputs, given: mb.concat(values=inputs, axis=given["axis"]),
    "Slice": _slice,
    "Gather": _gather,
    "Resize": _resize,
    "Pad": _pad,
    "GridSample": _grid_sample,
    "Add": _binary(mb.add),
    "Sub": _binary(mb.sub),
    "Mul": _binary(mb.mul),
    "Div": _binary(mb.real_div),
    "Max": _binary(mb.maximum),
    "ReduceL2": _reduced(mb.reduce_l2_norm),
    "ReduceMax": _reduced(mb.reduce_max),
    "ReduceMin": _reduced(mb.reduce_min),
    "ReduceMean": _reduced(mb.reduce_mean),
    "ReduceSum": _reduced(mb.reduce_sum),
    "Clip": _clip,
    "Relu": _unary(mb.relu),
    "LeakyRelu": lambda inputs, given: mb.leaky_relu(x=inputs[0], alpha=np.float32(given["alpha"])),
    "Elu": lambda inputs, given: mb.elu(x=inputs[0], alpha=np.float32(given["alpha"])),
    "Sigmoid": _unary(mb.sigmoid),
    "Tanh": _unary(mb.tanh),
    "Erf": _unary(mb.erf),
    "Softplus": _unary(mb.softplus),
    "Softmax": lambda inputs, given: mb.softmax(x=inputs[0], axis=given.get("axis", -1)),
    "LogSoftmax": _log_softmax,
    "Identity": _unary(mb.identity),
    "Floor": _unary(mb.floor),
    "Sqrt": _unary(mb.sqrt),
    "Exp": _unary(mb.exp),
    "Log": _unary(mb.log, epsilon=np.float32(1e-45)),
    "Neg": lambda inputs, _: mb.mul(x=inputs[0], y=np.float32(-1)),
    "Reciprocal": lambda inputs, _: mb.real_div(x=np.float32(1), y=inputs[0]),
}
