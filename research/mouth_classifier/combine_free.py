"""Combine the model `mediapipe` with a student of CC0 heads to the model `free`, one ONNX file.

A crop of 4 times the lips goes to `mediapipe`, and its central part of 1.5 times to the student.
The logits are the weighted mean of both logarithms of probabilities.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

from moue.face.mouth_crop import CROP_SCALE
from moue.model.spec import SPEC_KEY, ModelSpec

STUDENT_WEIGHT = 0.5
"""Weight of the student beside 1 of `mediapipe`, which is itself the mean of two classifiers. All
three have the same weight; nothing was fitted."""
SMALLEST = 1e-5
"""Lower limit of a probability before its logarithm."""


def combined(mediapipe: bytes, student: bytes) -> bytes:
    """Return the ONNX file of the combined model; its inputs and outputs are those of moue.

    Args:
        mediapipe: ONNX file of the model `mediapipe`.
        student: ONNX file of a model of mouth crops with the same labels.
    """
    first, second = (onnx.load_from_string(data) for data in (mediapipe, student))
    specs = [_spec(first), _spec(second)]
    assert specs[0].labels == specs[1].labels
    first, second = (compose.add_prefix(m, p) for m, p in ((first, "a_"), (second, "b_")))
    nodes = [
        helper.make_node("Identity", ["image"], ["a_image"]),
        *_central("image", "b_image", CROP_SCALE / specs[0].crop_scale),
        *first.graph.node,
        *second.graph.node,
        *_mean("a_probabilities", "b_probabilities"),
    ]
    initializers = [*first.graph.initializer, *second.graph.initializer, *_constants(specs[0])]
    labels = len(specs[0].labels)
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", "H", "W", 3])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", labels])
        for name in ("probabilities", "logits")
    ]
    graph = helper.make_graph(nodes, "free", [image], outputs, initializers)
    model = helper.make_model(graph, opset_imports=first.opset_import)
    model.ir_version = max(first.ir_version, second.ir_version)
    spec = dataclasses.replace(specs[0], temperature=1.0, abstention_thresholds=())
    helper.set_model_props(model, {SPEC_KEY: spec.to_json()})
    return bytes(model.SerializeToString(deterministic=True))


def _spec(model: onnx.ModelProto) -> ModelSpec:
    texts = {prop.key: prop.value for prop in model.metadata_props}
    return ModelSpec.from_json(texts[SPEC_KEY], "ONNX model")


def _constants(spec: ModelSpec) -> list[TensorProto]:
    margin = (1 - CROP_SCALE / spec.crop_scale) / 2
    total = 1 + STUDENT_WEIGHT
    values = {
        "margin": np.array([margin], np.float32),
        "axes": np.array([1, 2]),
        "smallest": np.array(SMALLEST, np.float32),
        "share_a": np.array(1 / total, np.float32),
        "share_b": np.array(STUDENT_WEIGHT / total, np.float32),
    }
    return [numpy_helper.from_array(value, name) for name, value in values.items()]


def _central(image: str, out: str, fraction: float) -> list[onnx.NodeProto]:
    """Return nodes that cut the central `fraction` out of (N, H, W, 3) squares."""
    assert 0 < fraction < 1
    make = helper.make_node
    return [
        make("Shape", [image], ["sides"], start=1, end=3),
        make("Cast", ["sides"], ["sides_f"], to=TensorProto.FLOAT),
        make("Mul", ["sides_f", "margin"], ["starts_f"]),
        make("Floor", ["starts_f"], ["starts_whole"]),
        make("Cast", ["starts_whole"], ["starts"], to=TensorProto.INT64),
        make("Sub", ["sides", "starts"], ["ends"]),
        make("Slice", [image, "starts", "ends", "axes"], [out]),
    ]


def _mean(one: str, other: str) -> list[onnx.NodeProto]:
    """Return nodes from two probabilities to `logits` and `probabilities`."""
    make = helper.make_node
    nodes = []
    for name, share in ((one, "share_a"), (other, "share_b")):
        nodes += [
            make("Max", [name, "smallest"], [f"{name}_up"]),
            make("Log", [f"{name}_up"], [f"{name}_log"]),
            make("Mul", [f"{name}_log", share], [f"{name}_part"]),
        ]
    return [
        *nodes,
        make("Add", [f"{one}_part", f"{other}_part"], ["logits"]),
        make("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
