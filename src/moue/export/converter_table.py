"""The formats of `moue export --format`, and their converters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from moue.export.environment import environment_python

Format: TypeAlias = Literal["onnx", "openvino", "litert", "coreml", "ncnn"]
FORMATS: tuple[Format, ...] = ("onnx", "openvino", "litert", "coreml", "ncnn")
INT8_FORMATS: tuple[Format, ...] = ("onnx", "openvino", "litert")
"""Formats in which the classifier can be quantised to int8."""


@dataclass(frozen=True, slots=True)
class Converter:
    """How a format is written.

    Attributes:
        module: module in `converters/` that writes the format; None for ONNX itself.
        requirements: all packages of its environment, but not those that report the use.
        licence: licences of the converter and the runtime.
        fixed: True if the inputs of the networks have a fixed size.
        channels_last: True if the inputs of the networks are (1, H, W, C) instead of (1, C, H, W).
        quantises: True if the converter quantises to int8; otherwise moue quantises the ONNX file.
        python: oldest version of Python that the packages support.
    """

    module: str | None
    requirements: tuple[str, ...]
    licence: str
    fixed: bool = False
    channels_last: bool = False
    quantises: bool = False
    python: tuple[int, int] = (3, 11)

    def environment(self, say: Callable[[str], None], base: Path | None) -> Path | None:
        """Return the Python of the environment; None if the format needs no converter."""
        if self.module is None:
            return None
        return environment_python(self.requirements, say, base, self.python)

    def input_shape(self, shape: list[int | str]) -> list[int | str]:
        """Return the shape of an input in the format, for its shape in the ONNX file."""
        return [shape[0], *shape[2:], shape[1]] if self.channels_last else shape


CONVERTERS: dict[Format, Converter] = {
    "onnx": Converter(None, (), "MIT"),
    "openvino": Converter(
        "openvino_converter", ("openvino==2026.4.1", "numpy==2.4.6"), "Apache-2.0"
    ),
    "litert": Converter(
        "litert_converter",
        (
            "onnx2tf==2.6.9", "sng4onnx==2.0.1", "ai-edge-litert==2.3.0", "flatbuffers==25.12.19",
            "psutil==7.2.2", "tqdm==4.70.1", "numpy==2.2.6", "onnx==1.20.1", "protobuf==7.36.2",
            "ml-dtypes==0.5.4", "typing-extensions==4.16.0", "ai-edge-quantizer==0.10.0",
            "absl-py==2.5.1", "immutabledict==4.3.1", "scipy==1.17.1",
        ),
        "MIT (onnx2tf), Apache-2.0 (LiteRT)",
        fixed=True,
        channels_last=True,
        quantises=True,
        python=(3, 12),
    ),
    "coreml": Converter(
        "coreml_converter",
        (
            "coremltools==9.0", "numpy==2.4.6", "onnx==1.23.2", "protobuf==7.36.2",
            "ml-dtypes==0.6.0", "typing-extensions==4.16.0", "sympy==1.14.0", "mpmath==1.3.0",
            "tqdm==4.70.1", "packaging==26.3", "attrs==26.1.0", "cattrs==26.2.1",
            "pyaml==26.7.0", "PyYAML==6.0.4", "pillow==13.0.0",
        ),
        "BSD-3-Clause",
        fixed=True,
    ),
    "ncnn": Converter(
        "ncnn_converter",
        (
            "pnnx==20261020", "ncnn==1.0.20261020", "numpy==2.4.6", "onnx==1.23.2",
            "protobuf==7.36.2", "ml-dtypes==0.6.0", "typing-extensions==4.16.0",
        ),
        "BSD-3-Clause",
        fixed=True,
    ),
}  # fmt: skip
