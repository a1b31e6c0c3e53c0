"""Write the classifier and the face networks in the format of another runtime, with a report.

The report has the result of the same test vectors in Python and in the format: the largest
difference and the time of one call.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from moue.demo.raw_folder import demo_pictures
from moue.errors import ExportError, FileTaken
from moue.export.environment import environment_python, run_script
from moue.export.web_model import CLASSIFIER, FACE_NETWORKS, WebModel, web_model
from moue.face.backends import detect_faces
from moue.face.lip_landmarks import CROP_SIDE
from moue.face.mouth_crop import crop_mouth, crop_square
from moue.files import as_json, write_bytes
from moue.geometry import square_around
from moue.media.image import Picture, read_image, resize_to_fit, to_grey
from moue.model.spec import Floats
from moue.predict.predictor import AnyPredictor

Format: TypeAlias = Literal["onnx", "openvino"]
FORMATS: tuple[Format, ...] = ("onnx", "openvino")
VECTORS = 200
"""Number of test vectors of each network."""
TOLERANCE = 1e-3
"""Maximum difference of a probability."""
REPORT = "report.json"
Vectors: TypeAlias = dict[str, list[npt.NDArray[np.uint8]]]


@dataclass(frozen=True, slots=True)
class Converter:
    """How a format is written.

    Attributes:
        script: script that converts ONNX files and runs test vectors; None for ONNX itself.
        requirements: all packages of its environment, but not those that report the use.
        licence: licence of the converter.
    """

    script: str | None
    requirements: tuple[str, ...]
    licence: str


CONVERTERS: dict[Format, Converter] = {
    "onnx": Converter(None, (), "MIT"),
    "openvino": Converter("openvino_ir.py", ("openvino==2026.4.1", "numpy==2.4.6"), "Apache-2.0"),
}


def export_format(
    predictor: AnyPredictor,
    target: Path,
    form: Format,
    overwrite: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Write all networks of a predictor in a format to a folder, and return the report.

    Args:
        predictor: model and face settings.
        target: folder of the files; it is created if it does not exist.
        form: name of the format.
        overwrite: True to replace files in the folder.
        say: function called with a message before packages are downloaded.

    Raises:
        ExportError: the conversion failed, a probability differs by more than `TOLERANCE`, or the
            face networks are not those of the backend `moue`.
        FileTaken: the folder contains files, and `overwrite` is False.
        SourceError: the packages of the converter cannot be installed.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())) and not overwrite:
        raise FileTaken(f"{target}: is not an empty folder; add --overwrite to replace its files")
    model = web_model(predictor)
    vectors = test_vectors(predictor)
    expected, python_seconds = _run_python(model, vectors)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        actual, seconds = _converted(model, vectors, CONVERTERS[form], work, say)
        report = _report(form, model, expected, actual, python_seconds | seconds)
        if not report["networks"][CLASSIFIER]["largest_difference"] <= TOLERANCE:
            raise ExportError(
                f"{form}: a probability differs by "
                f"{report['networks'][CLASSIFIER]['largest_difference']:.2g} from Python (the "
                f"maximum is {TOLERANCE:g}), so nothing was written; please report this"
            )
        files = {path.name: path.read_bytes() for path in (work / "out").iterdir()}
    files = {name: data for name, data in files.items() if not name.endswith(".npz")}
    files |= {"model.json": model.files()["model.json"], REPORT: as_json(report).encode()}
    target.mkdir(parents=True, exist_ok=True)
    # The report comes last: a folder without it is incomplete.
    for name in sorted(files, key=lambda name: (name == REPORT, name)):
        write_bytes(target / name, files[name])
    return report


def test_vectors(predictor: AnyPredictor) -> Vectors:
    """Return `VECTORS` inputs of each network, from the bundled pictures at several sizes.

    Raises:
        MissingExtra: the demo pictures are not installed.
    """
    images = [read_image(picture.path) for picture in demo_pictures()]
    vectors: Vectors = {name: [] for name in (CLASSIFIER, *FACE_NETWORKS)}
    for number in range(VECTORS):
        image = images[number % len(images)]
        # Pictures that come a second time are smaller.
        side = max(image.shape) - 40 * (number // len(images)) - number % 7
        image = resize_to_fit(image, side)
        faces = detect_faces(Picture.from_array(image), predictor.face)
        if not faces:
            continue
        face = faces[0]
        crop, grey = crop_mouth(image, face.mouth_box, face.roll), to_grey(image)
        around = crop_square(grey, square_around(face.lips, 1.6 + number % 3 / 4))
        lips = cv2.resize(around, (CROP_SIDE, CROP_SIDE), interpolation=cv2.INTER_AREA)
        width, height = (32 * max(2, n // 64) for n in (image.shape[1], image.shape[0]))
        reduced = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        vectors[CLASSIFIER].append(crop[None])
        for name in FACE_NETWORKS:
            value = reduced if name == FACE_NETWORKS[0] else lips
            vectors[name].append(np.asarray(value, np.uint8)[None])
    return vectors


def _run_python(
    model: WebModel, vectors: Vectors
) -> tuple[dict[str, list[Floats]], dict[Any, list[float]]]:
    outputs, seconds = {}, {}
    for name, inputs in vectors.items():
        outputs[name], seconds[name] = _run_onnx(model.networks[f"{name}.onnx"], inputs)
    return outputs, {("python", name): spent for name, spent in seconds.items()}


def _run_onnx(
    network: bytes, inputs: list[npt.NDArray[np.uint8]]
) -> tuple[list[Floats], list[float]]:
    """Return the first output of each input, and the seconds of each call, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    name, output = session.get_inputs()[0].name, session.get_outputs()[0].name
    outputs, seconds = [], []
    for value in inputs:
        start = time.perf_counter()
        (result,) = session.run([output], {name: value})
        seconds.append(time.perf_counter() - start)
        outputs.append(np.asarray(result, np.float32))
    return outputs, seconds


def _converted(
    model: WebModel,
    vectors: Vectors,
    converter: Converter,
    work: Path,
    say: Callable[[str], None],
) -> tuple[dict[str, list[Floats]], dict[Any, list[float]]]:
    """Write the converted files to `work/out`; return the outputs and seconds of the vectors."""
    out = work / "out"
    out.mkdir()
    outputs: dict[str, list[Floats]] = {}
    seconds: dict[Any, list[float]] = {}
    if converter.script is None:
        for name, inputs in vectors.items():
            path = out / f"{name}.onnx"
            path.write_bytes(model.networks[path.name])
            outputs[name], seconds["format", name] = _run_onnx(path.read_bytes(), inputs)
        return outputs, seconds
    for folder in ("models", "vectors"):
        (work / folder).mkdir()
    for name, inputs in vectors.items():
        (work / "models" / f"{name}.onnx").write_bytes(model.networks[f"{name}.onnx"])
        stored = {f"v{number}": value for number, value in enumerate(inputs)}
        np.savez(work / "vectors" / f"{name}.npz", **stored)  # type: ignore[arg-type]
    python = environment_python(converter.requirements, say)
    script = Path(__file__).parent / "converters" / converter.script
    run_script(python, script, work / "models", work / "vectors", out)
    for name, inputs in vectors.items():
        with np.load(out / f"{name}.npz") as stored_outputs:
            outputs[name] = [stored_outputs[f"o{number}"] for number in range(len(inputs))]
            seconds["format", name] = stored_outputs["seconds"].tolist()
    return outputs, seconds


def _report(
    form: Format,
    model: WebModel,
    expected: Mapping[str, list[Floats]],
    actual: Mapping[str, list[Floats]],
    seconds: Mapping[Any, list[float]],
) -> dict[str, Any]:
    networks = {}
    for name, outputs in expected.items():
        differences = [
            float(np.abs(one - other).max())
            for one, other in zip(outputs, actual[name], strict=True)
        ]
        networks[name] = {
            "vectors": len(outputs),
            "output": "probabilities" if name == CLASSIFIER else "raw output",
            "largest_difference": max(differences),
            "python_ms": round(1000 * float(np.median(seconds["python", name])), 3),
            "format_ms": round(1000 * float(np.median(seconds["format", name])), 3),
        }
    labels = [int(one.argmax()) for one in expected[CLASSIFIER]]
    others = [int(one.argmax()) for one in actual[CLASSIFIER]]
    return {
        "format": form,
        "model": model.description["model"]["name"],
        "executed": True,
        "converter": list(CONVERTERS[form].requirements),
        "converter_licence": CONVERTERS[form].licence,
        "precision": "float32",
        "threads": 1,
        "processor_count": os.cpu_count(),
        "different_labels": sum(a != b for a, b in zip(labels, others, strict=True)),
        "networks": networks,
    }
