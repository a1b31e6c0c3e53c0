"""Convert a TFLite graph to ONNX.

TFLite stores pictures as (N, H, W, C), ONNX as (N, C, H, W). A tensor is transposed only where an
operator needs the other layout; chains of convolutions stay in (N, C, H, W). Constants stay in
float16, as in the TFLite file, and are converted to float32 when the model is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper

from research.face_mesh.onnx_builder import IR_VERSION, OPSET, OnnxBuilder
from research.face_mesh.tflite_reader import Operator, TFLiteGraph

TO_CHANNELS_FIRST, TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
RELU = 1
"""Code of the fused activation ReLU."""
BINARY = {"ADD": "Add", "MUL": "Mul", "SUB": "Sub", "DIV": "Div"}
UNARY = {"LOGISTIC": "Sigmoid", "RELU": "Relu", "NEG": "Neg", "SQRT": "Sqrt"}
REDUCTIONS = {"MEAN": "ReduceMean", "SUM": "ReduceSum"}


class Converter:
    """Converts the operators of one graph in their order.

    Attributes:
        graph: Graph to convert.
        builder: Nodes and constants of the ONNX graph.
        names: Names of the computed tensors, by index and layout; True means channels first.
    """

    def __init__(self, graph: TFLiteGraph, builder: OnnxBuilder) -> None:
        self.graph, self.builder = graph, builder
        self.add, self.constant = builder.add, builder.constant
        self.constants = dict(graph.constants)
        self.names: dict[tuple[int, bool], str] = {}

    def run(self) -> None:
        """Convert all operators."""
        for operator in self.graph.operators:
            kind = operator.kind
            if kind == "DEQUANTIZE":
                self.constants[operator.outputs[0]] = self.constants[operator.inputs[0]]
            elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                self._convolution(operator)
            elif kind in REDUCTIONS:
                axes = np.atleast_1d(self.constants[operator.inputs[1]]).tolist()
                self._reduce(operator, axes)
            else:
                getattr(self, f"_{kind.lower()}", self._elementwise)(operator)

    def name(self, tensor: int, first: bool = False) -> str:
        """Return the name of a tensor in a layout, after adding the nodes that produce it."""
        key = (tensor, first)
        if key not in self.names:
            if tensor in self.constants:
                value = self.constants[tensor]
                if first and value.ndim == 4:
                    value = value.transpose(TO_CHANNELS_FIRST)
                self.names[key] = self.constant(value)
            else:
                order = TO_CHANNELS_FIRST if first else TO_CHANNELS_LAST
                other = self.names[tensor, not first]
                self.names[key] = self.add("Transpose", [other], perm=order)
        return self.names[key]

    def _finish(self, operator: Operator, name: str, first: bool, activation: int = 0) -> None:
        """Record the output of an operator after its fused activation."""
        if activation not in (0, RELU):
            raise ValueError(f"the fused activation {activation} is not supported")
        name = self.add("Relu", [name]) if activation else name
        self.names[operator.outputs[0], first] = name

    def _convolution(self, operator: Operator) -> None:
        source, weight, bias = operator.inputs
        depthwise = operator.kind == "DEPTHWISE_CONV_2D"
        values = self.constants[weight]
        activation = operator.option(4 if depthwise else 3, code="b")
        if values.shape[1:3] == (1, 1) and self.graph.shapes[source][1] == 1 and not depthwise:
            # A dense layer over the last axis, in the blendshape network.
            product = self.add(
                "MatMul", [self.name(source), self.constant(values[:, 0, 0].T.copy())]
            )
            self._finish(operator, self.add("Add", [product, self.name(bias)]), False, activation)
            return
        strides = [operator.option(2, 1), operator.option(1, 1)]
        # TFLite stores (1, H, W, O) for depthwise and (O, H, W, I) for other convolutions.
        weights = values.transpose([3, 0, 1, 2] if depthwise else [0, 3, 1, 2])
        output = self.add(
            "Conv",
            [self.name(source, True), self.constant(weights), self.name(bias)],
            strides=strides,
            pads=self._pads(operator, values.shape[1:3], strides),
            group=values.shape[3] if depthwise else 1,
        )
        self._finish(operator, output, True, activation)

    def _max_pool_2d(self, operator: Operator) -> None:
        strides = [operator.option(2), operator.option(1)]
        size = [operator.option(4), operator.option(3)]
        output = self.add(
            "MaxPool",
            [self.name(operator.inputs[0], True)],
            kernel_shape=size,
            strides=strides,
            pads=self._pads(operator, size, strides),
        )
        self._finish(operator, output, True, operator.option(5, code="b"))

    def _pads(self, operator: Operator, size: Sequence[int], strides: list[int]) -> list[int]:
        """Return the ONNX padding: none, or TensorFlow's `SAME`, whose surplus is at the end."""
        if operator.option(0, code="b"):
            return [0, 0, 0, 0]
        before, after = [], []
        for length, kernel, stride in zip(
            self.graph.shapes[operator.inputs[0]][1:3], size, strides, strict=True
        ):
            total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
            before.append(total // 2)
            after.append(total - total // 2)
        return before + after

    def _elementwise(self, operator: Operator) -> None:
        """Convert an operator that keeps the layout of its inputs."""
        first = any((tensor, True) in self.names for tensor in operator.inputs)
        inputs = [self.name(tensor, first) for tensor in operator.inputs]
        kind = operator.kind
        if kind in BINARY:
            output = self.add(BINARY[kind], inputs)
            self._finish(operator, output, first, operator.option(0, code="b"))
        elif kind == "SQUARED_DIFFERENCE":
            difference = self.add("Sub", inputs)
            self._finish(operator, self.add("Mul", [difference, difference]), first)
        elif kind == "RSQRT":
            self._finish(operator, self.add("Reciprocal", [self.add("Sqrt", inputs)]), first)
        else:
            self._finish(operator, self.add(UNARY[kind], inputs), first)

    def _prelu(self, operator: Operator) -> None:
        """Convert PReLU to a x + (1 - a) relu(x), with two depthwise convolutions.

        ONNX Runtime runs these in the memory layout of the convolutions around them, but not the
        operator PRelu, which would double the time of the face mesh.
        """
        source, slope = operator.inputs
        slopes = self.constants[slope].astype(np.float32).reshape(-1, 1, 1, 1)
        name, count = self.name(source, True), len(slopes)
        linear = self.add("Conv", [name, self.constant(slopes)], group=count)
        positive = self.add(
            "Conv", [self.add("Relu", [name]), self.constant(1 - slopes)], group=count
        )
        self._finish(operator, self.add("Add", [linear, positive]), True)

    def _pad(self, operator: Operator) -> None:
        first = (operator.inputs[0], True) in self.names
        pads = self.constants[operator.inputs[1]].astype(np.int64)
        pads = pads[TO_CHANNELS_FIRST] if first else pads
        name = self.add(
            "Pad", [self.name(operator.inputs[0], first), self.constant(pads.T.reshape(-1))]
        )
        self._finish(operator, name, first)

    def _reshape(self, operator: Operator) -> None:
        # The first dimension of every picture tensor is the batch, whose size is free.
        shape = list(self.graph.shapes[operator.outputs[0]])
        shape[0] = -1 if shape[0] == 1 else shape[0]
        inputs = [self.name(operator.inputs[0]), self.constant(np.array(shape, np.int64))]
        self._finish(operator, self.add("Reshape", inputs), False)

    def _transpose(self, operator: Operator) -> None:
        order = self.constants[operator.inputs[1]].tolist()
        name = self.add("Transpose", [self.name(operator.inputs[0])], perm=order)
        self._finish(operator, name, False)

    def _concatenation(self, operator: Operator) -> None:
        inputs = [self._repeated(tensor, operator) for tensor in operator.inputs]
        name = self.add("Concat", inputs, axis=operator.option(0))
        self._finish(operator, name, False)

    def _repeated(self, tensor: int, operator: Operator) -> str:
        """Return the name of a tensor; a constant is repeated to the size of the batch."""
        name = self.name(tensor)
        if tensor not in self.constants:
            return name
        other = next(t for t in operator.inputs if t not in self.constants)
        batch = self.add("Shape", [self.name(other)], start=0, end=1)
        rest = self.constant(np.array(self.graph.shapes[tensor][1:], np.int64))
        return self.add("Expand", [name, self.add("Concat", [batch, rest], axis=0)])

    def _reduce(self, operator: Operator, axes: list[int]) -> None:
        name, keep = self.name(operator.inputs[0]), operator.option(0, code="b")
        if operator.kind == "SUM":  # since opset 13, the axes of a sum are an input
            inputs = [name, self.constant(np.array(axes, np.int64))]
            self._finish(operator, self.add("ReduceSum", inputs, keepdims=keep), False)
        else:
            self._finish(operator, self.add("ReduceMean", [name], axes=axes, keepdims=keep), False)

    def _strided_slice(self, operator: Operator) -> None:
        source, *limits = operator.inputs
        begin, end, step = (self.constants[tensor].astype(np.int64) for tensor in limits)
        masks = [operator.option(field) for field in range(5)]
        if masks[2:] == [0, 0, 1]:  # the slice only removes the batch axis, which stays here
            self._finish(operator, self.name(source), False)
            return
        if any(masks[2:]):
            raise ValueError("a slice that changes the number of axes is not supported")
        axes = np.arange(len(begin))
        begin = np.where(masks[0] >> axes & 1, 0, begin)
        end = np.where(masks[1] >> axes & 1, np.iinfo(np.int32).max, end)
        inputs = [self.name(source), *map(self.constant, (begin, end, axes, step))]
        self._finish(operator, self.add("Slice", inputs), False)


def convert(
    graph: TFLiteGraph, name: str, outputs: Sequence[str], pixels: tuple[float, float] | None
) -> onnx.ModelProto:
    """Convert a TFLite graph to an ONNX model.

    Args:
        graph: Graph with one input.
        name: Name of the ONNX graph.
        outputs: Names of the outputs to keep, in the order of the graph; further outputs are
            left out.
        pixels: Range to which a uint8 picture is scaled, such as (-1, 1), as first node; the input
            is then called `rgb`. None for an input of float32 values, which is called `points`.
            The size of the batch is free.
    """
    builder = OnnxBuilder()
    converter = Converter(graph, builder)
    (source,) = graph.inputs
    shape: list[Any] = ["N", *graph.shapes[source][1:]]
    if pixels is None:
        converter.names[source, False] = "points"
        entry = helper.make_tensor_value_info("points", onnx.TensorProto.FLOAT, shape)
    else:
        low, high = pixels
        entry = helper.make_tensor_value_info("rgb", onnx.TensorProto.UINT8, shape)
        values = builder.add("Cast", ["rgb"], to=onnx.TensorProto.FLOAT)
        scale = builder.constant(np.array((high - low) / 255, np.float32))
        values = builder.add("Mul", [values, scale])
        offset = builder.constant(np.array(low, np.float32))
        converter.names[source, False] = builder.add("Add", [values, offset])
    converter.run()
    ends = []
    for tensor, output in zip(graph.outputs, outputs, strict=False):
        builder.nodes.append(helper.make_node("Identity", [converter.name(tensor)], [output]))
        size: list[Any] = ["N", *(graph.shapes[tensor][1:] or graph.shapes[tensor])]
        ends.append(helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, size))
    parts = helper.make_graph(builder.nodes, name, [entry], ends, builder.initializers)
    model = helper.make_model(
        parts, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="moue"
    )
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model
