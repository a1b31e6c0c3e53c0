"""Convert ONNX files to OpenVINO: `NAME.xml` and `NAME.bin`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino


def convert(
    model: Path, target: Path, calibration: list[np.ndarray]
) -> tuple[str, Callable[[np.ndarray], dict[str, np.ndarray]]]:
    """Convert a network, and return the function that runs it on one CPU thread."""
    # The weights stay float32: half precision would change the probabilities.
    path = target / f"{model.stem}.xml"
    openvino.save_model(openvino.convert_model(model), path, compress_to_fp16=False)
    options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(path, "CPU", options)
    dtype = compiled.input(0).get_element_type().to_dtype()

    def run(value: np.ndarray) -> dict[str, np.ndarray]:
        outputs = compiled(value.astype(dtype))
        return {port.get_any_name(): np.asarray(outputs[port]) for port in compiled.outputs}

    return "", run
