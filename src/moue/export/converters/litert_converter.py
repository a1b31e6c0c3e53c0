"""Convert ONNX files to LiteRT, the former TensorFlow Lite: `NAME.tflite`, by onnx2tf."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx2tf
from ai_edge_litert.interpreter import Interpreter


def convert(
    model: Path, target: Path, calibration: list[np.ndarray]
) -> tuple[str, Callable[[np.ndarray], dict[str, np.ndarray]]]:
    """Convert a network, and return the function that runs it on one CPU thread.

    With pictures for the calibration, convolutions and fully connected layers become int8.
    """
    path = target / f"{model.stem}.tflite"
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
        onnx2tf.convert(
            input_onnx_file_path=str(model),
            output_folder_path=folder,
            copy_onnx_input_output_names_to_tflite=True,
            not_use_onnxsim=True,
            verbosity="error",
        )
        converted = Path(folder) / f"{model.stem}_float32.tflite"
        if not converted.exists():
            sys.exit(f"onnx2tf: {said.getvalue().strip()[-500:]}")
        path.write_bytes(converted.read_bytes())
    if calibration:
        _quantise(path, calibration)
    return "", _runner(path)


def _quantise(path: Path, calibration: list[np.ndarray]) -> None:
    """Replace a file by one with int8 weights and activations."""
    from ai_edge_quantizer import qtyping, quantizer

    signatures = Interpreter(model_path=str(path)).get_signature_list()
    ((key, signature),) = signatures.items()
    (source,) = signature["inputs"]
    work = quantizer.Quantizer(str(path))
    operators = qtyping.TFLOperationName
    for operator in (operators.CONV_2D, operators.DEPTHWISE_CONV_2D, operators.FULLY_CONNECTED):
        work.add_static_config(".*", operator, activation_num_bits=8, weight_num_bits=8)
    ranges = work.calibrate({key: [{source: _channels_last(value)} for value in calibration]})
    work.quantize(ranges).export_model(str(path), overwrite=True)


def _channels_last(value: np.ndarray) -> np.ndarray:
    """Return (1, H, W, C) float32 of (1, C, H, W)."""
    return np.ascontiguousarray(value.transpose(0, 2, 3, 1), dtype=np.float32)


def _runner(path: Path) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    # The names of the signature stay; a quantised file gives other names to its tensors.
    ((key, signature),) = interpreter.get_signature_list().items()
    (source,) = signature["inputs"]
    runner = interpreter.get_signature_runner(key)
    return lambda value: runner(**{source: _channels_last(value)})
