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


def convert(model: Path, target: Path) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """Convert a network, and return the function that runs it on one CPU thread."""
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
    return _runner(path)


def _runner(path: Path) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    (source,) = interpreter.get_input_details()
    outputs = interpreter.get_output_details()

    def run(value: np.ndarray) -> dict[str, np.ndarray]:
        # LiteRT has (1, H, W, C).
        pixels = np.ascontiguousarray(value.transpose(0, 2, 3, 1), dtype=np.float32)
        interpreter.set_tensor(source["index"], pixels)
        interpreter.invoke()
        return {one["name"]: interpreter.get_tensor(one["index"]) for one in outputs}

    return run
