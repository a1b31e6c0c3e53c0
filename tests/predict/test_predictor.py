from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from drawing import drawn, save
from moue import Predictor
from moue.dataset.crop import CropJob, CropSettings, crop_mouths
from moue.dataset.detect_faces import DetectJob, analyse_picture
from moue.errors import CheckpointError, ImageError, ModelError
from moue.face.backends import FaceSettings
from moue.face.mouth_crop import crop_square
from moue.media.image import read_image
from moue.store import move_into_place
from moue.workspace.types import LABELS


def test_a_path_and_an_array_give_the_same_faces(model, photo):
    predictor = Predictor.load(model)
    by_path = predictor.predict(photo)
    by_array = predictor.predict(read_image(photo))
    assert len(by_path) == len(by_array) == 1
    assert np.allclose(by_path[0].face.mouth_box, by_array[0].face.mouth_box, atol=3)


def test_a_prediction_has_a_label_and_probabilities(model, photo):
    (found,) = Predictor.load(model).predict(photo)
    assert found.label in LABELS
    assert found.probability == max(found.probabilities.values())
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_faces_come_largest_first(model, group):
    faces = Predictor.load(model).predict(group)
    assert len(faces) == 2
    assert faces[0].face.size > faces[1].face.size


def test_no_face_gives_an_empty_list(model):
    assert Predictor.load(model).predict(drawn(1, 200, 200)) == []


def test_training_and_prediction_use_the_same_crop(model, photo, tmp_path):
    seen = analyse_picture(DetectJob("a", photo, "photo"), FaceSettings())
    job = CropJob("a", photo, seen.faces, (tmp_path / "m.png",), None)
    move_into_place(crop_mouths(job, CropSettings()).files)
    predictor = Predictor.load(model)
    (found,) = predictor.predict(photo)
    again = crop_square(read_image(photo), found.face.mouth_box)
    assert (read_image(tmp_path / "m.png") == again).all()
    probabilities = predictor.classifier.probabilities([read_image(tmp_path / "m.png")])[0]
    assert probabilities.tolist() == list(found.probabilities.values())


def test_damaged_files_and_missing_models_raise_errors(model, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(ImageError):
        Predictor.load(model).predict(broken)
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        Predictor.load(tmp_path / "nowhere.onnx")
    with pytest.raises(CheckpointError, match=r"broken\.jpg"):
        Predictor.load(broken)


def test_min_score_of_the_predictor_leaves_out_faces(model, group):
    every = Predictor.load(model).predict(group)
    between = sum(one.face.score for one in every) / 2
    sure = Predictor.load(model, FaceSettings(min_score=between)).predict(group)
    assert [one.face.score for one in sure] == [max(one.face.score for one in every)]


def test_predict_file_returns_the_pixels_on_request(model, photo, tmp_path):
    predictor = Predictor.load(model)
    result, image = predictor.predict_file(photo, return_image=True)
    assert result.to_dict() == predictor.predict_file(photo).to_dict()
    assert (image == read_image(photo)).all()
    empty = save(tmp_path / "empty.jpg", drawn(1, 200, 200))
    result, image = predictor.predict_file(empty, return_image=True)
    assert result.faces == ()
    assert (image == read_image(empty)).all()
    for name in ("broken.jpg", "missing.jpg"):
        (tmp_path / "broken.jpg").write_text("no picture")
        result, image = predictor.predict_file(tmp_path / name, return_image=True)
        assert result.error
        assert image is None


def test_predict_works_without_torch_dlib_and_av(model, photo):
    code = (
        "import sys, json\n"
        "for name in ('torch', 'dlib', 'av', 'onnx'):\n"
        "    sys.modules[name] = None\n"
        "from moue.cli import main\n"
        f"sys.exit(main(['predict', {str(photo)!r}, '--model', {str(model)!r}, '--json',"
        " '--backend', 'haar']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["faces"]


@pytest.mark.parametrize("backend", ["haar", "haar-tutorial"])
def test_a_backend_without_rotated_search_gives_a_note(backend, photo):
    blank = np.full((120, 160, 3), 90, np.uint8)
    predictor = Predictor.load(face=FaceSettings(backend=backend))
    assert f"the backend {backend} detects upright heads only" in predictor.predict_file(blank).note
    assert predictor.predict_file(photo).note is None
    assert Predictor.load(face=FaceSettings(backend="moue")).predict_file(blank).note is None
