"""Convert one network and run its inputs: run.py CONVERTER MODEL INPUTS TARGET RESULTS.

MODEL is an ONNX file. INPUTS is an `.npz` file of uint8 arrays; the time of those whose name begins
with `v` is measured. TARGET is the folder of the converted files. RESULTS is an `.npz` file, which
gets the outputs as `INPUT/OUTPUT`, and `seconds`. If the network cannot run on this computer, it
gets `reason` instead.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Convert the network, and run its inputs one after the other."""
    converter, (model, inputs, target, results) = sys.argv[1], map(Path, sys.argv[2:6])
    sys.path.insert(0, str(Path(__file__).parent))
    run = importlib.import_module(converter).convert(model, target)
    if isinstance(run, str):
        np.savez(results, reason=np.array(run))
        return
    arrays: dict[str, np.ndarray] = {}
    seconds = []
    with np.load(inputs) as stored:
        for number, name in enumerate(stored.files):
            value = stored[name]
            if number == 0:
                run(value)  # the first call may prepare memory
            start = time.perf_counter()
            outputs = run(value)
            if name.startswith("v"):
                seconds.append(time.perf_counter() - start)
            arrays |= {f"{name}/{output}": array for output, array in outputs.items()}
    np.savez(results, seconds=np.array(seconds), **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
