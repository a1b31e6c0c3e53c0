"""Predictions follow the spec of the model: its abstention thresholds, backend and crop scale."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from moue import Predictor
from moue.cli import main
from moue.errors import ModelError
from moue.face.backends import FaceSettings
from moue.media.draw import COLOURS, UNSURE
from moue.media.image import read_image
from moue.predict.annotate import annotate


def call(*arguments):
    return main([str(a) for a in arguments])


def abstaining_model(model, folder):
    """The model with thresholds: it always abstains at 0.01 and never at 0.1."""
    return with_other_spec(model, folder, abstention_thresholds=((0.01, 1.0), (0.1, 0.0)))


def trained_with(model, folder, backend):
    """The model, as if trained on crops of `backend`."""
    return with_other_spec(model, folder, face_backend=backend, crop_scale=2.0)


def with_other_spec(model, folder, **values):
    """The model with other values in its spec."""
    import dataclasses

    from moue.training import checkpoint, onnx_export

    known = checkpoint.load(model.parent / "best.pt")
    spec = dataclasses.replace(known.spec, **values)
    checkpoint.save(dataclasses.replace(known, spec=spec), folder / "best.pt")
    onnx_export.export(folder, folder / "model.onnx")
    return folder / "model.onnx"


def test_an_abstaining_model_gives_no_label(model, photo, tmp_path):
    abstaining = abstaining_model(model, tmp_path)
    (plain,) = Predictor.load(abstaining).predict(photo)
    (bold,) = Predictor.load(abstaining, max_error=0.1).predict(photo)
    (unsure,) = Predictor.load(abstaining, max_error=0.01).predict(photo)
    assert plain.label == bold.label is not None
    assert unsure.label is None
    assert unsure.to_dict()["label"] is None
    assert unsure.probability == plain.probability == max(plain.probabilities.values())
    assert unsure.probabilities == plain.probabilities
    assert unsure.describe() == f"unsure {plain.probability:.0%}"


def test_the_command_shows_an_abstaining_model(model, photo, tmp_path, capsys):
    abstaining, table = abstaining_model(model, tmp_path), tmp_path / "mouths.csv"
    arguments = ["predict", photo, "--model", abstaining, "--max-error", 0.01]
    assert call(*arguments, "--csv", table) == 0
    assert f"{photo}: unsure " in capsys.readouterr().out
    (row,) = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert row["label"] == ""
    assert 0 < float(row["probability"]) < 1
    assert call(*arguments, "--json") == 0
    (face,) = json.loads(capsys.readouterr().out)["faces"]
    assert face["label"] is None
    assert face["probability"] == max(face["probabilities"].values())


def test_an_unsure_mouth_has_its_own_colour(model, photo, tmp_path):
    image = read_image(photo)
    abstaining = abstaining_model(model, tmp_path)
    (bold,), (unsure,) = (
        Predictor.load(abstaining, max_error=error).predict(photo) for error in (0.1, 0.01)
    )
    grey = np.array([int(UNSURE[i : i + 2], 16) for i in (1, 3, 5)])
    count = [(annotate(image, (face,)) == grey).all(axis=2).sum() for face in (bold, unsure)]
    assert count[0] < count[1] > 500
    assert UNSURE not in COLOURS.values()


def test_an_unknown_maximum_error_is_refused(model, photo, tmp_path, capsys):
    abstaining = abstaining_model(model, tmp_path)
    with pytest.raises(
        ModelError, match=r"maximum error of 0\.5; it has thresholds for 0\.01, 0\.1"
    ):
        Predictor.load(abstaining, max_error=0.5)
    assert call("predict", photo, "--model", model, "--max-error", 0.02) == 1
    assert "the model has no threshold" in capsys.readouterr().err


def test_prediction_uses_the_backend_of_the_training(model, photo, tmp_path):
    (face,) = Predictor.load(trained_with(model, tmp_path, "haar")).predict(photo)
    assert face.face.landmarks is None
    width = face.face.lips[2] - face.face.lips[0]
    assert face.face.mouth_box[2] - face.face.mouth_box[0] == pytest.approx(2 * width, rel=1e-4)


def test_another_backend_gives_a_warning(model, photo, tmp_path, capsys):
    other = trained_with(model, tmp_path, "haar-tutorial")
    with pytest.warns(
        UserWarning, match="face backend haar-tutorial, but the backend haar is used"
    ):
        Predictor.load(other, FaceSettings(backend="haar"))
    assert call("predict", photo, "--model", other, "--backend", "haar") == 0
    assert (
        "note: the model was trained on crops of the face backend haar-tutorial"
        in capsys.readouterr().err
    )
