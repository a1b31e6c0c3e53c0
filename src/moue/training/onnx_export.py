"""Export a trained network to one ONNX file that takes mouth crops of any size.

The input is `image`, (N, H, W, 3) uint8 RGB. The graph computes `ModelSpec.prepare` bit for bit,
then the network. The outputs are `logits` (N, K), and `probabilities` (N, K), the softmax of the
logits divided by the temperature. The metadata contain the spec under the key `SPEC_KEY`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from moue.errors import ExportError, MissingExtra
from moue.files import write_bytes
from moue.model.classifier import Classifier
from moue.model.onnx_graph import Graph, add_outputs, add_preprocessing
from moue.model.runs import MODEL
from moue.model.spec import SPEC_KEY, ModelSpec
from moue.training.checkpoint import Checkpoint, load, network_name
from moue.training.graph_export import add_module
from moue.training.networks import OWN, Network, is_own

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise MissingExtra("exporting to ONNX", "train") from error

OPSET = 17
IR_VERSION = 8
TOLERANCE = 1e-4
"""Maximum difference between the probabilities of the ONNX file and of torch."""


def export(source: Path, target: Path) -> float | None:
    """Export a model to an ONNX file, after a comparison with torch.

    Args:
        source: run folder, whose `best.pt` is exported; weights file; or name of a bundled model.
        target: path of the ONNX file.

    Returns:
        The largest difference between the probabilities of ONNX and torch, at most `TOLERANCE`.
        None for a run with a network of the user's own: its ONNX file, which was compared when the
        training finished, is copied, so that no code of the run is executed.

    Raises:
        ModelError: the model does not exist.
        ExportError: the probabilities or the predicted labels of ONNX and torch differ; no file
            is written.
    """
    weights = source / "best.pt" if source.is_dir() else source
    name = network_name(weights)
    if is_own(name) and name not in OWN:
        folder = source if source.is_dir() else source.parent
        data = (folder / MODEL).read_bytes()
        Classifier(data, where=str(folder / MODEL))  # a damaged file raises
        write_bytes(target, data)
        return None
    checkpoint = load(weights)
    data = to_bytes(checkpoint)
    difference = compare_with_torch(data, checkpoint)
    write_bytes(target, data)
    return difference


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Return the content of the ONNX file of a checkpoint; equal checkpoints give equal bytes."""
    graph = Graph()
    prepared = add_preprocessing(graph, checkpoint.spec)
    network, spec = checkpoint.network(), checkpoint.spec
    if isinstance(network, Network):
        logits = _network(graph, list(network.layers()), prepared)
    else:
        logits = add_module(graph, network, prepared, spec.input_size)
    add_outputs(graph, spec, logits)
    shape: list[str | int] = ["N", len(spec.labels)]
    outputs = [_value(name, TensorProto.FLOAT, shape) for name in ("probabilities", "logits")]
    return _file(graph, spec, outputs)


def compare_with_torch(data: bytes, checkpoint: Checkpoint, crops: int = 32) -> float:
    """Return the largest difference between the probabilities of an ONNX file and of torch.

    Args:
        data: content of the ONNX file.
        checkpoint: checkpoint that was exported.
        crops: number of random crops, of random sizes, to compare.

    Raises:
        ExportError: the difference exceeds `TOLERANCE`, or a predicted label differs.
    """
    rng = np.random.default_rng(0)
    # Both smaller and larger than any network input, so enlarging and reducing are compared.
    sizes = rng.integers(8, 200, (crops, 2))
    images = [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in sizes]
    classifier = Classifier(data)
    actual = np.concatenate([classifier.run(image[None])[0] for image in images])
    with torch.inference_mode():
        logits = checkpoint.network()(torch.from_numpy(checkpoint.spec.prepare(images)))
        expected = torch.softmax(logits / checkpoint.spec.temperature, dim=1).numpy()
    difference = float(np.abs(actual - expected).max())
    labels_differ = (actual.argmax(1) != expected.argmax(1)).any()
    # `not <=` instead of `>`, so that NaN is refused too.
    if not difference <= TOLERANCE or labels_differ:
        raise ExportError(
            f"the probabilities of ONNX and torch differ by {difference:.2g} (the maximum is "
            f"{TOLERANCE:g}) or the predicted labels differ, so no file was written; please "
            "report this with the versions that `moue doctor` prints"
        )
    return difference


def _file(graph: Graph, spec: ModelSpec, outputs: list[onnx.ValueInfoProto]) -> bytes:
    nodes = [
        helper.make_node(n.kind, list(n.inputs), [n.output], n.output, **n.attributes)
        for n in graph.nodes
    ]
    constants = [numpy_helper.from_array(c, f"c{i}") for i, c in enumerate(graph.constants)]
    image = _value("image", TensorProto.UINT8, ["N", "H", "W", 3])
    model = helper.make_model(
        helper.make_graph(nodes, "moue", [image], outputs, constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="moue",
    )
    helper.set_model_props(model, {SPEC_KEY: spec.to_json()})
    onnx.checker.check_model(model, full_check=True)
    # Deterministic, so that equal checkpoints give equal bytes.
    return bytes(model.SerializeToString(deterministic=True))


def _value(name: str, kind: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _network(graph: Graph, layers: list[nn.Module], value: str) -> str:
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        match layer:
            case nn.Conv2d():
                value = _convolution(graph, layer, following, value)
            case nn.BatchNorm2d():
                pass  # folded into the preceding convolution
            case nn.InstanceNorm2d():
                # ONNX requires scale and bias, which the torch layer does not have.
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
                # torch stores the weight as (outputs, inputs), hence transB.
                weights = [_array(layer.weight), _array(layer.bias)]
                value = graph.add("Gemm", value, *map(graph.constant, weights), transB=1)
            case _:
                raise ExportError(f"the layer {type(layer).__name__} cannot be exported to ONNX")
    return value


def _convolution(graph: Graph, layer: nn.Conv2d, norm: nn.Module | None, value: str) -> str:
    # A batch normalisation after a convolution is an affine map per channel: y = gain * x + shift.
    # It is folded into the weights in float64, so that rounding stays below TOLERANCE.
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
