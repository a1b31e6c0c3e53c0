"""Replace ONNX operators that pnnx converts wrongly by others with the same results."""

from __future__ import annotations

import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper


def supported(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model without Gather, which ncnn does not have, and without ReduceSum.

    pnnx ignores the axes of ReduceSum, which are an input since opset 13.
    """
    model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    shapes = {
        one.name: [dim.dim_value for dim in one.type.tensor_type.shape.dim]
        for one in (*graph.value_info, *graph.input, *graph.output)
    }
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        shape = shapes.get(node.input[0], [])
        if node.op_type == "Gather":
            added, values = _selection(node, shape, constants[node.input[1]])
        elif node.op_type == "ReduceSum":
            added, values = _sum(node, shape, constants[node.input[1]])
        else:
            added, values = [node], []
        nodes += added
        graph.initializer.extend(values)
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _selection(
    node: onnx.NodeProto, shape: list[int], indices: np.ndarray
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Return nodes that give what Gather gives, and their constants."""
    source, result = node.input[0], node.output[0]
    axis = next((one.i for one in node.attribute if one.name == "axis"), 0)
    if indices.ndim != 1 or axis < len(shape) - 2:
        sys.exit("ncnn: only rows and columns can be selected")
    if len(indices) == 1:
        limits = [indices, indices + 1, np.array([axis])]
        names = [f"{result}_limit{number}" for number in range(3)]
        added = [
            numpy_helper.from_array(value.astype(np.int64), name)
            for name, value in zip(names, limits, strict=True)
        ]
        return [helper.make_node("Slice", [source, *names], [result])], added
    # Rows of the identity matrix: each product has one term that is not 0.
    rows = np.eye(shape[axis], dtype=np.float32)[indices]
    is_column = axis == len(shape) - 1
    matrix = numpy_helper.from_array(
        np.ascontiguousarray(rows.T) if is_column else rows, f"{result}_rows"
    )
    inputs = [source, matrix.name] if is_column else [matrix.name, source]
    return [helper.make_node("MatMul", inputs, [result])], [matrix]


def _sum(
    node: onnx.NodeProto, shape: list[int], axes: np.ndarray
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Return nodes that give what ReduceSum gives, as a mean, and their constants."""
    source, result = node.input[0], node.output[0]
    keepdims = next((one.i for one in node.attribute if one.name == "keepdims"), 1)
    count = np.array([np.prod([shape[axis] for axis in axes])], np.float32)
    factor = numpy_helper.from_array(count, f"{result}_count")
    mean = helper.make_node(
        "ReduceMean", [source], [f"{result}_mean"], axes=axes.tolist(), keepdims=keepdims
    )
    return [mean, helper.make_node("Mul", [f"{result}_mean", factor.name], [result])], [factor]
