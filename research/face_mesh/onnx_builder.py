"""Build an ONNX graph node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from moue.model.onnx_graph import Graph

Array = npt.NDArray[Any]
OPSET, IR_VERSION = 17, 9


class OnnxBuilder:
    """Nodes and constants of an ONNX graph. Equal constants are stored once.

    Attributes:
        nodes: Nodes so far.
        initializers: Constants so far.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._names: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: Array) -> str:
        """Add a constant; float16 values are followed by a node that casts them to float32."""
        value = np.ascontiguousarray(value)
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._names:
            name = f"k{len(self.initializers)}"
            self.initializers.append(numpy_helper.from_array(value, name))
            if value.dtype == np.float16:
                name = self.add("Cast", [name], to=onnx.TensorProto.FLOAT)
            self._names[key] = name
        return self._names[key]


def append_graph(builder: OnnxBuilder, graph: Graph, prefix: str, output: str = "") -> str:
    """Append the nodes of a graph of moue, and return the new name of its value `output`.

    Args:
        builder: Graph to extend.
        graph: Graph whose nodes are appended.
        prefix: Prefix of the new names.
        output: Name of a value of `graph`.
    """
    made = {f"c{number}" for number in range(len(graph.constants))}
    made |= {node.output for node in graph.nodes} - {"logits", "probabilities"}
    names: dict[str, str] = {name: prefix + name for name in made}
    for number, value in enumerate(graph.constants):
        builder.initializers.append(numpy_helper.from_array(value, f"{prefix}c{number}"))
    for node in graph.nodes:
        inputs = [names.get(name, name) for name in node.inputs]
        result = names.get(node.output, node.output)
        builder.nodes.append(helper.make_node(node.kind, inputs, [result], **node.attributes))
    return names.get(output, output)


def finished_model(
    builder: OnnxBuilder, outputs: dict[str, str], metadata: dict[str, str]
) -> onnx.ModelProto:
    """Return the checked model of a graph with the input `image`, (N, H, W, 3) uint8.

    Args:
        builder: Nodes and constants of the graph.
        outputs: Name of each output and of the value that it gives.
        metadata: Metadata of the file.
    """
    ends: list[Any] = []
    for name, value in outputs.items():
        if name != value:
            builder.nodes.append(helper.make_node("Identity", [value], [name]))
        ends.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", None]))
    image = helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, ["N", "H", "W", 3])
    graph = helper.make_graph(builder.nodes, "moue", [image], ends, builder.initializers)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="moue"
    )
    model.ir_version = IR_VERSION
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    return model
