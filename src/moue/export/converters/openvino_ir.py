"""Convert ONNX files to OpenVINO, and run test vectors: openvino_ir.py MODELS VECTORS TARGET.

MODELS has the ONNX files. VECTORS has `NAME.npz` for each, with arrays `v0`, `v1`, …: one input
each. TARGET gets `NAME.xml` and `NAME.bin`, and `NAME.npz` with the
outputs `o0`, `o1`, … and `seconds`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import openvino


def main() -> None:
    """Convert every network, and run its vectors on one CPU thread in float32."""
    models, vectors, target = map(Path, sys.argv[1:4])
    options = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    for path in sorted(models.glob("*.onnx")):
        # The weights stay float32: half precision would change the probabilities.
        converted = openvino.convert_model(path)
        openvino.save_model(converted, target / f"{path.stem}.xml", compress_to_fp16=False)
        compiled = openvino.compile_model(target / f"{path.stem}.xml", "CPU", options)
        results: dict[str, np.ndarray] = {}
        seconds = []
        with np.load(vectors / f"{path.stem}.npz") as stored:
            for number in range(len(stored.files)):
                value = stored[f"v{number}"]
                start = time.perf_counter()
                output = compiled(value)
                seconds.append(time.perf_counter() - start)
                results[f"o{number}"] = np.asarray(output[compiled.output(0)])
        results["seconds"] = np.array(seconds)
        np.savez(target / f"{path.stem}.npz", **results)  # type: ignore[arg-type]
    print(openvino.__version__)


if __name__ == "__main__":
    main()
