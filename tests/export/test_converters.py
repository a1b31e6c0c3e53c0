"""The real converters, where their environments exist; MOUE_REQUIRE_CONVERTERS installs them.

pytest -m converters
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from moue.errors import ConfigError, MoueError
from moue.export import environment, formats, vectors
from moue.export.converter_table import CONVERTERS, FORMATS, Converter, Format
from moue.export.networks import CLASSIFIER
from moue.predict.predictor import AnyPredictor, Predictor
from moue.training import networks
from moue.training.checkpoint import Checkpoint
from moue.training.onnx_export import to_bytes
from moue.training.recipes import RECIPES
from moue.workspace.types import LABELS

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


@pytest.fixture
def own_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An untrained network of the user's own, with a layer of each kind that moue exports."""
    torch = pytest.importorskip("torch")
    nn, functional = torch.nn, torch.nn.functional

    class Own(nn.Module):
        def __init__(self, labels: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.grouped = nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=2)
            self.dilated = nn.Conv2d(8, 16, 3, dilation=2, padding=2)
            self.norm, self.last = nn.BatchNorm2d(8), nn.Linear(32, labels)
            self.mean, self.largest = nn.AvgPool2d(2, 2), nn.MaxPool2d(3, 2, 1)
            self.elu = nn.ELU()

        def forward(self, x):
            x = functional.gelu(self.norm(self.grouped(functional.silu(self.first(x)))))
            x = functional.leaky_relu(self.dilated(self.mean(x)), 0.1)
            x = self.largest(torch.cat([self.elu(x), torch.tanh(x)], 1))
            return self.last((torch.sigmoid(x) * 2 - 0.5 * x).mean((2, 3)))

    torch.manual_seed(3)
    monkeypatch.setitem(networks.OWN, "own:own.py:Own:0", Own)
    spec = dataclasses.replace(RECIPES["fast"].spec(LABELS), network="own:own.py:Own:0")
    weights = networks.build(spec.network, spec.labels).state_dict()
    path = tmp_path / "own.onnx"
    path.write_bytes(to_bytes(Checkpoint(spec=spec, weights=weights)))
    return path


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("form", CONVERTED)
def test_an_own_network_agrees_with_python(own_network: Path, tmp_path: Path, form: Format):
    required(CONVERTERS[form])
    report = formats.export_format(Predictor.load(own_network), tmp_path / form, form)
    assert report["networks"][CLASSIFIER]["largest_difference"] < 1e-5


def test_a_network_that_a_converter_cannot_read_is_named(tmp_path: Path):
    from moue.export.run_networks import Exported, run_converter

    converter = CONVERTERS["ncnn"]
    required(converter)
    python = converter.environment(print, None)
    network = Exported("broken", b"no ONNX file", [], [])
    with pytest.raises(MoueError, match="broken: the converter failed"):
        run_converter(converter, network, tmp_path, python)
