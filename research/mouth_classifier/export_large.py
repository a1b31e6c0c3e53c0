"""Export the network of `mouth-l` to one ONNX file, with float16 weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from moue.model.onnx_graph import Graph, add_outputs, add_preprocessing
from moue.model.spec import SPEC_KEY, ModelSpec
from research.face_mesh.onnx_builder import OnnxBuilder, append_graph, finished_model
from research.mouth_classifier.teacher_network import Teacher


def large_model_file(network: Teacher, spec: ModelSpec) -> bytes:
    """Return the ONNX file of the network, with preprocessing and calibrated outputs.

    Batch normalisation is merged into the convolutions. The weights are stored as float16 and
    computed with as float32.
    """
    builder, graph = OnnxBuilder(), Graph()
    value = append_graph(builder, graph, "in_", add_preprocessing(graph, spec))
    body: Any = network.body
    value = _relu6(builder, _convolution(builder, value, body._conv_stem, body._bn0))
    for block in body._blocks:
        value = _block(builder, value, block)
    value = _relu6(builder, _convolution(builder, value, body._conv_head, body._bn1))
    pooled = builder.add("Flatten", [builder.add("GlobalAveragePool", [value])])
    head: Any = network.head[-1]
    weights = builder.constant(_half(head.weight.detach().T))
    logits = builder.add("MatMul", [pooled, weights])
    logits = builder.add("Add", [logits, builder.constant(head.bias.detach().float().numpy())])
    ends = Graph()
    add_outputs(ends, spec, logits)
    append_graph(builder, ends, "out_")
    outputs = {"probabilities": "probabilities", "logits": "logits"}
    model = finished_model(builder, outputs, {SPEC_KEY: spec.to_json()})
    return bytes(model.SerializeToString(deterministic=True))


def _block(builder: OnnxBuilder, value: str, block: Any) -> str:
    """Add an inverted bottleneck: expansion, depthwise convolution, projection, shortcut."""
    start, arguments = value, block._block_args
    if arguments.expand_ratio != 1:
        value = _relu6(builder, _convolution(builder, value, block._expand_conv, block._bn0))
    value = _relu6(builder, _convolution(builder, value, block._depthwise_conv, block._bn1))
    value = _convolution(builder, value, block._project_conv, block._bn2)
    same = block.id_skip and arguments.stride in (1, [1])
    if same and arguments.input_filters == arguments.output_filters:
        value = builder.add("Add", [value, start])
    return value


def _convolution(builder: OnnxBuilder, value: str, conv: Any, norm: nn.BatchNorm2d) -> str:
    scale = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()  # type: ignore[union-attr]
    weight = conv.weight.double() * scale.view(-1, 1, 1, 1)
    bias = norm.bias.double() - norm.running_mean.double() * scale  # type: ignore[union-attr]
    left, right, top, bottom = getattr(conv.static_padding, "padding", (0, 0, 0, 0))
    inputs = [value, builder.constant(_half(weight.detach()))]
    return builder.add(
        "Conv",
        [*inputs, builder.constant(bias.detach().float().numpy())],
        kernel_shape=list(conv.kernel_size),
        strides=list(conv.stride),
        pads=[top, left, bottom, right],
        group=conv.groups,
    )


def _relu6(builder: OnnxBuilder, value: str) -> str:
    limits = [builder.constant(np.array(limit, np.float32)) for limit in (0, 6)]
    return builder.add("Clip", [value, *limits])


def _half(weights: Tensor) -> np.ndarray:
    return np.asarray(weights.to(torch.float16).numpy())
