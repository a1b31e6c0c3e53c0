"""The converter of TFLite files, on a small network that is written here."""

import flatbuffers
import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional

from research.face_mesh.tflite_reader import read_tflite
from research.face_mesh.tflite_to_onnx import convert

RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(4, 3, 3, 2)).astype(np.float16)
BIAS = RNG.normal(size=4).astype(np.float16)
SLOPES = np.array([0.1, 0.2, 0.3, 0.4], np.float32).reshape(1, 1, 4)
CONV_2D, DEQUANTIZE, RESHAPE, PRELU, MAX_POOL_2D = 3, 6, 22, 54, 17
FLOAT32, FLOAT16, INT32 = 0, 1, 2


def vector(builder, values, width):
    """Write a vector of references (width 4) or int32 values, and return its position."""
    builder.StartVector(width, len(values), 4)
    for value in reversed(values):
        if width == 4 and not isinstance(value, np.integer):
            builder.PrependUOffsetTRelative(value)
        else:
            builder.PrependInt32(int(value))
    return builder.EndVector()


def integers(builder, values):
    return vector(builder, [np.int32(value) for value in values], 4)


def table(builder, slots, **fields):
    """Write a table from fields such as `i3=(1, 0)`: type letter, slot, value, default."""
    builder.StartObject(slots)
    for key, value in fields.items():
        slot = int(key[1:])
        if key[0] == "o":
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        elif key[0] == "b":
            builder.PrependInt8Slot(slot, value, 0)
        else:
            builder.PrependInt32Slot(slot, value, 0)
    return builder.EndObject()


def tflite_file():
    """Return a file that maps (1, 8, 8, 2) to (1, 16): a convolution, PReLU and pooling."""
    builder = flatbuffers.Builder()
    constants = {
        1: (WEIGHTS, FLOAT16), 2: (BIAS, FLOAT16), 5: (SLOPES, FLOAT32),
        8: (np.array([1, 16], np.int32), INT32),
    }  # fmt: skip
    shapes = [
        (1, 8, 8, 2), (4, 3, 3, 2), (4,), (4, 3, 3, 2), (4,), (1, 1, 4), (1, 4, 4, 4), (1, 4, 4, 4),
        (2,), (1, 2, 2, 4), (1, 16),
    ]  # fmt: skip
    buffers, tensors = [table(builder, 1)], []
    for index, shape in enumerate(shapes):
        number, kind = 0, FLOAT32
        if index in constants:
            value, kind = constants[index]
            data = builder.CreateByteVector(value.tobytes())
            buffers.append(table(builder, 1, o0=data))
            number = len(buffers) - 1
        place = integers(builder, shape)
        tensors.append(table(builder, 4, o0=place, b1=kind, i2=number))
    layers = [
        (DEQUANTIZE, [1], 3, None), (DEQUANTIZE, [2], 4, None),
        (CONV_2D, [0, 3, 4], 6, {"i1": 2, "i2": 2}),
        (PRELU, [6, 5], 7, None),
        (MAX_POOL_2D, [7], 9, {"i1": 2, "i2": 2, "i3": 2, "i4": 2}),
        (RESHAPE, [9, 8], 10, None),
    ]  # fmt: skip
    kinds = sorted({layer[0] for layer in layers})
    codes = [table(builder, 4, b0=kind, i3=kind) for kind in kinds]
    operators = []
    for kind, inputs, output, options in layers:
        ends = integers(builder, inputs), integers(builder, [output])
        fields = {"i0": kinds.index(kind), "o1": ends[0], "o2": ends[1]}
        if options is not None:
            fields["o4"] = table(builder, 6, **options)
        operators.append(table(builder, 5, **fields))
    parts = [vector(builder, tensors, 4), integers(builder, [0]), integers(builder, [10])]
    graph = table(
        builder, 4, o0=parts[0], o1=parts[1], o2=parts[2], o3=vector(builder, operators, 4)
    )
    lists = vector(builder, codes, 4), vector(builder, [graph], 4), vector(builder, buffers, 4)
    builder.Finish(table(builder, 5, i0=3, o1=lists[0], o2=lists[1], o4=lists[2]), b"TFL3")
    return bytes(builder.Output())


def expected(pixels):
    """Return the output of the same network in torch."""
    values = torch.from_numpy(pixels.astype(np.float32) / 255).permute(0, 3, 1, 2)
    # TensorFlow's SAME padding of a stride of 2 is at the end.
    values = functional.pad(values, (0, 1, 0, 1))
    weights = torch.from_numpy(WEIGHTS.astype(np.float32)).permute(0, 3, 1, 2)
    values = functional.conv2d(values, weights, torch.from_numpy(BIAS.astype(np.float32)), 2)
    values = functional.prelu(values, torch.from_numpy(SLOPES.ravel()))
    return functional.max_pool2d(values, 2).permute(0, 2, 3, 1).flatten(1).numpy()


@pytest.mark.parametrize("count", [1, 3])
def test_a_converted_network_gives_the_same_output_for_any_batch(count):
    model = convert(read_tflite(tflite_file()), "small", ["values"], (0, 1))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    pixels = RNG.integers(0, 256, (count, 8, 8, 2), np.uint8)
    (values,) = session.run(None, {"rgb": pixels})
    assert values == pytest.approx(expected(pixels), abs=1e-5)


def test_the_reader_keeps_float16_constants():
    graph = read_tflite(tflite_file())
    assert graph.constants[1].dtype == np.float16
    assert np.array_equal(graph.constants[1], WEIGHTS)
    assert [operator.kind for operator in graph.operators][2:] == [
        "CONV_2D", "PRELU", "MAX_POOL_2D", "RESHAPE",
    ]  # fmt: skip


def test_an_unknown_operator_is_refused():
    data = tflite_file().replace(np.int32(PRELU).tobytes(), np.int32(123).tobytes())
    with pytest.raises(KeyError, match="123"):
        read_tflite(data)
