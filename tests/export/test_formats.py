"""`moue export --format`: all networks in the format of another runtime, with a report."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from commands import call
from moue.errors import ExportError, FileTaken
from moue.export import converter_table, formats, run_networks, vectors
from moue.export.conversion_report import summary_lines
from moue.export.networks import CLASSIFIER, FACE_NETWORKS
from moue.face import yunet
from moue.face.backends import FaceSettings
from moue.model import bundled
from moue.predict.predictor import AnyPredictor, Predictor

NETWORKS = {CLASSIFIER, *FACE_NETWORKS["moue"].sides}
FAKE = """
import numpy as np, onnxruntime
def convert(model, target, calibration):
    (target / f"{model.stem}.fake").write_bytes(model.read_bytes())
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    source, outputs = session.get_inputs()[0], [o.name for o in session.get_outputs()]
    dtype = np.uint8 if "uint8" in source.type else np.float32
    def run(value):
        values = session.run(outputs, {source.name: value.astype(dtype)})
        return {name: CHANGE(array) for name, array in zip(outputs, values)}
    return RESULT
"""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three test vectors and six labelled pictures, which take a second."""
    pictures = list(vectors.demo_pictures())[:6]
    monkeypatch.setattr(vectors, "VECTORS", 3)
    monkeypatch.setattr(vectors, "demo_pictures", lambda: iter(pictures))


@pytest.fixture
def fake_converter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that replaces ncnn by a converter which runs ONNX, with a change of its own."""

    def use(change: str = "array", result: str = "'', run") -> None:
        folder = tmp_path / "converters"
        folder.mkdir()
        shutil.copy(run_networks.SCRIPT, folder / "run.py")
        text = FAKE.replace("CHANGE(array)", change).replace("RESULT", result)
        (folder / "fake.py").write_text(text)
        converter = converter_table.Converter("fake", (), "MIT", fixed=True)
        monkeypatch.setattr(run_networks, "SCRIPT", folder / "run.py")
        monkeypatch.setitem(converter_table.CONVERTERS, "ncnn", converter)
        monkeypatch.setattr(converter_table, "environment_python", lambda *_: Path(sys.executable))

    return use


@pytest.mark.slow
def test_onnx_has_all_networks_and_a_report(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("export", "all", "--format", "onnx") == 0
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert names == {f"{name}.onnx" for name in NETWORKS} | {"model.json", "report.json"}
    report = json.loads((tmp_path / "all/report.json").read_text())
    assert report["networks"].keys() == NETWORKS
    for row in report["networks"].values():
        assert row["vectors"] == vectors.VECTORS
        assert row["largest_difference"] == 0
        assert row["format_ms"] > 0
    assert report["accuracy"]["python"] == report["accuracy"]["format"]
    assert report["accuracy"]["inside_interval"]
    assert "0 labels of the vectors differ" in capsys.readouterr().out
    assert call("export", "all", "--format", "onnx") == 1
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.slow
def test_int8_keeps_the_accuracy_and_says_how_it_was_measured(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("export", "small", "--format", "onnx", "--int8") == 0
    report = json.loads((tmp_path / "small/report.json").read_text())
    assert report["precision"] == "int8"
    tested, calibration = report["accuracy"], report["calibration"]
    assert tested["inside_interval"]
    assert tested["format"]["count"] + calibration["count"] == len(list(vectors.demo_pictures()))
    model = json.loads((tmp_path / "small/model.json").read_text())
    assert model["files"][CLASSIFIER]["files"] == ["classifier.onnx"]
    assert model["model"]["abstention_thresholds"] == []  # they hold for float32 only
    size = (tmp_path / "small/classifier.onnx").stat().st_size
    assert size < len(Predictor.load().classifier.content) / 3


@pytest.mark.usefixtures("few")
def test_a_converter_gets_networks_of_fixed_size(
    predictor: AnyPredictor, tmp_path: Path, fake_converter
):
    fake_converter()
    report = formats.export_format(predictor, tmp_path / "new", "ncnn")
    assert report["executed"]
    assert all(row["largest_difference"] == 0 for row in report["networks"].values())
    assert report["different_labels"] == 0
    assert report["accuracy"]["different_labels"] == 0
    model = json.loads((tmp_path / "new/model.json").read_text())
    classifier = model["files"][CLASSIFIER]
    assert classifier["shape"] == [1, 3, 48, 48]
    assert classifier["dtype"] == "float32"
    assert classifier["files"] == ["classifier.fake"]
    assert model["files"]["faces"]["shape"] == [1, 1, 480, 480]


@pytest.mark.usefixtures("few")
def test_other_probabilities_are_refused(predictor: AnyPredictor, tmp_path: Path, fake_converter):
    fake_converter(change="array + 0.01")
    with pytest.raises(ExportError, match=r"probability differs by 0\.01"):
        formats.export_format(predictor, tmp_path / "new", "ncnn")
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("few")
def test_probabilities_that_are_no_numbers_are_refused(
    predictor: AnyPredictor, tmp_path: Path, fake_converter
):
    fake_converter(change="array * np.nan")
    with pytest.raises(ExportError, match="probability differs by nan"):
        formats.export_format(predictor, tmp_path / "new", "ncnn")


@pytest.mark.usefixtures("few")
def test_a_format_that_cannot_run_here_is_reported(
    predictor: AnyPredictor, tmp_path: Path, fake_converter
):
    fake_converter(result="'runs only on the moon', None")
    report = formats.export_format(predictor, tmp_path / "new", "ncnn")
    assert report["executed"] is False
    assert report["reason"] == "runs only on the moon"
    assert report["accuracy"] is None
    assert {row["largest_difference"] for row in report["networks"].values()} == {None}
    lines = summary_lines(report)
    assert lines[-1] == "not executed: runs only on the moon"
    assert lines[0] == "classifier: converted, not executed"


@pytest.mark.usefixtures("few")
def test_what_a_format_would_compute_is_compared(
    predictor: AnyPredictor, tmp_path: Path, fake_converter
):
    fake_converter(result="'runs only on the moon', run")
    report = formats.export_format(predictor, tmp_path / "new", "ncnn")
    assert report["executed"] is False
    assert report["accuracy"] is None
    for row in report["networks"].values():
        assert row["vectors"] == 3
        assert row["largest_difference"] == 0
        assert row["format_ms"] is None
    assert "not executed; the saved program" in summary_lines(report)[0]


@pytest.mark.usefixtures("few")
def test_an_int8_classifier_with_wrong_labels_is_refused(
    predictor: AnyPredictor, tmp_path: Path, monkeypatch
):
    wrong = np.zeros((1, 4), np.float32)
    real = formats.run_converter

    def mirrored(*arguments):
        found = real(*arguments)
        for one in found.labelled:
            one["probabilities"] = wrong + one["probabilities"].min() - one["probabilities"]
        return found

    monkeypatch.setattr(formats, "run_converter", mirrored)
    with pytest.raises(ExportError, match="outside the 95% interval"):
        formats.export_format(predictor, tmp_path / "new", "onnx", int8=True)
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("few")
def test_networks_of_other_backends_are_exported(tmp_path: Path):
    predictor = Predictor.load("mouth", FaceSettings(backend="yunet"))
    report = formats.export_format(predictor, tmp_path / "yunet", "onnx")
    assert report["networks"].keys() == {CLASSIFIER, "yunet"}
    assert len(report["networks"]["yunet"]["differences"]) == 12
    model = json.loads((tmp_path / "yunet/model.json").read_text())
    assert model["face"]["backend"] == "yunet"
    assert bundled.load_card(yunet.NAME, yunet.MODELS).terms in model["model"]["terms"]


def test_a_backend_without_networks_is_refused(tmp_path: Path):
    with pytest.raises(ExportError, match="haar"):
        formats.export_format(
            Predictor.load("mouth", FaceSettings(backend="haar")), tmp_path / "new", "onnx"
        )


def test_a_file_of_another_format_needs_the_flag(tmp_path: Path, capsys):
    assert call("export", tmp_path / "mouth.xml") == 2
    assert "--format" in capsys.readouterr().err
    assert call("export", "--web", tmp_path / "page", "--format", "onnx") == 2


def test_flags_of_formats_need_the_format(tmp_path: Path, capsys):
    for flags in (["--int8"], ["--python", sys.executable]):
        assert call("export", tmp_path / "mouth.onnx", *flags) == 2
        assert "need --format" in capsys.readouterr().err
    assert call("export", tmp_path / "new", "--format", "ncnn", "--int8") == 2
    assert "--int8 is available for onnx, openvino" in capsys.readouterr().err


def test_a_folder_with_files_stays_as_it_is(predictor: AnyPredictor, tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileTaken):
        formats.export_format(predictor, tmp_path, "onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
