"""Convert ONNX files to ncnn: `NAME.ncnn.param` and `NAME.ncnn.bin`, by the program pnnx."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import ncnn
import numpy as np
import onnx


def convert(
    model: Path, target: Path, calibration: list[np.ndarray]
) -> tuple[str, Callable[[np.ndarray], dict[str, np.ndarray]]]:
    """Convert a network, and return the function that runs it on one CPU thread."""
    from ncnn_operators import supported  # a file beside this one

    network = supported(onnx.load(model))
    graph = network.graph
    shape = [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim]
    names = [one.name for one in graph.output]
    with tempfile.TemporaryDirectory() as folder:
        # The weights stay float32: half precision would change the probabilities.
        copied = Path(folder) / "network.onnx"
        onnx.save(network, copied)
        sizes = ",".join(map(str, shape))
        line = [str(_pnnx()), str(copied), f"inputshape=[{sizes}]f32", "fp16=0"]
        done = subprocess.run(line, cwd=folder, check=False, capture_output=True, text=True)
        converted = copied.with_suffix(".ncnn.param")
        if done.returncode or not converted.exists():
            sys.exit(f"pnnx: {(done.stderr or done.stdout).strip()[-500:]}")
        text = _named(converted.read_text(), graph.input[0].name, names)
        (target / f"{model.stem}.ncnn.param").write_text(text)
        weights = converted.with_suffix(".bin").read_bytes()
        (target / f"{model.stem}.ncnn.bin").write_bytes(weights)
    return "", _runner(target / model.stem, graph.input[0].name, names)


def _pnnx() -> Path:
    """Return the program in the package, whose Python module would need torch."""
    spec = find_spec("pnnx")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    return folder / ("pnnx.exe" if sys.platform == "win32" else "pnnx")


def _named(text: str, image: str, outputs: list[str]) -> str:
    """Replace the names `in0`, `out0`, … of inputs and outputs by those of the ONNX file."""
    names = {"in0": image} | {f"out{number}": name for number, name in enumerate(outputs)}
    lines = text.splitlines()
    for number, line in enumerate(lines[2:], 2):
        kind, layer, *rest = line.split()
        rest = [names.get(word, word) for word in rest]
        lines[number] = " ".join([f"{kind:<24}", f"{names.get(layer, layer):<24}", *rest])
    return "\n".join(lines) + "\n"


def _runner(
    path: Path, image: str, outputs: list[str]
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    net = ncnn.Net()
    options = net.opt
    options.num_threads = 1
    options.use_vulkan_compute = False
    options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
    options.use_bf16_storage = False
    files = (net.load_param, ".ncnn.param"), (net.load_model, ".ncnn.bin")
    if any(load(f"{path}{suffix}") for load, suffix in files):
        sys.exit("ncnn cannot load the converted files")

    def run(value: np.ndarray) -> dict[str, np.ndarray]:
        extractor = net.create_extractor()
        # ncnn reads the memory of the array, but does not keep the array: hence a name and a copy.
        pixels = np.ascontiguousarray(value[0], np.float32)
        extractor.input(image, ncnn.Mat(pixels).clone())
        found = {}
        for name in outputs:
            failed, values = extractor.extract(name)
            if failed:
                sys.exit(f"ncnn cannot compute {name}")
            found[name] = np.array(values)
        return found

    return run
