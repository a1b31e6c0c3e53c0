"""Read the operators and constants of a TFLite file without the package `tensorflow`.

A TFLite file is a FlatBuffer. The field numbers below are those of TensorFlow's `schema.fbs`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

OPERATORS = {
    0: "ADD", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE",
    14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL", 19: "RELU", 22: "RESHAPE", 34: "PAD",
    39: "TRANSPOSE", 40: "MEAN", 41: "SUB", 42: "DIV", 45: "STRIDED_SLICE", 54: "PRELU",
    59: "NEG", 74: "SUM", 75: "SQRT", 76: "RSQRT", 99: "SQUARED_DIFFERENCE",
}  # fmt: skip
"""Names of the operator codes in the three networks of the face landmarker."""
DTYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.float16, 2: np.int32}
"""NumPy types of the tensor types."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: name, indices of its input and output tensors, and its options.

    Attributes:
        options: Table of the options; None if the operator has none.
    """

    kind: str
    inputs: list[int]
    outputs: list[int]
    options: Table | None

    def option(self, field: int, default: int = 0, code: str = "i") -> int:
        """Return a number of the options; the default of the schema if it is not stored."""
        return default if self.options is None else self.options.number(field, default, code)


@dataclass(frozen=True, slots=True)
class TFLiteGraph:
    """The main graph of a TFLite file.

    Attributes:
        shapes: Shape of each tensor.
        constants: Values of the constant tensors by index.
        operators: Operators in their order of execution.
        inputs: Indices of the inputs.
        outputs: Indices of the outputs.
    """

    shapes: list[tuple[int, ...]]
    constants: dict[int, npt.NDArray[Any]]
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a FlatBuffer: its fields are found through the vtable of its type."""

    data: bytes
    position: int

    def number(self, field: int, default: int = 0, code: str = "i") -> int:
        """Return a scalar field, whose type is a format character of `struct`."""
        offset = self._offset(field)
        return int(_unpack(self.data, offset, code)) if offset else default

    def table(self, field: int) -> Table | None:
        """Return the table that a field refers to; None if the field is not stored."""
        offset = self._offset(field)
        return Table(self.data, offset + _unpack(self.data, offset, "I")) if offset else None

    def vector(self, field: int, dtype: type[np.generic]) -> npt.NDArray[Any]:
        """Return a vector of numbers; an empty one if the field is not stored."""
        start, count = self._vector(field)
        return np.frombuffer(self.data, dtype, count, start) if count else np.empty(0, dtype)

    def tables(self, field: int) -> list[Table]:
        """Return the tables that a vector of references refers to."""
        start, count = self._vector(field)
        places = range(start, start + 4 * count, 4)
        return [Table(self.data, place + _unpack(self.data, place, "I")) for place in places]

    def _vector(self, field: int) -> tuple[int, int]:
        """Return the position of the first element and the number of elements of a vector."""
        offset = self._offset(field)
        if not offset:
            return 0, 0
        start = offset + _unpack(self.data, offset, "I")
        return start + 4, _unpack(self.data, start, "I")

    def _offset(self, field: int) -> int:
        """Return the position of a field; 0 if it is not stored."""
        vtable = self.position - _unpack(self.data, self.position, "i")
        entry = 4 + 2 * field
        if entry >= _unpack(self.data, vtable, "H"):
            return 0
        offset = _unpack(self.data, vtable + entry, "H")
        return self.position + offset if offset else 0


def read_tflite(data: bytes) -> TFLiteGraph:
    """Read the main graph of a TFLite file. Constants in float16 keep their type.

    Raises:
        KeyError: the graph has an operator or a data type that is not listed here.
    """
    model = Table(data, _unpack(data, 0, "I"))
    # Old files store the code in field 0 only, an int8; new ones in field 3.
    codes = [max(c.number(0, 0, "b"), c.number(3)) for c in model.tables(1)]
    buffers = [buffer.vector(0, np.uint8) for buffer in model.tables(4)]
    graph = model.tables(2)[0]
    shapes, constants = [], {}
    for index, tensor in enumerate(graph.tables(0)):
        shapes.append(tuple(tensor.vector(0, np.int32).tolist()))
        stored = buffers[tensor.number(2, 0, "I")]
        if stored.size:
            dtype = DTYPES[tensor.number(1, 0, "b")]
            constants[index] = stored.view(dtype).reshape(shapes[-1])
    operators = [
        Operator(
            OPERATORS[codes[operator.number(0, 0, "I")]],
            operator.vector(1, np.int32).tolist(),
            operator.vector(2, np.int32).tolist(),
            operator.table(4),
        )
        for operator in graph.tables(3)
    ]
    ends = [graph.vector(field, np.int32).tolist() for field in (1, 2)]
    return TFLiteGraph(shapes, constants, operators, *ends)


def _unpack(data: bytes, position: int, code: str) -> Any:
    return struct.unpack_from(f"<{code}", data, position)[0]
