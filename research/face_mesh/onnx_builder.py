"""Build an ONNX graph node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

Array = npt.NDArray[Any]


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
