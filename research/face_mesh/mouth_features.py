"""Measures of the mouth from the face mesh and the blendshapes, as nodes of an ONNX graph.

Lengths are in distances of the outer eye corners, in 3D, so that turning the head changes them
little. Positions are in the frame of the head: x points to the left of the subject, y down the
face and z towards the back, and the origin is the bridge of the nose.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from research.face_mesh.onnx_builder import OnnxBuilder

BLENDSHAPES = (
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft",
    "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
)  # fmt: skip
"""The blendshapes of jaw and mouth, in the order of the network."""
FIRST_BLENDSHAPE = 23
"""Index of the first of them in the output of the network."""
EYES, BRIDGE, NOSE_BASE = (33, 263), 168, 2
"""Outer corners of both eyes, bridge and base of the nose."""
CORNERS, UPPER, LOWER = (61, 291), (0, 13), (14, 17)
"""Corners of the mouth; outer and inner border of the upper lip; inner and outer of the lower."""
LENGTHS = {
    "width": (61, 291), "inner width": (78, 308), "nose": (129, 358), "gap": (13, 14),
    "gap left": (312, 317), "gap right": (82, 87), "upper lip": (0, 13), "lower lip": (14, 17),
    "height": (0, 17), "philtrum": (2, 0), "chin": (17, 152), "nose to chin": (2, 152),
    "cheeks": (205, 425), "upper bow": (37, 267), "lower bow": (84, 314),
}  # fmt: skip
"""Pairs of points whose distances are measured."""
RATIOS = (
    ("width", "nose"), ("gap", "width"), ("gap left", "width"), ("gap right", "width"),
    ("upper lip", "width"), ("lower lip", "width"), ("height", "width"), ("inner width", "width"),
    ("upper bow", "width"), ("lower bow", "width"), ("philtrum", "chin"), ("width", "cheeks"),
)  # fmt: skip
"""Pairs of lengths whose ratios are measured."""
POSITIONS = (0, 13, 14, 17, 61, 291, 37, 267, 84, 314, 152)
"""Points whose positions are measured relative to the base of the nose."""


def names() -> list[str]:
    """Return the names of the features in their order."""
    return [
        *BLENDSHAPES,
        *LENGTHS,
        *(f"{one} / {other}" for one, other in RATIOS),
        *(f"{axis} of {point}" for point in POSITIONS for axis in "xyz"),
    ]


def add_features(graph: OnnxBuilder, points: str, blendshapes: str) -> str:
    """Add the nodes of the features to a graph; return the name of the (N, F) features.

    Args:
        graph: graph to extend.
        points: name of the (N, 478, 3) points.
        blendshapes: name of the (N, 52) blendshapes.
    """
    axes = _head_axes(graph, points)
    left, right = (_point(graph, points, [index]) for index in EYES)
    scale = _length(graph, graph.add("Sub", [right, left]))  # (N, 1, 1)
    one, other = (_point(graph, points, pair) for pair in zip(*LENGTHS.values(), strict=True))
    lengths = graph.add("Div", [_length(graph, graph.add("Sub", [one, other])), scale])
    lengths = graph.add("Flatten", [lengths], axis=1)
    order = list(LENGTHS)
    above, below = (
        _columns(graph, lengths, [order.index(pair[side]) for pair in RATIOS]) for side in (0, 1)
    )
    ratios = graph.add("Div", [above, below])
    base = _point(graph, points, [NOSE_BASE])
    offsets = graph.add("Sub", [_point(graph, points, POSITIONS), base])
    # (N, P, 3) @ (N, 3, 3): the columns of the second matrix are the axes of the head.
    places = graph.add("Div", [graph.add("MatMul", [offsets, axes]), scale])
    places = graph.add("Flatten", [places], axis=1)
    shapes = range(FIRST_BLENDSHAPE, FIRST_BLENDSHAPE + len(BLENDSHAPES))
    parts = [_columns(graph, blendshapes, shapes), lengths, ratios, places]
    return graph.add("Concat", parts, axis=1)


def _head_axes(graph: OnnxBuilder, points: str) -> str:
    """Add the (N, 3, 3) axes of the head as columns: across, down and back."""
    left, right = (_point(graph, points, [index]) for index in EYES)
    bridge, base = (_point(graph, points, [index]) for index in (BRIDGE, NOSE_BASE))
    across = _unit(graph, graph.add("Sub", [right, left]))
    down = graph.add("Sub", [base, bridge])
    back = _unit(graph, _cross(graph, across, down))
    down = _cross(graph, back, across)
    rows = graph.add("Concat", [across, down, back], axis=1)
    return graph.add("Transpose", [rows], perm=[0, 2, 1])


def _cross(graph: OnnxBuilder, one: str, other: str) -> str:
    """Add the cross products of (N, 1, 3) vectors."""

    def turned(vector: str, order: list[int]) -> str:
        return graph.add("Gather", [vector, graph.constant(np.array(order))], axis=2)

    first = graph.add("Mul", [turned(one, [1, 2, 0]), turned(other, [2, 0, 1])])
    second = graph.add("Mul", [turned(one, [2, 0, 1]), turned(other, [1, 2, 0])])
    return graph.add("Sub", [first, second])


def _unit(graph: OnnxBuilder, vector: str) -> str:
    return graph.add("Div", [vector, _length(graph, vector)])


def _length(graph: OnnxBuilder, vectors: str) -> str:
    """Add the (N, P, 1) lengths of (N, P, 3) vectors, at least 1e-6."""
    norm = graph.add("ReduceL2", [vectors], axes=[2], keepdims=1)
    return graph.add("Max", [norm, graph.constant(np.array(1e-6, np.float32))])


def _point(graph: OnnxBuilder, points: str, indices: Iterable[int]) -> str:
    return graph.add("Gather", [points, graph.constant(np.array(list(indices)))], axis=1)


def _columns(graph: OnnxBuilder, rows: str, indices: Iterable[int]) -> str:
    return graph.add("Gather", [rows, graph.constant(np.array(list(indices)))], axis=1)
