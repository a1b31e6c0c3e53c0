"""The model `mediapipe`: one ONNX file from mouth crops to labels, with the face mesh inside.

    crop -> square of a face -> mesh -> level square of the points -> mesh -> blendshapes
         -> features -> small network -> logits

A crop of four times the lips shows the whole face. The mesh is measured twice, as MediaPipe does in
a video: the second square is level with the eyes and fits the points of the first measurement.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from moue.face.face_mesh import MARGIN, OUTER_EYE_CORNERS, POINTS, SIDE
from moue.face.mediapipe import MESH
from moue.model.onnx_graph import Graph, add_outputs, add_preprocessing
from moue.model.spec import SPEC_KEY, ModelSpec
from research.face_mesh.convert_task import SUBSET, read_graph
from research.face_mesh.mouth_features import add_features
from research.face_mesh.mouth_head import Head, add_head, add_rules, session_of
from research.face_mesh.onnx_builder import OnnxBuilder, append_graph, finished_model
from research.face_mesh.tflite_reader import TFLiteGraph
from research.face_mesh.tflite_to_onnx import Converter

Floats = npt.NDArray[np.float32]
CROP_SCALE = 4.0
"""Side of the crop as a multiple of the longer side of the lip box."""
FIRST_SIDE, FIRST_UP = 1.25, 0.1875
"""First square, in sides of the crop: its side, and the height of its center above the lips. These
are 5 and 0.75 mouth widths, about those of a face."""
SPEC = ModelSpec(
    network="face mesh",
    resize=SIDE,
    input_size=SIDE,
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
    crop_scale=CROP_SCALE,
    face_backend="mediapipe",
)


def feature_session(task: Path) -> onnxruntime.InferenceSession:
    """Return a session from `image`, (N, H, W, 3) crops, to `features` and `presence`.

    Args:
        task: path of face_landmarker.task.
    """
    builder, features, presence = _features(task)
    ends = {"features": features, "presence": presence}
    return session_of(finished_model(builder, ends, {}))


def model_file(task: Path, head: Head, spec: ModelSpec) -> bytes:
    """Return the ONNX file of the model.

    Args:
        task: path of face_landmarker.task.
        head: trained network of the features.
        spec: spec with temperature and abstention thresholds.
    """
    builder, features, presence = _features(task)
    values = add_head(builder, features, head)
    # Without a face the logits are 0, so that the model abstains.
    probability = builder.add("Sigmoid", [presence])
    logits = builder.add("Mul", [values, probability])
    graph = Graph()
    add_outputs(graph, spec, logits)
    append_graph(builder, graph, "out_")
    # The plain rules alone are a further output, to compare models with them.
    rules = builder.add("Exp", [add_rules(builder, features)])
    ends = {"probabilities": "probabilities", "logits": "logits", "rules": rules}
    model = finished_model(builder, ends, {SPEC_KEY: spec.to_json()})
    return bytes(model.SerializeToString(deterministic=True))


def _features(task: Path) -> tuple[OnnxBuilder, str, str]:
    """Return a graph up to the features; the names of (N, F) features and (N, 1) presence."""
    builder, graph = OnnxBuilder(), Graph()
    crop = append_graph(builder, graph, "in_", add_preprocessing(graph, SPEC))
    mesh = read_graph(task, MESH)
    first = np.array([[FIRST_SIDE, 0, 0], [0, FIRST_SIDE, 0]], np.float32)
    first[:, 2] = [SIDE * (1 - FIRST_SIDE) / 2, SIDE * (1 - FIRST_SIDE - 2 * FIRST_UP) / 2]
    points, _ = _mesh(builder, mesh, crop, builder.constant(first[None]))
    points, presence = _mesh(builder, mesh, crop, _level_square(builder, points, first))
    flat = builder.add("Slice", [points, *_limits(builder, 0, 2, 2)])
    blendshapes = Converter(read_graph(task, "blendshapes"), builder)
    chosen = builder.add("Gather", [flat, builder.constant(np.array(SUBSET))], axis=1)
    (source,), (target,) = blendshapes.graph.inputs, blendshapes.graph.outputs
    blendshapes.names[source, False] = chosen
    blendshapes.run()
    return builder, add_features(builder, points, blendshapes.name(target)), presence


def _mesh(builder: OnnxBuilder, mesh: TFLiteGraph, crop: str, matrix: str) -> tuple[str, str]:
    """Measure the face mesh in a square; return the (N, 478, 3) points and the (N, 1) presence.

    Args:
        builder: graph to extend.
        mesh: graph of the network.
        crop: name of the (N, 3, SIDE, SIDE) crop in [0, 1].
        matrix: name of the (N, 2, 3) or (1, 2, 3) matrix from pixels of the square to the crop.
    """
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32).reshape(2, -1)
    pixels = builder.constant(np.stack([x, y, np.ones_like(x)])[None])
    # (N, 2, SIDE * SIDE) places in pixels of the crop, then in [-1, 1] from edge to edge.
    places = builder.add("Transpose", [builder.add("MatMul", [matrix, pixels])], perm=[0, 2, 1])
    places = builder.add("Mul", [places, builder.constant(np.array(2 / SIDE, np.float32))])
    shift = builder.constant(np.array(1 / SIDE - 1, np.float32))
    shape = builder.constant(np.array([-1, SIDE, SIDE, 2]))
    grid = builder.add("Reshape", [builder.add("Add", [places, shift]), shape])
    batch = builder.add("Shape", [crop], start=0, end=1)
    size = builder.add("Concat", [batch, builder.constant(np.array([SIDE, SIDE, 2]))], axis=0)
    grid = builder.add("Expand", [grid, size])
    square = builder.add("GridSample", [crop, grid], mode="bilinear", padding_mode="border")
    converter = Converter(mesh, builder)
    converter.names[mesh.inputs[0], True] = square
    converter.run()
    points, presence = (converter.name(tensor) for tensor in mesh.outputs[:2])
    shapes = [builder.constant(np.array(shape)) for shape in ((-1, POINTS, 3), (-1, 1))]
    return builder.add("Reshape", [points, shapes[0]]), builder.add(
        "Reshape", [presence, shapes[1]]
    )


def _level_square(builder: OnnxBuilder, points: str, first: Floats) -> str:
    """Return the name of the (N, 2, 3) matrices from the second square to the crop.

    It computes `moue.face.face_mesh.square_of_points`.

    Args:
        builder: graph to extend.
        points: name of the (N, 478, 3) points in pixels of the first square.
        first: (2, 3) matrix from the first square to the crop.
    """

    def gather(rows: str, index: int | list[int], axis: int) -> str:
        return builder.add("Gather", [rows, builder.constant(np.array(index))], axis=axis)

    flat = builder.add("Slice", [points, *_limits(builder, 0, 2, 2)])
    linear = builder.constant(np.ascontiguousarray(first[:, :2].T))
    flat = builder.add("MatMul", [flat, linear])
    flat = builder.add("Add", [flat, builder.constant(first[:, 2].copy())])
    left, right = (gather(flat, [index], 1) for index in OUTER_EYE_CORNERS)
    line = builder.add("Sub", [right, left])  # (N, 1, 2)
    norm = builder.add("ReduceL2", [line], axes=[2], keepdims=1)
    across = builder.add(
        "Div", [line, builder.add("Max", [norm, builder.constant(np.array(1e-3, np.float32))])]
    )
    sign = builder.constant(np.array([-1, 1], np.float32))
    down = builder.add("Mul", [gather(across, [1, 0], 2), sign])
    # Rows: the directions of the square in the crop. Points times its transpose are level.
    rows = builder.add("Concat", [across, down], axis=1)
    columns = builder.add("Transpose", [rows], perm=[0, 2, 1])
    level = builder.add("MatMul", [flat, columns])
    low, high = (
        builder.add(kind, [level], axes=[1], keepdims=1) for kind in ("ReduceMin", "ReduceMax")
    )
    extent = builder.add("ReduceMax", [builder.add("Sub", [high, low])], axes=[2], keepdims=1)
    scale = builder.add("Mul", [extent, builder.constant(np.array(MARGIN / SIDE, np.float32))])
    half = builder.constant(np.array(0.5, np.float32))
    middle = builder.add("Mul", [builder.add("Add", [low, high]), half])
    # The corner of the square, level: its center minus half its side.
    to_corner = np.array(MARGIN / 2, np.float32)
    start = builder.add("Sub", [middle, builder.add("Mul", [extent, builder.constant(to_corner)])])
    start = builder.add("MatMul", [start, rows])
    start = builder.add("Transpose", [start], perm=[0, 2, 1])
    return builder.add("Concat", [builder.add("Mul", [columns, scale]), start], axis=2)


def _limits(builder: OnnxBuilder, start: int, end: int, axis: int) -> list[str]:
    return [builder.constant(np.array([value])) for value in (start, end, axis)]
