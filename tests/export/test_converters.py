"""The real converters, where their environments exist; MOUE_REQUIRE_CONVERTERS installs them.

pytest -m converters
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from moue.errors import ConfigError, MoueError
from moue.export import environment, formats, vectors
from moue.export.converter_table import CONVERTERS, FORMATS, Converter, Format
from moue.export.networks import CLASSIFIER
from moue.predict.predictor import AnyPredictor, Predictor

pytestmark = [pytest.mark.converters, pytest.mark.slow]
REQUIRED = "MOUE_REQUIRE_CONVERTERS"
CONVERTED = [form for form in FORMATS if CONVERTERS[form].module is not None]
INT8: tuple[Format, ...] = ("openvino", "litert")


def required(converter: Converter) -> None:
    """Skip the test if the environment of a converter does not exist."""
    if os.environ.get(REQUIRED):
        return
    try:
        python, version = environment.base_python(None, converter.python)
    except ConfigError as error:
        pytest.skip(str(error))
    if not environment.folder_of(converter.requirements, version).is_dir():
        pytest.skip(f"the converter is not installed; set {REQUIRED} to install it with {python}")


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty test vectors and as many labelled pictures."""
    pictures = list(vectors.demo_pictures())[:20]
    monkeypatch.setattr(vectors, "VECTORS", 20)
    monkeypatch.setattr(vectors, "demo_pictures", lambda: iter(pictures))


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("form", CONVERTED)
def test_a_format_agrees_with_python(predictor: AnyPredictor, tmp_path: Path, form: Format):
    required(CONVERTERS[form])
    report = formats.export_format(predictor, tmp_path / form, form)
    assert report["executed"] == (form != "coreml" or sys.platform == "darwin")
    assert all(row["largest_difference"] < 1e-3 for row in report["networks"].values())
    if report["executed"]:
        assert report["different_labels"] == 0
        assert report["accuracy"]["different_labels"] == 0


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("form", INT8)
def test_int8_makes_the_classifier_smaller(predictor: AnyPredictor, tmp_path: Path, form: Format):
    required(CONVERTERS[form])
    sizes = []
    for int8 in (False, True):
        folder = tmp_path / str(int8)
        report = formats.export_format(predictor, folder, form, int8=int8)
        assert report["accuracy"]["inside_interval"]
        found = folder.glob(f"{CLASSIFIER}.*")
        sizes.append(sum(path.stat().st_size for path in found))
    assert sizes[1] < sizes[0] / 2


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("form", ["litert", "coreml", "ncnn"])
def test_a_classifier_with_the_face_mesh_agrees_with_python(tmp_path: Path, form: Format):
    required(CONVERTERS[form])
    report = formats.export_format(Predictor.load("free"), tmp_path / form, form)
    assert report["networks"].keys() == {CLASSIFIER, "blazeface", "mesh"}
    assert all(row["largest_difference"] < 1e-3 for row in report["networks"].values())


def test_a_network_that_a_converter_cannot_read_is_named(tmp_path: Path):
    from moue.export.run_networks import Exported, run_converter

    converter = CONVERTERS["ncnn"]
    required(converter)
    python = converter.environment(print, None)
    network = Exported("broken", b"no ONNX file", [], [])
    with pytest.raises(MoueError, match="broken: the converter failed"):
        run_converter(converter, network, tmp_path, python)
