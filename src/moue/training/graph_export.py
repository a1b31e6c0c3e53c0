"""Convert a torch module of the user's own to the nodes of an ONNX graph.

`torch.fx` records the operations of `forward`. Each operation becomes one or a few nodes that
`moue.model.onnx_inspection` accepts; an operation without such nodes is an error that names it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional

from moue.errors import ExportError
from moue.model.onnx_graph import Graph
from moue.training import activations

Pair = tuple[int, int]
SAME = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity)
"""Layers that change nothing in evaluation mode."""
UNARY: dict[Any, str] = {
    nn.ReLU: "Relu", nn.Sigmoid: "Sigmoid", nn.Tanh: "Tanh",
    torch.relu: "Relu", functional.relu: "Relu", "relu": "Relu",
    torch.sigmoid: "Sigmoid", functional.sigmoid: "Sigmoid", "sigmoid": "Sigmoid",
    torch.tanh: "Tanh", functional.tanh: "Tanh", "tanh": "Tanh",
}  # fmt: skip
BINARY: dict[Any, str] = {
    operator.add: "Add", torch.add: "Add", operator.iadd: "Add", "add": "Add", "add_": "Add",
    operator.sub: "Sub", torch.sub: "Sub", "sub": "Sub",
    operator.mul: "Mul", torch.mul: "Mul", operator.imul: "Mul", "mul": "Mul",
    operator.truediv: "Div", torch.div: "Div", "div": "Div",
}  # fmt: skip
RESHAPES = (torch.flatten, torch.reshape, torch.squeeze, "flatten", "reshape", "view", "squeeze")
MEANS = (torch.mean, "mean")
CONCATENATIONS = (torch.cat, torch.concat, torch.concatenate)
SUPPORTED = (
    "Conv2d, Linear, BatchNorm1d, BatchNorm2d, InstanceNorm2d, ReLU, LeakyReLU, ReLU6, ELU, SiLU, "
    "GELU, Sigmoid, Tanh, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d(1), Dropout, Flatten, and the "
    "functions +, -, *, /, cat, mean over height and width, view and reshape to (N, features)"
)


def add_module(graph: Graph, network: nn.Module, value: str, side: int) -> str:
    """Add the nodes of a network to a graph, and return the name of the logits.

    Args:
        graph: graph with the preprocessing.
        network: network in evaluation mode.
        value: name of the input, (N, 3, side, side) float32.
        side: side of the input, in pixels.

    Raises:
        ExportError: `forward` has an operation or a condition that moue cannot export.
    """
    try:
        traced = fx.symbolic_trace(network)
    except Exception as error:
        raise ExportError(
            f"the network cannot be exported to ONNX: {' '.join(str(error).split())[:200]}; "
            "forward must not have conditions or loops that depend on the input"
        ) from error
    ShapeProp(traced).propagate(torch.zeros(2, 3, side, side))
    return _Converter(graph, traced).convert(value)


class _Converter:
    """Converts the nodes of a traced module one after the other."""

    def __init__(self, graph: Graph, traced: fx.GraphModule) -> None:
        self.graph, self.traced = graph, traced
        self.names: dict[fx.Node, str] = {}

    def convert(self, value: str) -> str:
        for node in self.traced.graph.nodes:
            if node.op == "placeholder":
                self.names[node] = value
            elif node.op == "output":
                return self.names[node.args[0]]
            elif self._shape(node) is not None:
                self.names[node] = self._node(node)
        raise ExportError("forward returns nothing")

    def _node(self, node: fx.Node) -> str:
        if node.op == "call_module":
            layer = self.traced.get_submodule(str(node.target))
            return self._layer(layer, self._input(node))
        if node.op == "get_attr":
            found: Any = operator.attrgetter(str(node.target))(self.traced)
            return self._constant(found.detach().cpu().numpy())
        return self._function(node)

    def _layer(self, layer: nn.Module, value: str) -> str:
        add, constant = self.graph.add, self._constant
        if isinstance(layer, SAME):
            return value
        if type(layer) in UNARY:
            return add(UNARY[type(layer)], value)
        match layer:
            case nn.Conv2d():
                return self._convolution(layer, value)
            case nn.Linear():
                bias = _zeros(layer.out_features) if layer.bias is None else _array(layer.bias)
                return add("Gemm", value, constant(_array(layer.weight)), constant(bias), transB=1)
            case nn.BatchNorm1d() | nn.BatchNorm2d():
                return self._batch_norm(layer, value)
            case nn.InstanceNorm2d() if not layer.track_running_stats:
                count = layer.num_features
                ones = np.ones(count, np.float32) if layer.weight is None else _array(layer.weight)
                zeros = _zeros(count) if layer.bias is None else _array(layer.bias)
                return add(
                    "InstanceNormalization", value, constant(ones), constant(zeros),
                    epsilon=layer.eps,
                )  # fmt: skip
            case nn.Flatten() if layer.start_dim == 1 and layer.end_dim == -1:
                return add("Flatten", value, axis=1)
            case nn.MaxPool2d() | nn.AvgPool2d():
                return self._pool(type(layer).__name__, vars(layer), value)
            case nn.AdaptiveAvgPool2d() if _pair(layer.output_size) == (1, 1):
                return add("GlobalAveragePool", value)
            case nn.LeakyReLU():
                return add("LeakyRelu", value, alpha=layer.negative_slope)
            case nn.ELU():
                return add("Elu", value, alpha=layer.alpha)
            case nn.ReLU6():
                return activations.relu6(self.graph, value)
            case nn.SiLU():
                return activations.silu(self.graph, value)
            case nn.GELU():
                return activations.gelu(self.graph, value, layer.approximate)
        raise _unsupported(f"the layer {type(layer).__name__}")

    def _function(self, node: fx.Node) -> str:
        target, add = node.target, self.graph.add
        if target in UNARY:
            return add(UNARY[target], self._input(node))
        if target in BINARY and not node.kwargs:
            return add(BINARY[target], *(self._operand(argument) for argument in node.args))
        if target in RESHAPES:
            return self._reshape(node)
        if target in CONCATENATIONS:
            parts, axis = node.args[0], node.args[1:] or (node.kwargs.get("dim", 0),)
            if axis == (1,) and isinstance(parts, Sequence):
                return add("Concat", *(self._operand(part) for part in parts), axis=1)
        if target in MEANS and self._averages_all_pixels(node):
            mean = add("GlobalAveragePool", self._input(node))
            return mean if len(self._shape(node) or ()) == 4 else add("Flatten", mean, axis=1)
        if target in FUNCTIONS and not _has_true(node):
            return FUNCTIONS[target](self, node)
        name = getattr(target, "__name__", str(target))
        raise _unsupported(f"the operation {name}{_written(node)}")

    def _pooled(self, node: fx.Node) -> str:
        name = "AvgPool2d" if node.target is functional.avg_pool2d else "MaxPool2d"
        given = dict(zip(("kernel_size", "stride", "padding"), node.args[1:], strict=False))
        return self._pool(name, given | dict(node.kwargs), self._input(node))

    def _globally_pooled(self, node: fx.Node) -> str:
        size = node.args[1] if len(node.args) > 1 else node.kwargs["output_size"]
        if _pair(size) != (1, 1):
            raise _unsupported(f"the operation adaptive_avg_pool2d to {size}")
        return self.graph.add("GlobalAveragePool", self._input(node))

    def _convolution(self, layer: nn.Conv2d, value: str) -> str:
        if layer.padding_mode != "zeros":
            raise _unsupported(f"Conv2d with padding_mode={layer.padding_mode!r}")
        kernel, dilation = _pair(layer.kernel_size), _pair(layer.dilation)
        if layer.padding == "same":
            if not all(d * (k - 1) % 2 == 0 for d, k in zip(dilation, kernel, strict=True)):
                raise _unsupported("Conv2d with padding='same' and an even kernel")
            pads: Pair = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))  # type: ignore[assignment]
        else:
            pads = (0, 0) if layer.padding == "valid" else _pair(layer.padding)
        bias = _zeros(layer.out_channels) if layer.bias is None else _array(layer.bias)
        more: dict[str, Any] = {"group": layer.groups} if layer.groups > 1 else {}
        more |= {"dilations": list(dilation)} if dilation != (1, 1) else {}
        return self.graph.add(
            "Conv", value, self._constant(_array(layer.weight)), self._constant(bias),
            strides=list(_pair(layer.stride)), pads=[*pads, *pads], **more,
        )  # fmt: skip

    def _batch_norm(self, layer: nn.BatchNorm1d | nn.BatchNorm2d, value: str) -> str:
        if layer.running_mean is None or layer.running_var is None:
            raise _unsupported("batch normalisation without running statistics")
        variance = _array(layer.running_var).astype(np.float64)
        gain = 1 / np.sqrt(variance + layer.eps)
        if layer.weight is not None:
            gain = gain * _array(layer.weight)
        shift = -_array(layer.running_mean) * gain
        if layer.bias is not None:
            shift = shift + _array(layer.bias)
        shape = (1, -1, 1, 1) if isinstance(layer, nn.BatchNorm2d) else (1, -1)
        scaled = self.graph.add("Mul", value, self._constant(gain.reshape(shape)))
        return self.graph.add("Add", scaled, self._constant(shift.reshape(shape)))

    def _pool(self, name: str, settings: dict[str, Any], value: str) -> str:
        kernel = _pair(settings["kernel_size"])
        strides = _pair(settings.get("stride") or kernel)
        pads = _pair(settings.get("padding", 0))
        if settings.get("ceil_mode") or _pair(settings.get("dilation", 1)) != (1, 1):
            raise _unsupported(f"{name} with ceil_mode or dilation")
        if settings.get("return_indices") or settings.get("divisor_override"):
            raise _unsupported(f"{name} with return_indices or divisor_override")
        shape: dict[str, Any] = {
            "kernel_shape": list(kernel), "strides": list(strides), "pads": [*pads, *pads]
        }  # fmt: skip
        if name == "MaxPool2d":
            return self.graph.add("MaxPool", value, **shape)
        padded = int(settings.get("count_include_pad", True))
        return self.graph.add("AveragePool", value, count_include_pad=padded, **shape)

    def _reshape(self, node: fx.Node) -> str:
        before, after = self._shape(node.all_input_nodes[0]), self._shape(node)
        if before is None or after is None or before[0] != after[0]:
            raise _unsupported(f"the reshape to {after}, which mixes pictures")
        if before == after:
            return self._input(node)
        if len(after) != 2:
            raise _unsupported(f"the reshape from {before} to {after}; reshape to (N, features)")
        return self.graph.add("Flatten", self._input(node), axis=1)

    def _averages_all_pixels(self, node: fx.Node) -> bool:
        axes = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
        if not isinstance(axes, Sequence) or len(self._shape(node.all_input_nodes[0]) or ()) != 4:
            return False
        return {int(str(axis)) % 4 for axis in axes} == {2, 3}

    def _operand(self, argument: Any) -> str:
        if isinstance(argument, fx.Node):
            if argument not in self.names:
                raise _unsupported(f"arithmetic with {argument.name}, which is not a tensor")
            return self.names[argument]
        return self._constant(np.float32(argument))

    def _input(self, node: fx.Node) -> str:
        return self.names[node.all_input_nodes[0]]

    def _constant(self, value: Any) -> str:
        return self.graph.constant(np.asarray(value, np.float32))

    def _shape(self, node: fx.Node) -> tuple[int, ...] | None:
        """Return the shape of the tensor that a node gives for two pictures; None if it is none."""
        shape = getattr(node.meta.get("tensor_meta"), "shape", None)
        return None if shape is None else tuple(shape)


FUNCTIONS: dict[Any, Callable[[_Converter, fx.Node], str]] = {
    functional.max_pool2d: _Converter._pooled,
    torch.max_pool2d: _Converter._pooled,
    functional.avg_pool2d: _Converter._pooled,
    functional.adaptive_avg_pool2d: _Converter._globally_pooled,
    functional.relu6: lambda c, n: activations.relu6(c.graph, c._input(n)),
    functional.silu: lambda c, n: activations.silu(c.graph, c._input(n)),
    functional.gelu: lambda c, n: activations.gelu(
        c.graph, c._input(n), str(n.kwargs.get("approximate", "none"))
    ),
    functional.dropout: lambda c, n: c._input(n),
    functional.leaky_relu: lambda c, n: c.graph.add(
        "LeakyRelu", c._input(n), alpha=float(str((*n.args, 0.01)[1]))
    ),
}
"""Functions with their converters."""


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _zeros(count: int) -> np.ndarray:
    return np.zeros(count, np.float32)


def _pair(value: Any) -> Pair:
    return (int(value[0]), int(value[1])) if isinstance(value, Sequence) else (value, value)


def _has_true(node: fx.Node) -> bool:
    """Return whether a call has the flag True, such as `training` of dropout."""
    return any(value is True for value in (*node.args[1:], *node.kwargs.values()))


def _written(node: fx.Node) -> str:
    return f" ({node.stack_trace.splitlines()[-1].strip()[:80]})" if node.stack_trace else ""


def _unsupported(what: str) -> ExportError:
    return ExportError(f"{what} cannot be exported to ONNX; moue exports {SUPPORTED}")
