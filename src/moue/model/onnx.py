"""A trained network as one ONNX file that takes raw crops.

Input `image` (N, H, W, 3) uint8 RGB, any size. The graph repeats `ModelSpec.prepare` bit for
bit, then runs the network. Outputs `probabilities` (N, K), after the temperature, and `logits`
(N, K), before it. The spec is in the metadata under `SPEC_KEY`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from moue.errors import ExportError, MissingExtra
from moue.files import write_bytes
from moue.model.checkpoint import Checkpoint, load
from moue.model.classifier import SPEC_KEY, Classifier
from moue.model.spec import WEIGHT_ONE, ModelSpec

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise MissingExtra("exporting to ONNX", "train") from error

OPSET = 17
IR_VERSION = 8
TOLERANCE = 1e-4
"""Largest difference of a probability from torch that is let through."""


def export(source: Path, target: Path) -> float:
    """Write the model in `source` as an ONNX file, once it has been found equal to torch.

    Args:
        source: a run folder, whose `best.pt` is taken, a weights file, or the name of a model
            that ships.

    Returns:
        The largest difference of a probability from torch, at most `TOLERANCE`.

    Raises:
        ModelError: no model there.
        ExportError: the graph does not give what torch gives; nothing is written.
    """
    checkpoint = load(source / "best.pt" if source.is_dir() else source)
    data = to_bytes(checkpoint)
    difference = compare(data, checkpoint)
    write_bytes(target, data)
    return difference


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Return the ONNX file of `checkpoint`; the same checkpoint gives the same bytes."""
    graph = _Graph()
    prepared = _prepare(graph, checkpoint.spec)
    logits = _network(graph, list(checkpoint.network().layers()), prepared)
    temperature = graph.constant(np.float32(checkpoint.spec.temperature))
    graph.add("Identity", logits, output="logits")
    graph.add("Softmax", graph.add("Div", logits, temperature), axis=1, output="probabilities")
    shape: list[str | int] = ["N", len(checkpoint.spec.labels)]
    outputs = [_value(name, TensorProto.FLOAT, shape) for name in ("probabilities", "logits")]
    return graph.to_bytes(checkpoint.spec, outputs)


def compare(data: bytes, checkpoint: Checkpoint, crops: int = 32) -> float:
    """Return the largest difference of a probability between an ONNX file and torch.

    Args:
        crops: how many random pictures of random sizes to compare on.

    Raises:
        ExportError: it is above `TOLERANCE`, or a label differs.
    """
    rng = np.random.default_rng(0)
    sizes = rng.integers(8, 200, (crops, 2))
    images = [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in sizes]
    classifier = Classifier(data)
    found = np.concatenate([classifier.run(image[None])[0] for image in images])
    with torch.inference_mode():
        logits = checkpoint.network()(torch.from_numpy(checkpoint.spec.prepare(images)))
        expected = torch.softmax(logits / checkpoint.spec.temperature, dim=1).numpy()
    difference = float(np.abs(found - expected).max())
    labels_differ = (found.argmax(1) != expected.argmax(1)).any()
    if not difference <= TOLERANCE or labels_differ:
        raise ExportError(
            f"the ONNX file differs from torch by {difference:.2g} (at most {TOLERANCE:g} is "
            "allowed); nothing was written; please report this with the versions in `moue doctor`"
        )
    return difference


class _Graph:
    """Collects nodes and constants under running names."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: np.generic | np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], output, **attributes))
        return output

    def to_bytes(self, spec: ModelSpec, outputs: list[onnx.ValueInfoProto]) -> bytes:
        image = _value("image", TensorProto.UINT8, ["N", "H", "W", 3])
        graph = helper.make_graph(self.nodes, "moue", [image], outputs, self.constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="moue"
        )
        helper.set_model_props(model, {SPEC_KEY: spec.to_json()})
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))


def _value(name: str, kind: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _prepare(graph: _Graph, spec: ModelSpec) -> str:
    """`ModelSpec.prepare`; only the rows and columns that the centre crop keeps are computed."""
    size = graph.add("Shape", "image")
    pixels = graph.add("Transpose", "image", perm=[0, 3, 1, 2])
    pixels = graph.add("Cast", pixels, to=TensorProto.FLOAT)
    half = graph.constant(np.float32(0.5))
    rows = _resize_weights(graph, spec, size, axis=1)
    rows = graph.add("Floor", graph.add("Add", graph.add("MatMul", rows, pixels), half))
    columns = graph.add("Transpose", _resize_weights(graph, spec, size, axis=2), perm=[1, 0])
    both = graph.add("Floor", graph.add("Add", graph.add("MatMul", rows, columns), half))
    values = graph.add("Div", both, graph.constant(np.float32(255)))
    for operation, colours in (("Sub", spec.mean), ("Div", spec.std)):
        constant = graph.constant(np.array(colours, np.float32).reshape(1, 3, 1, 1))
        values = graph.add(operation, values, constant)
    return values


def _resize_weights(graph: _Graph, spec: ModelSpec, size: str, axis: int) -> str:
    """`moue.model.spec.resize_weights`, from the size of the picture at hand."""

    def whole(value: int) -> str:
        return graph.constant(np.int64(value))

    start = (spec.resize - spec.input_size) // 2
    targets = 2 * np.arange(start, start + spec.input_size, dtype=np.int64)[:, None] + 1
    source = graph.add("Gather", size, whole(axis))
    centres = graph.add("Mul", graph.constant(targets), source)
    # Its terms are (2 j + 1) * resize, for each source pixel j.
    end = graph.add("Mul", source, whole(2 * spec.resize))
    pixels = graph.add("Range", whole(spec.resize), end, whole(2 * spec.resize))
    distance = graph.add("Abs", graph.add("Sub", pixels, centres))
    reach = graph.add("Mul", graph.add("Max", source, whole(spec.resize)), whole(2))
    triangle = graph.add("Max", graph.add("Sub", reach, distance), whole(0))
    sums = graph.add("CumSum", triangle, whole(1))
    total = graph.add("ReduceSum", triangle, graph.constant(np.array([1])), keepdims=1)
    steps = graph.add("Add", graph.add("Mul", sums, whole(2 * WEIGHT_ONE)), total)
    steps = graph.add("Div", steps, graph.add("Mul", total, whole(2)))
    ends = [graph.constant(np.array([value])) for value in (0, -1, 1)]
    before = graph.add("Slice", steps, *ends)
    zeros = graph.constant(np.zeros((spec.input_size, 1), np.int64))
    before = graph.add("Concat", zeros, before, axis=1)
    weights = graph.add("Cast", graph.add("Sub", steps, before), to=TensorProto.FLOAT)
    return graph.add("Div", weights, graph.constant(np.float32(WEIGHT_ONE)))


def _network(graph: _Graph, layers: list[nn.Module], value: str) -> str:
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        match layer:
            case nn.Conv2d():
                value = _convolution(graph, layer, following, value)
            case nn.BatchNorm2d():
                pass  # folded into the convolution before it
            case nn.InstanceNorm2d():
                ones, zeros = (make(layer.num_features, np.float32) for make in (np.ones, np.zeros))
                value = graph.add(
                    "InstanceNormalization", value, *map(graph.constant, (ones, zeros)),
                    epsilon=layer.eps,
                )  # fmt: skip
            case nn.ReLU():
                value = graph.add("Relu", value)
            case nn.Flatten():
                value = graph.add("Flatten", value, axis=1)
            case nn.Linear():
                weights = [_array(layer.weight), _array(layer.bias)]
                value = graph.add("Gemm", value, *map(graph.constant, weights), transB=1)
            case _:
                raise ExportError(f"no ONNX is written for the layer {type(layer).__name__}")
    return value


def _convolution(graph: _Graph, layer: nn.Conv2d, norm: nn.Module | None, value: str) -> str:
    weight = _array(layer.weight).astype(np.float64)
    bias = np.zeros(len(weight)) if layer.bias is None else _array(layer.bias).astype(np.float64)
    if isinstance(norm, nn.BatchNorm2d):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = _array(norm.weight) / np.sqrt(_array(norm.running_var).astype(np.float64) + norm.eps)
        weight = weight * gain[:, None, None, None]
        bias = (bias - _array(norm.running_mean)) * gain + _array(norm.bias)
    constants = [graph.constant(part.astype(np.float32)) for part in (weight, bias)]
    return graph.add(
        "Conv", value, *constants, strides=list(layer.stride), pads=[*layer.padding] * 2
    )


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
