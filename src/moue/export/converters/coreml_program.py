"""Compute a saved Core ML program with numpy, as Apple's documentation defines its operators.

Core ML runs only on computers of Apple. This reads the written files again and finds wrong weights,
shapes and operators everywhere. It says nothing about the speed or the rounding of Core ML.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import coremltools
import numpy as np
from coremltools.converters.mil.frontend.milproto.load import load

Array = np.ndarray
Inputs = dict[str, Any]


class UnknownOperatorError(Exception):
    """A program has an operator that is not in `OPERATORS`."""


class SavedProgram:
    """A program that was read from an `.mlpackage`.

    Args:
        package: path of the package.
    """

    def __init__(self, package: Path) -> None:
        model = coremltools.models.MLModel(str(package), skip_model_load=True)
        spec = model.get_spec()
        program = load(
            spec,
            specification_version=spec.specificationVersion,
            file_weights_dir=model.weights_dir,
        )
        self._function = program.functions["main"]
        (self._source,) = self._function.inputs
        kinds = {one.op_type for one in self._function.operations} - {"const"}
        if unknown := kinds - OPERATORS.keys():
            raise UnknownOperatorError(", ".join(sorted(unknown)))

    def run(self, value: Array) -> dict[str, Array]:
        """Return the outputs by name for one input (1, C, H, W)."""
        values: dict[str, Any] = {self._source: value.astype(np.float32)}
        for operation in self._function.operations:
            if operation.op_type == "const":
                values[operation.outputs[0].name] = operation.outputs[0].val
                continue
            inputs = {name: _value(given, values) for name, given in operation.inputs.items()}
            result = OPERATORS[operation.op_type](inputs)
            values[operation.outputs[0].name] = np.asarray(result, np.float32)
        return {one.name: values[one.name] for one in self._function.outputs}


def _value(given: Any, values: dict[str, Any]) -> Any:
    if isinstance(given, list | tuple):
        return [_value(one, values) for one in given]
    return values.get(given.name, given.val)


def _ints(value: Any) -> list[int]:
    return np.asarray(value).astype(int).ravel().tolist()


def _windows(
    source: Array, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> dict[tuple[int, int], Array]:
    """Return the values under each place of the kernel, (1, C, height, width) of the output."""
    height, width = (
        (size - dilation * (count - 1) - 1) // stride + 1
        for size, count, stride, dilation in zip(
            source.shape[2:], kernel, strides, dilations, strict=True
        )
    )
    found = {}
    for y in range(kernel[0]):
        for x in range(kernel[1]):
            rows, columns = y * dilations[0], x * dilations[1]
            found[y, x] = source[
                :,
                :,
                rows : rows + strides[0] * (height - 1) + 1 : strides[0],
                columns : columns + strides[1] * (width - 1) + 1 : strides[1],
            ]
    return found


def _padded(source: Array, pad: Sequence[int], value: float) -> Array:
    top, bottom, left, right = pad
    widths = ((0, 0), (0, 0), (top, bottom), (left, right))
    return np.pad(source, widths, constant_values=value)


def _conv(given: Inputs) -> Array:
    weight, groups = given["weight"], int(given.get("groups", 1))
    source = _padded(given["x"], _ints(given["pad"]), 0)
    strides, dilations = _ints(given["strides"]), _ints(given["dilations"])
    total: Any = 0
    for (y, x), values in _windows(source, weight.shape[2:], strides, dilations).items():
        part = weight[:, :, y, x]
        if groups == len(weight) == values.shape[1]:
            total = total + part[:, :1, None] * values[0]
            continue
        size = len(weight) // groups
        chunks = np.split(values[0], groups)
        total = total + np.concatenate(
            [np.tensordot(part[n * size : (n + 1) * size], one, 1) for n, one in enumerate(chunks)]
        )
    bias = given.get("bias")
    return np.asarray(total if bias is None else total + bias[:, None, None])[None]


def _max_pool(given: Inputs) -> Array:
    source = _padded(given["x"], _ints(given["pad"]), -math.inf)
    windows = _windows(source, _ints(given["kernel_sizes"]), _ints(given["strides"]), (1, 1))
    return np.asarray(np.max(list(windows.values()), axis=0))


def _avg_pool(given: Inputs) -> Array:
    kernel, strides, pad = (_ints(given[name]) for name in ("kernel_sizes", "strides", "pad"))
    total = sum(_windows(_padded(given["x"], pad, 0), kernel, strides, (1, 1)).values())
    counted = np.ones_like(given["x"])
    outside = 0 if given["exclude_padding_from_average"] else 1
    count = sum(_windows(_padded(counted, pad, outside), kernel, strides, (1, 1)).values())
    return np.asarray(total / count)


def _instance_norm(given: Inputs) -> Array:
    source = given["x"]
    mean = source.mean((2, 3), keepdims=True)
    spread = np.sqrt(source.var((2, 3), keepdims=True) + given["epsilon"])
    gamma, beta = (given[name][:, None, None] for name in ("gamma", "beta"))
    return np.asarray((source - mean) / spread * gamma + beta)


def _slice(given: Inputs) -> Array:
    begin, end, stride = (_ints(given[name]) for name in ("begin", "end", "stride"))
    return np.asarray(given["x"][tuple(map(slice, begin, end, stride))])


def _resample(given: Inputs) -> Array:
    source, places = given["x"], given["coordinates"]
    height, width = source.shape[2:]
    # From [-1, 1] between the outer edges to pixels; outside, the border is repeated.
    x = np.clip((places[0, ..., 0] + 1) * width / 2 - 0.5, 0, width - 1)
    y = np.clip((places[0, ..., 1] + 1) * height / 2 - 0.5, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = x - left, y - top
    rows = [
        source[0][:, row, left] * (1 - across) + source[0][:, row, right] * across
        for row in (top, bottom)
    ]
    return np.asarray(rows[0] * (1 - down) + rows[1] * down)[None]


def _softmax(given: Inputs) -> Array:
    axis = int(given["axis"])
    powers = np.exp(given["x"] - given["x"].max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def _matmul(given: Inputs) -> Array:
    first, second = (
        given[name].swapaxes(-1, -2) if given.get(f"transpose_{name}") else given[name]
        for name in ("x", "y")
    )
    return np.asarray(first @ second)


def _reduced(function: Callable[..., Any]) -> Callable[[Inputs], Any]:
    return lambda given: function(
        given["x"], axis=tuple(_ints(given["axes"])), keepdims=bool(given["keep_dims"])
    )


def _unary(function: Callable[[Any], Any]) -> Callable[[Inputs], Any]:
    return lambda given: function(given["x"])


def _binary(function: Callable[[Any, Any], Any]) -> Callable[[Inputs], Any]:
    return lambda given: function(given["x"], given["y"])


def _gelu(given: Inputs) -> Array:
    value = given["x"]
    if given["mode"] == "EXACT":
        inner = np.vectorize(math.erf)(value / math.sqrt(2))
    else:
        inner = np.tanh(math.sqrt(2 / math.pi) * (value + 0.044715 * value**3))
    return np.asarray(0.5 * value * (1 + inner))


def _sigmoid(value: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-value)))


OPERATORS: dict[str, Callable[[Inputs], Any]] = {
    "conv": _conv,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "instance_norm": _instance_norm,
    "slice_by_index": _slice,
    "resample": _resample,
    "softmax": _softmax,
    "matmul": _matmul,
    "linear": lambda given: given["x"] @ given["weight"].T + given["bias"],
    "upsample_nearest_neighbor": lambda given: given["x"].repeat(2, 2).repeat(2, 3),
    "pad": lambda given: np.pad(given["x"], np.reshape(_padding(given), (-1, 2))),
    "reshape": lambda given: given["x"].reshape(_ints(given["shape"])),
    "transpose": lambda given: given["x"].transpose(_ints(given["perm"])),
    "concat": lambda given: np.concatenate(given["values"], int(given["axis"])),
    "gather": lambda given: np.take(
        given["x"], np.asarray(given["indices"]).astype(int), int(given["axis"])
    ),
    "reduce_mean": _reduced(np.mean),
    "reduce_sum": _reduced(np.sum),
    "reduce_max": _reduced(np.max),
    "reduce_min": _reduced(np.min),
    "reduce_l2_norm": _reduced(
        lambda value, axis, keepdims: np.sqrt(np.square(value).sum(axis, keepdims=keepdims))
    ),
    "clip": lambda given: np.clip(given["x"], given["alpha"], given["beta"]),
    "relu": _unary(lambda value: np.maximum(value, 0)),
    "relu6": _unary(lambda value: np.clip(value, 0, 6)),
    "leaky_relu": lambda given: np.where(given["x"] < 0, given["alpha"] * given["x"], given["x"]),
    "elu": lambda given: np.where(
        given["x"] < 0, given["alpha"] * np.expm1(np.minimum(given["x"], 0)), given["x"]
    ),
    "sigmoid": _unary(_sigmoid),
    "gelu": _gelu,
    "silu": _unary(lambda value: value * _sigmoid(value)),
    "tanh": _unary(np.tanh),
    "erf": _unary(np.vectorize(math.erf)),
    "softplus": _unary(lambda value: np.logaddexp(0, value)),
    "exp": _unary(np.exp),
    "log": lambda given: np.log(given["x"] + given.get("epsilon", 0)),
    "sqrt": _unary(np.sqrt),
    "floor": _unary(np.floor),
    "identity": _unary(lambda value: value),
    "add": _binary(np.add),
    "sub": _binary(np.subtract),
    "mul": _binary(np.multiply),
    "real_div": _binary(np.divide),
    "maximum": _binary(np.maximum),
}


def _padding(given: Inputs) -> list[int]:
    """Return the padding of all axes; the program leaves out the first ones."""
    pad = _ints(given["pad"])
    return [0] * (2 * given["x"].ndim - len(pad)) + pad
