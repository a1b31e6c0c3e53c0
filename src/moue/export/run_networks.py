"""Run the inputs of exported networks, in Python and in the runtime of a format."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from moue.errors import ExportError
from moue.export.converter_table import Converter
from moue.export.environment import run_script
from moue.model.spec import Floats

if TYPE_CHECKING:
    import onnxruntime

Session: TypeAlias = "onnxruntime.InferenceSession"

SCRIPT = Path(__file__).parent / "converters" / "run.py"
CHANNELS = (1, 3)
"""Numbers of channels of the networks, which distinguish (1, C, H, W) from (1, H, W, C)."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A network to export, with its inputs as `Vectors` has them.

    Attributes:
        name: name of the network.
        content: content of its ONNX file, which is converted.
        vectors: test vectors.
        labelled: mouth crops with labels; empty for face networks.
        calibration: inputs with which the converter quantises the network; empty for float32.
    """

    name: str
    content: bytes
    vectors: Sequence[npt.NDArray[np.uint8]]
    labelled: Sequence[npt.NDArray[np.uint8]]
    calibration: Sequence[npt.NDArray[np.uint8]] = ()


@dataclass(frozen=True, slots=True)
class Outputs:
    """The outputs of a network.

    Attributes:
        vectors: outputs of each test vector by name; of a network that was not executed, those of
            the first vectors, computed in another way.
        labelled: outputs of each crop with a label by name.
        seconds: time of each of these vectors.
        reason: reason why the network was not executed; empty if it was.
    """

    vectors: Sequence[dict[str, Floats]] = ()
    labelled: Sequence[dict[str, Floats]] = ()
    seconds: Sequence[float] = ()
    reason: str = ""


def run_onnx(
    content: bytes,
    vectors: Sequence[npt.NDArray[np.uint8]],
    labelled: Sequence[npt.NDArray[np.uint8]] = (),
) -> Outputs:
    """Run a network in onnxruntime on one thread."""
    session = _session(content)
    source = session.get_inputs()[0]
    dtype = np.uint8 if "uint8" in source.type else np.float32
    names = [one.name for one in session.get_outputs()]
    found, seconds = [], []
    for number, value in enumerate((*vectors, *labelled)):
        inputs = {source.name: value.astype(dtype)}
        if number == 0:
            session.run(names, inputs)  # the first call prepares memory
        start = time.perf_counter()
        results = session.run(names, inputs)
        seconds.append(time.perf_counter() - start)
        found.append({n: np.asarray(r, np.float32) for n, r in zip(names, results, strict=True)})
    count = len(vectors)
    return Outputs(found[:count], found[count:], seconds[:count])


def run_converter(
    converter: Converter, network: Exported, work: Path, python: Path | None
) -> Outputs:
    """Write a network in a format to `work/out`, and run its inputs there.

    Args:
        converter: converter of the format.
        network: network with its inputs.
        work: folder for temporary files.
        python: Python of the environment of the converter; None for ONNX itself.

    Raises:
        ExportError: the conversion failed; the message names the network.
    """
    out = work / "out"
    out.mkdir(exist_ok=True)
    if converter.module is None or python is None:
        (out / f"{network.name}.onnx").write_bytes(network.content)
        return run_onnx(network.content, network.vectors, network.labelled)
    model, inputs = work / f"{network.name}.onnx", work / "inputs.npz"
    model.write_bytes(network.content)
    order = channels_first if converter.fixed else np.asarray
    named = {f"v{number}": order(value) for number, value in enumerate(network.vectors)}
    named |= {f"t{number}": order(value) for number, value in enumerate(network.labelled)}
    named |= {f"c{number}": order(value) for number, value in enumerate(network.calibration)}
    np.savez(inputs, **named)  # type: ignore[arg-type]
    results = work / "results.npz"
    try:
        run_script(python, SCRIPT, converter.module, model, inputs, out, results)
    except ExportError as error:
        raise ExportError(f"{network.name}: {error}") from error
    return _read(results)


def input_of(content: bytes) -> tuple[str, list[int | str]]:
    """Return the name and the shape of the input of an ONNX file."""
    (source,) = _session(content).get_inputs()
    return source.name, list(source.shape)


def _session(content: bytes) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def channels_first(value: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return an input of any layout as (1, C, H, W)."""
    if value.ndim == 3:
        return value[:, None]
    if value.shape[1] in CHANNELS:
        return value
    return np.ascontiguousarray(value.transpose(0, 3, 1, 2))


def _read(path: Path) -> Outputs:
    with np.load(path) as stored:
        reason = str(stored["reason"])
        found: dict[str, dict[str, Floats]] = {}
        for name in stored.files:
            if "/" in name:
                source, output = name.split("/", 1)
                found.setdefault(source, {})[output] = np.asarray(stored[name], np.float32)
        seconds = stored["seconds"].tolist()
    vectors, labelled = (
        [found[name] for name in found if name.startswith(kind)] for kind in ("v", "t")
    )
    return Outputs(vectors, labelled, seconds, reason)
