"""Convert ONNX files to Core ML: `NAME.mlpackage`, whose input is an image.

coremltools has no reader of ONNX files. `coreml_operators` adds each ONNX node with its builder.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path

import coremltools
import numpy as np
import onnx
from coremltools.converters.mil import Builder
from coremltools.converters.mil.mil import Function, Program
from onnx import numpy_helper
from PIL import Image

SYSTEM = "Darwin"
"""The system that can run Core ML."""
TARGET = coremltools.target.iOS15
REASON = "Core ML runs only on macOS and iOS; export on a Mac to compare the outputs with Python"


def convert(
    model: Path, target: Path, calibration: list[np.ndarray]
) -> tuple[str, Callable[[np.ndarray], dict[str, np.ndarray]] | None]:
    """Convert a network, and return the function that runs it.

    On other systems, the function computes the saved program with numpy; it is None for a network
    with an operator that `coreml_program` does not have. The text says why it was not executed.
    """
    from coreml_operators import add_node  # files beside this one
    from coreml_program import SavedProgram, UnknownOperatorError

    graph = onnx.load(model).graph
    source = graph.input[0]
    shape = tuple(dim.dim_value for dim in source.type.tensor_type.shape.dim)
    program = Program()
    with Function({source.name: Builder.placeholder(shape)}, opset_version=TARGET) as function:
        values = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
        values[source.name] = function.inputs[source.name]
        for node in graph.node:
            values[node.output[0]] = add_node(node, values)
        outputs = [Builder.identity(x=values[one.name], name=one.name) for one in graph.output]
        function.set_outputs(outputs)
    program.add_function("main", function)
    colour = coremltools.colorlayout
    layout = colour.RGB if shape[1] == 3 else colour.GRAYSCALE
    image = coremltools.ImageType(name=source.name, shape=shape, color_layout=layout)
    converted = coremltools.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        inputs=[image],
        # The weights stay float32: half precision would change the probabilities.
        compute_precision=coremltools.precision.FLOAT32,
        minimum_deployment_target=TARGET,
        skip_model_load=platform.system() != SYSTEM,
    )
    package = target / f"{model.stem}.mlpackage"
    converted.save(str(package))
    if platform.system() == SYSTEM:
        return "", _runner(converted, source.name)
    try:
        return REASON, SavedProgram(package).run
    except UnknownOperatorError as error:
        return f"{REASON} ({error} cannot be computed with numpy)", None


def _runner(
    converted: coremltools.models.MLModel, source: str
) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    def run(value: np.ndarray) -> dict[str, np.ndarray]:
        planes = value[0].astype(np.uint8)
        pixels = planes[0] if len(planes) == 1 else planes.transpose(1, 2, 0)
        outputs = converted.predict({source: Image.fromarray(np.ascontiguousarray(pixels))})
        return {name: np.asarray(array) for name, array in outputs.items()}

    return run
