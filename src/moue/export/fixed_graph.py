"""An ONNX network with inputs of one fixed size, for converters that need constant shapes.

The graphs of moue take pictures of any size as uint8. The runtimes of phones take float32 tensors
of a fixed size. With a fixed size, onnxruntime computes all shapes and resize weights in advance.
What is left of the preprocessing is the normalisation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from moue.errors import ExportError, MissingExtra

if TYPE_CHECKING:
    import onnx

Array = npt.NDArray[Any]
CHANNELS_FIRST = [0, 3, 1, 2]
"""Axes of (N, H, W, 3) in the order of (N, 3, H, W)."""


def fixed_graph(content: bytes, height: int, width: int, outputs: Sequence[str] = ()) -> bytes:
    """Return a network with one input (1, C, height, width) float32, with values from 0 to 255.

    The other inputs of moue become this one: (N, H, W, 3) and (N, H, W) uint8, and (N, 3, H, W)
    float32.

    Args:
        content: content of the ONNX file.
        height: height of the input in pixels.
        width: width of the input in pixels.
        outputs: names of the outputs to keep; empty for all.

    Raises:
        ExportError: the graph uses its input in a way that has no fixed form.
        MissingExtra: the package `onnx` is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra("a format of fixed input size", "train") from error
    model = onnx.load_from_string(content)
    _set_size(model, height, width)
    model = fold_constants(model)
    rewriter = _Rewriter(model.graph)
    rewriter.rewrite()
    kept = [one for one in model.graph.output if not outputs or one.name in outputs]
    nodes = _without_identity(_needed(rewriter.nodes, [one.name for one in kept]))
    used = {name for node in nodes for name in node.input}
    constants = [
        onnx.numpy_helper.from_array(value, name)
        for name, value in rewriter.constants.items()
        if name in used
    ]
    shape = [1, rewriter.channels, height, width]
    image = onnx.helper.make_tensor_value_info(rewriter.image, onnx.TensorProto.FLOAT, shape)
    ends = [
        onnx.helper.make_tensor_value_info(one.name, onnx.TensorProto.FLOAT, None) for one in kept
    ]
    graph = onnx.helper.make_graph(nodes, "moue", [image], ends, constants)
    fixed = onnx.helper.make_model(
        graph, opset_imports=model.opset_import, ir_version=model.ir_version
    )
    fixed = onnx.shape_inference.infer_shapes(fixed, strict_mode=True)
    onnx.checker.check_model(fixed)
    return bytes(fixed.SerializeToString(deterministic=True))


def fold_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model after onnxruntime computed everything that does not depend on the input."""
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # The basic optimisations fold constants, and use no operator outside of ONNX.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "folded.onnx")
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        folded = onnx.load(options.optimized_model_filepath)
    standard = [one for one in folded.opset_import if one.domain == ""]
    del folded.opset_import[:]
    folded.opset_import.extend(standard)
    return folded


def _set_size(model: onnx.ModelProto, height: int, width: int) -> None:
    """Give the input of a model a fixed size."""
    dims = model.graph.input[0].type.tensor_type.shape.dim
    axis = 2 if dims[1].dim_value == 3 else 1
    for number, value in ((0, 1), (axis, height), (axis + 1, width)):
        dims[number].dim_value = value


class _Rewriter:
    """Changes the beginning of a folded graph, so that its input is (1, C, H, W) float32."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        from onnx import numpy_helper

        self.graph = graph
        self.image = graph.input[0].name
        self.constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        self.nodes: list[onnx.NodeProto] = []
        dims = [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim]
        self.channels = 1 if len(dims) == 3 else 3
        self._channels_first = len(dims) == 4 and dims[1] == 3
        self._names: dict[str, str] = {}  # values that are equal to another value
        # Values that have the layout of the old input, and their name with channels first.
        self._pictures = {} if self._channels_first else {self.image: self.image}
        self._whole = {self.image}  # values that are whole numbers
        self._halves: dict[str, str] = {}  # value + 0.5: the value

    def rewrite(self) -> None:
        for node in self.graph.node:
            inputs = [self._names.get(name, name) for name in node.input]
            if node.input[0] in self._pictures:
                self._picture(node)
            elif not self._is_identity(node, inputs):
                self._copy(node, inputs)

    def _copy(self, node: onnx.NodeProto, inputs: Sequence[str]) -> None:
        copied = type(node)()
        copied.CopyFrom(node)
        del copied.input[:]
        copied.input.extend(inputs)
        self.nodes.append(copied)

    def _picture(self, node: onnx.NodeProto) -> None:
        """Replace a node that reads a picture in the layout of the old input."""
        source, result = self._pictures[node.input[0]], node.output[0]
        attributes = _attributes(node)
        if node.op_type == "Cast":
            self._pictures[result] = source
        elif node.op_type == "Unsqueeze" or attributes.get("perm") == CHANNELS_FIRST:
            self._names[result] = source
        elif node.op_type == "Slice":
            # Height and width are axes 1 and 2 of the old layout.
            axes = self._constant(result, self.constants[node.input[3]] + 1)
            self._copy(node, [source, *node.input[1:3], axes, *node.input[4:]])
            self._whole.add(result)
            self._pictures[result] = result
        elif node.op_type in ("Add", "Sub", "Mul", "Div") and node.input[1] in self.constants:
            value = self.constants[node.input[1]]
            planes = value.reshape(-1, 1, 1) if value.size == self.channels else value
            self._copy(node, [source, self._constant(result, planes)])
            self._pictures[result] = result
        else:
            raise ExportError(
                f"the network cannot have a fixed input size: {node.op_type} reads its picture"
            )

    def _is_identity(self, node: onnx.NodeProto, inputs: Sequence[str]) -> bool:
        """Remove a node that gives its input, as resizing to the same size does."""
        source, result = inputs[0], node.output[0]
        if node.op_type == "Cast" and source in self._whole:
            self._names[result] = source
            return True
        if node.op_type == "Floor" and source in self._halves:
            self._names[result] = self._halves[source]
            return True
        if node.op_type == "Add" and source in self._whole and self._equals(inputs[1], 0.5):
            self._halves[result] = source
            return False
        if node.op_type == "MatMul":
            return self._is_selection(inputs, result)
        return False

    def _is_selection(self, inputs: Sequence[str], result: str) -> bool:
        """Replace a product with consecutive rows of the identity matrix by a slice."""
        first, second = inputs
        for matrix, source, axis in ((first, second, 2), (second, first, 3)):
            rows = self.constants.get(matrix)
            if rows is None or rows.ndim != 2 or source not in self._whole:
                continue
            rows = rows if axis == 2 else rows.T
            start = int(rows[0].argmax())
            count, total = rows.shape
            if not np.array_equal(rows, np.eye(total, dtype=rows.dtype)[start : start + count]):
                continue
            if count == total:
                self._names[result] = source
            else:
                self._add_slice(source, result, start, start + count, axis)
                self._whole.add(result)
            return True
        return False

    def _add_slice(self, source: str, result: str, start: int, end: int, axis: int) -> None:
        from onnx import helper

        limits = [
            self._constant(f"{result}_{number}", np.array([value]))
            for number, value in enumerate((start, end, axis))
        ]
        self.nodes.append(helper.make_node("Slice", [source, *limits], [result]))

    def _constant(self, name: str, value: Array) -> str:
        self.constants[f"{name}_fixed"] = value
        return f"{name}_fixed"

    def _equals(self, name: str, value: float) -> bool:
        constant = self.constants.get(name)
        return constant is not None and bool(np.all(constant == value))


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    from onnx import helper

    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def _needed(nodes: Sequence[onnx.NodeProto], outputs: Sequence[str]) -> list[onnx.NodeProto]:
    """Return the nodes that the outputs depend on, in their order."""
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    return kept[::-1]


def _without_identity(nodes: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Give the inputs of the operator Identity the names of its outputs.

    Converters make mistakes with a value that is an output and also the input of another node.
    """
    names = {node.input[0]: node.output[0] for node in nodes if node.op_type == "Identity"}
    kept = [node for node in nodes if node.op_type != "Identity"]
    for node in kept:
        for values in (node.input, node.output):
            renamed = [names.get(name, name) for name in values]
            del values[:]
            values.extend(renamed)
    return kept
