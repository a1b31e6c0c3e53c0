"""Write the classifier and the face networks in the format of another runtime, with a report."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import moue
from moue.errors import ExportError, FileTaken
from moue.export.conversion_report import FLOAT32, TOLERANCE, conversion_report
from moue.export.converter_table import CONVERTERS, Converter, Format
from moue.export.fixed_graph import fixed_graph
from moue.export.int8 import quantise
from moue.export.networks import CLASSIFIER, OUTPUTS, describe_model, fixed_sides, networks_of
from moue.export.run_networks import (
    Exported,
    Outputs,
    channels_first,
    input_of,
    run_converter,
    run_onnx,
)
from moue.export.vectors import LabelledCrops, calibration_crops, labelled_crops, make_vectors
from moue.export.web_model import FORMAT, SUPPORTED, web_model
from moue.face.backends import resolve_backend
from moue.files import as_json, write_bytes
from moue.model.spec import resize
from moue.predict.predictor import AnyPredictor
from moue.workspace.workspace import Workspace

REPORT = "report.json"


def export_format(
    predictor: AnyPredictor,
    target: Path,
    form: Format,
    *,
    overwrite: bool = False,
    workspace: Workspace | None = None,
    python: Path | None = None,
    int8: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Write all networks of a predictor in a format to a folder, and return the report.

    Args:
        predictor: model and face settings.
        target: folder of the files; it is created if it does not exist.
        form: name of the format.
        overwrite: True to replace files in the folder.
        workspace: workspace whose test set measures the accuracy; None for the bundled pictures.
        python: Python for the environment of the converter; None to search for one.
        int8: True to quantise the classifier; the face networks stay float32.
        say: function called with a message before packages are downloaded.

    Raises:
        ConfigError: no Python is new enough for the converter.
        ExportError: the conversion failed, a probability differs by more than `TOLERANCE`, the
            accuracy of the int8 classifier is outside the interval of Python, or the face backend
            has no networks.
        FileTaken: `target` is a file, or the folder contains files and `overwrite` is False.
        SourceError: the packages of the converter cannot be installed.
    """
    if target.exists() and not target.is_dir():
        raise FileTaken(f"{target} is a file; name a folder")
    if target.is_dir() and any(target.iterdir()) and not overwrite:
        raise FileTaken(f"{target}: is not an empty folder; add --overwrite to replace its files")
    networks, converter = networks_of(predictor), CONVERTERS[form]
    crops, calibration = labelled_crops(predictor, workspace), None
    if int8:
        calibration, crops = calibration_crops(predictor, workspace, crops)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        python = converter.environment(say, python)
        exported = _exported(predictor, networks, converter, crops, calibration)
        expected = {one.name: run_onnx(networks[one.name], one.vectors) for one in exported}
        actual = {one.name: run_converter(converter, one, work, python) for one in exported}
        report = conversion_report(form, predictor, exported, expected, actual, crops, calibration)
        _check(form, report)
        out = work / "out"
        written = [path for path in out.rglob("*") if path.is_file()]
        files = {path.relative_to(out).as_posix(): path.read_bytes() for path in written}
    description = _description(predictor, form, exported, expected, actual, files, int8)
    files |= {"model.json": description.encode(), REPORT: as_json(report).encode()}
    target.mkdir(parents=True, exist_ok=True)
    # The report comes last: a folder without it is incomplete.
    for name in sorted(files, key=lambda name: (name == REPORT, name)):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target / name, files[name])
    return report


def _exported(
    predictor: AnyPredictor,
    networks: dict[str, bytes],
    converter: Converter,
    crops: LabelledCrops,
    calibration: LabelledCrops | None,
) -> list[Exported]:
    """Return the networks with their inputs."""
    sides = fixed_sides(predictor) if converter.fixed else None
    vectors = make_vectors(predictor, sides)
    exported = []
    for name, content in networks.items():
        labelled = _inputs(crops, sides) if name == CLASSIFIER else []
        outputs: tuple[str, ...] = OUTPUTS if name == CLASSIFIER else ()
        if calibration is not None and converter.quantises:
            # The quantiser of LiteRT damages an output that is also the input of a layer.
            outputs = outputs[:1]
        graph = (
            content if sides is None else fixed_graph(content, sides[name], sides[name], outputs)
        )
        one = Exported(name, graph, vectors[name], labelled)
        if calibration is not None and name == CLASSIFIER:
            one = _quantised(one, converter, _inputs(calibration, sides))
        exported.append(one)
    return exported


def _quantised(
    network: Exported, converter: Converter, pictures: list[npt.NDArray[np.uint8]]
) -> Exported:
    """Return an int8 network, or one that the converter quantises."""
    if converter.quantises:
        return dataclasses.replace(network, calibration=pictures)
    order = channels_first if converter.fixed else np.asarray
    content = quantise(network.content, [order(picture) for picture in pictures])
    return dataclasses.replace(network, content=content)


def _inputs(crops: LabelledCrops, sides: dict[str, int] | None) -> list[npt.NDArray[np.uint8]]:
    """Return the inputs of the classifier for mouth crops."""
    if sides is None:
        return [crop[None] for crop in crops.crops]
    return [resize(crop, sides[CLASSIFIER])[None] for crop in crops.crops]


def _check(form: Format, report: dict[str, Any]) -> None:
    """Check the probabilities of a float32 classifier, and the accuracy of an int8 classifier."""
    row, accuracy = report["networks"][CLASSIFIER], report["accuracy"]
    if not row["vectors"]:
        return
    if report["precision"] == FLOAT32:
        if not row["largest_difference"] <= TOLERANCE:
            raise ExportError(
                f"{form}: a probability differs by {row['largest_difference']:.2g} from Python "
                f"(the maximum is {TOLERANCE:g}), so nothing was written; please report this"
            )
    elif accuracy is None:
        raise ExportError(
            f"{form}: there are no pictures with the labels of the model to measure the int8 "
            "classifier, so nothing was written; name a workspace with --workspace"
        )
    elif not accuracy["inside_interval"]:
        low, high = accuracy["python"]["interval"]
        raise ExportError(
            f"{form}: the accuracy of the int8 classifier is {accuracy['format']['value']:.1%}, "
            f"outside the 95% interval of Python, {low:.1%} to {high:.1%}, so nothing was written; "
            "export without --int8"
        )


def _description(
    predictor: AnyPredictor,
    form: Format,
    exported: list[Exported],
    expected: dict[str, Outputs],
    actual: dict[str, Outputs],
    files: dict[str, bytes],
    int8: bool,
) -> str:
    """Return the content of `model.json`."""
    backend = resolve_backend(predictor.face)
    description: dict[str, Any] = {
        "format": FORMAT,
        "moue": moue.__version__,
        "model": describe_model(predictor),
        "face": {"backend": backend, "crop_scale": predictor.face.crop_scale},
    }
    if backend == SUPPORTED:
        description |= web_model(predictor).description
    if int8:
        # The thresholds were fitted to the probabilities of the float32 classifier.
        description["model"]["abstention_thresholds"] = []
    # A package of Core ML is a folder of files.
    entries = {name.split("/")[0] for name in files}
    networks = {}
    for one in exported:
        source, shape = input_of(one.content)
        # The shapes of a network that was not executed are those in Python.
        outputs = (actual[one.name].vectors or expected[one.name].vectors)[0]
        networks[one.name] = {
            "files": sorted(name for name in entries if name.split(".")[0] == one.name),
            "input": source,
            "shape": CONVERTERS[form].input_shape(shape),
            "dtype": "float32" if CONVERTERS[form].fixed else "uint8",
            "outputs": {name: list(array.shape) for name, array in outputs.items()},
        }
    description["files"] = networks
    return json.dumps(description, ensure_ascii=False, indent=1) + "\n"
