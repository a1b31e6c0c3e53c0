"""The penultimate features of a mouth classifier: the inputs of its last layer.

Crops with near features look alike to the network, so the features find the training mouths that
are nearest to a crop.
"""

from __future__ import annotations

from moue.model import onnx_inspection


def with_feature_output(model: bytes) -> tuple[bytes, str]:
    """Return an ONNX file with the penultimate features as a further output, and its name.

    If the last layer is a linear layer, the features are its inputs, (N, F) float32. A network
    without a linear layer at its end, or a bundled model whose graph moue does not export, has only
    its logits as features.

    Args:
        model: content of the ONNX file of a `Classifier`.
    """
    try:
        nodes = onnx_inspection.parse(model).nodes
    except onnx_inspection.UnsupportedGraph:
        return model, "logits"
    # The last three nodes are the outputs of `onnx_graph.add_outputs`.
    last = nodes[-4]
    if last.kind != "Gemm":
        return model, "logits"
    name = last.inputs[0]
    # Protocol Buffers merge the fields of a message that occurs twice. So a second graph (field 7
    # of the model) with one output (field 12) that has a name (field 1) adds this output.
    output = _field(12, _field(1, name.encode("utf-8")))
    return model + _field(7, output), name


def _field(number: int, data: bytes) -> bytes:
    """Encode a length-delimited Protocol Buffers field: tag, length and data."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
