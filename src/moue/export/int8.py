"""Quantise a network to int8, which makes it smaller and, on some processors, faster.

Convolutions and fully connected layers compute with int8 weights and uint8 activations. Their
ranges come from calibration pictures. The preprocessing stays as it is.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from moue.errors import MissingExtra
from moue.export.fixed_graph import fold_constants

if TYPE_CHECKING:
    import onnx

QUANTISED = ("Conv", "Gemm")
"""The operators that are quantised."""


def quantise(content: bytes, pictures: Sequence[npt.NDArray[np.uint8]]) -> bytes:
    """Return an ONNX file with int8 weights and activations.

    Args:
        content: content of the ONNX file.
        pictures: inputs that calibrate the ranges of the activations.

    Raises:
        MissingExtra: the package `onnx` is not installed.
    """
    try:
        import onnx
        from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    except ImportError as error:
        raise MissingExtra("an int8 model", "train") from error
    model = onnx.load_from_string(content)
    spec = {entry.key: entry.value for entry in model.metadata_props}
    # Weights that are stored as float16 become constants that can be quantised.
    model = fold_constants(model)
    _rename_constants(model.graph)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)  # advice for a preparation that moue has done
        try:
            quantize_static(
                model,
                Path(folder) / "int8.onnx",
                _Pictures(model.graph.input[0], pictures),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(QUANTISED),
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        finally:
            logging.disable(logging.NOTSET)
        quantised = onnx.load(Path(folder) / "int8.onnx")
    del quantised.metadata_props[:]
    onnx.helper.set_model_props(quantised, spec)
    return bytes(quantised.SerializeToString(deterministic=True))


def _rename_constants(graph: onnx.GraphProto) -> None:
    """Append `_` to the names of all constants.

    onnxruntime numbers the copies of a bias that several convolutions use: `v14` becomes `v140`,
    which may be the name of another value.
    """
    names = {one.name: f"{one.name}_" for one in graph.initializer}
    for one in graph.initializer:
        one.name = names[one.name]
    for node in graph.node:
        inputs = [names.get(name, name) for name in node.input]
        del node.input[:]
        node.input.extend(inputs)


class _Pictures:
    """The calibration pictures, as onnxruntime reads them."""

    def __init__(self, source: Any, pictures: Sequence[npt.NDArray[np.uint8]]) -> None:
        from onnx import TensorProto

        is_bytes = source.type.tensor_type.elem_type == TensorProto.UINT8
        dtype = np.uint8 if is_bytes else np.float32
        self._inputs: Iterator[dict[str, npt.NDArray[Any]]] = iter(
            {source.name: picture.astype(dtype)} for picture in pictures
        )

    def get_next(self) -> dict[str, npt.NDArray[Any]] | None:
        return next(self._inputs, None)
