"""Convert one network and run its inputs: run.py CONVERTER MODEL INPUTS TARGET RESULTS.

MODEL is an ONNX file. INPUTS is an `.npz` file of uint8 arrays. Those whose name begins with `c`
calibrate an int8 network; the others are run, and the time of those with `v` is measured. TARGET is
the folder of the converted files. RESULTS is an `.npz` file, which gets the outputs as
`INPUT/OUTPUT`, and `seconds`. If the network cannot run on this computer, `reason` says why, and
only a few inputs are computed in another way.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import numpy as np

CHECKED = 3
"""Number of inputs of a network that cannot run on this computer."""


def main() -> None:
    """Convert the network, and run its inputs one after the other."""
    converter, (model, inputs, target, results) = sys.argv[1], map(Path, sys.argv[2:6])
    sys.path.insert(0, str(Path(__file__).parent))
    with np.load(inputs) as stored:
        arrays = {name: stored[name] for name in stored.files}
    calibration = [arrays.pop(name) for name in list(arrays) if name.startswith("c")]
    reason, run = importlib.import_module(converter).convert(model, target, calibration)
    if reason:
        names = [name for name in arrays if name.startswith("v")][:CHECKED]
        arrays = {name: arrays[name] for name in names if run is not None}
    found: dict[str, np.ndarray] = {}
    seconds = []
    for value in list(arrays.values())[:1]:
        run(value)  # the first call may prepare memory
    for name, value in arrays.items():
        start = time.perf_counter()
        outputs = run(value)
        if name.startswith("v"):
            seconds.append(time.perf_counter() - start)
        found |= {f"{name}/{output}": array for output, array in outputs.items()}
    np.savez(results, reason=np.array(reason), seconds=np.array(seconds), **found)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
