"""The network from the features of the face mesh to logits, combined with the plain rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper

from research.face_mesh.mouth_features import names
from research.face_mesh.onnx_builder import IR_VERSION, OPSET, OnnxBuilder
from research.face_mesh.rules import (
    GAP,
    GAP_WIDTH,
    PUCKER,
    PUCKER_WIDTH,
    SMILE,
    SMILE_WIDTH,
)

Floats = npt.NDArray[np.float32]
CLIP = 3.0
"""Maximum of a standardised feature, so that one wrong measurement cannot decide."""


@dataclass(frozen=True, slots=True)
class Head:
    """The small network from features to logits.

    Attributes:
        columns: (C,) indices of the features that it uses.
        mean: (C,) mean of the features of the training mouths.
        spread: (C,) standard deviation.
        layers: Pairs of (inputs, outputs) weights and (outputs,) biases; ReLU between them.
    """

    columns: npt.NDArray[np.int64]
    mean: Floats
    spread: Floats
    layers: list[tuple[Floats, Floats]]


def add_head(builder: OnnxBuilder, features: str, head: Head) -> str:
    """Add the nodes from (N, F) features to (N, K) logits; return their name.

    The logits are the mean of those of the network and of the plain rules.
    """
    chosen = builder.add("Gather", [features, builder.constant(head.columns)], axis=1)
    values = builder.add("Sub", [chosen, builder.constant(head.mean)])
    values = builder.add("Div", [values, builder.constant(head.spread)])
    values = builder.add("Clip", [values, *(_number(builder, v) for v in (-CLIP, CLIP))])
    for number, (weights, biases) in enumerate(head.layers):
        values = builder.add("Relu", [values]) if number else values
        values = builder.add("Gemm", [values, builder.constant(weights), builder.constant(biases)])
    both = builder.add(
        "Add", [builder.add("LogSoftmax", [values], axis=1), add_rules(builder, features)]
    )
    return builder.add("Mul", [both, _number(builder, 0.5)])


def model_logits(features: Floats, head: Head) -> Floats:
    """Return the (N, K) logits of (N, F) features."""
    builder = OnnxBuilder()
    logits = add_head(builder, "features", head)
    builder.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
    float_type = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        builder.nodes,
        "head",
        [helper.make_tensor_value_info("features", float_type, ["N", features.shape[1]])],
        [helper.make_tensor_value_info("logits", float_type, ["N", None])],
        builder.initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    (values,) = session_of(model).run(None, {"features": features})
    return np.asarray(values, np.float32)


def add_rules(builder: OnnxBuilder, features: str) -> str:
    """Add the logarithms of `rules.rule_probabilities`; return the name of the (N, 4) values."""
    order = names()
    groups = (
        ("mouthSmileLeft", "mouthSmileRight"),
        ("gap / width", "gap left / width", "gap right / width"),
        ("mouthPucker",),
    )
    limits = ((SMILE, SMILE_WIDTH), (GAP, GAP_WIDTH), (PUCKER, PUCKER_WIDTH))
    yes, no = [], []
    for group, (threshold, width) in zip(groups, limits, strict=True):
        columns = builder.constant(np.array([order.index(name) for name in group]))
        value = builder.add("Gather", [features, columns], axis=1)
        value = builder.add("ReduceMean", [value], axes=[1], keepdims=1)
        value = builder.add("Sub", [value, _number(builder, threshold)])
        value = builder.add("Div", [value, _number(builder, width)])
        # log(sigmoid(x)) = -softplus(-x), which does not underflow.
        negative = builder.add("Neg", [value])
        yes.append(builder.add("Neg", [builder.add("Softplus", [negative])]))
        no.append(builder.add("Neg", [builder.add("Softplus", [value])]))
    rest = builder.add("Add", [no[0], no[1]])
    logarithms = [
        builder.add("Add", [rest, no[2]]),
        builder.add("Add", [rest, yes[2]]),
        yes[0],
        builder.add("Add", [no[0], yes[1]]),
    ]
    return builder.add("Concat", logarithms, axis=1)


def _number(builder: OnnxBuilder, value: float) -> str:
    return builder.constant(np.array(value, np.float32))


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """Return a session of a model with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
