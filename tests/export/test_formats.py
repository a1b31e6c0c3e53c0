"""`moue export --format`: all networks in the format of another runtime, with a report."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from commands import call
from moue.errors import ExportError, FileTaken
from moue.export import environment, formats
from moue.export.web_model import CLASSIFIER, FACE_NETWORKS
from moue.predict.predictor import AnyPredictor, Predictor


@pytest.mark.slow
def test_onnx_has_all_networks_and_a_report(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("export", "all", "--format", "onnx") == 0
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert names == {f"{name}.onnx" for name in (CLASSIFIER, *FACE_NETWORKS)} | {
        "model.json",
        "report.json",
    }
    report = json.loads((tmp_path / "all/report.json").read_text())
    assert report["networks"].keys() == {CLASSIFIER, *FACE_NETWORKS}
    for row in report["networks"].values():
        assert row["vectors"] == formats.VECTORS
        assert row["largest_difference"] == 0
        assert row["format_ms"] > 0
    assert "0 labels differ" in capsys.readouterr().out
    assert call("export", "all", "--format", "onnx") == 1
    assert "--overwrite" in capsys.readouterr().err


def test_a_file_of_another_format_needs_the_flag(tmp_path: Path, capsys):
    assert call("export", tmp_path / "mouth.xml") == 2
    assert "--format" in capsys.readouterr().err
    assert call("export", "--web", tmp_path / "page", "--format", "onnx") == 2


def test_a_folder_with_files_stays_as_it_is(predictor: AnyPredictor, tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileTaken):
        formats.export_format(predictor, tmp_path, "onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_only_the_backend_moue_is_exported(tmp_path: Path):
    with pytest.raises(ExportError, match="mediapipe"):
        formats.export_format(Predictor.load(licence="free"), tmp_path / "new", "onnx")


WRONG = """
import sys, pathlib
import numpy as np
models, vectors, out = map(pathlib.Path, sys.argv[1:4])
for path in vectors.glob("*.npz"):
    count = len(np.load(path).files)
    width = 4 if path.stem == "classifier" else 1
    results = {f"o{n}": np.full((1, width), 0.5, np.float32) for n in range(count)}
    np.savez(out / path.name, seconds=np.ones(count), **results)
"""


def test_a_conversion_with_other_probabilities_is_refused(
    predictor: AnyPredictor, tmp_path: Path, monkeypatch
):
    script = tmp_path / "wrong.py"
    script.write_text(WRONG)
    monkeypatch.setattr(formats, "VECTORS", 3)
    monkeypatch.setattr(formats, "environment_python", lambda *_: Path(sys.executable))
    monkeypatch.setitem(formats.CONVERTERS, "openvino", formats.Converter(str(script), (), "MIT"))
    with pytest.raises(ExportError, match="probability differs"):
        formats.export_format(predictor, tmp_path / "new", "openvino")
    assert not (tmp_path / "new").exists()


def test_a_failing_converter_is_named(tmp_path: Path):
    script = tmp_path / "fails.py"
    script.write_text("raise SystemExit('out of patience')")
    with pytest.raises(ExportError, match="out of patience"):
        environment.run_script(Path(sys.executable), script)
