from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from drawing import drawn, save
from moue import Predictor
from moue.cli import main
from moue.dataset.crop import CropJob as CropJob
from moue.dataset.crop import CropSettings, crop_mouths
from moue.dataset.detect_faces import DetectJob as DetectJob
from moue.dataset.detect_faces import analyse_picture
from moue.demo.raw_folder import demo_pictures
from moue.errors import CheckpointError, ImageError, ModelError
from moue.face.backends import FaceSettings
from moue.face.mouth_crop import crop_square
from moue.files import move_into_place
from moue.media.draw import COLOURS, UNSURE
from moue.media.image import read_image, resize_to_fit
from moue.predict.batch import BatchItem, PredictorConfig, predict_files
from moue.predict.predictor import annotate
from moue.workspace.types import LABELS


@pytest.fixture(scope="module")
def photo():
    """A bundled picture of nobody."""
    return next(demo_pictures()).path


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """Two faces of different sizes beside each other."""
    left, right = (read_image(p.path) for p in list(demo_pictures())[4:12:4])
    small = resize_to_fit(right, right.shape[0] * 2 // 3)
    canvas = np.full((left.shape[0], left.shape[1] + small.shape[1], 3), 127, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[-small.shape[0] :, left.shape[1] :] = small
    return save(tmp_path_factory.mktemp("group") / "两张脸.png", canvas)


def call(*arguments):
    return main([str(a) for a in arguments])


def test_a_path_and_an_array_give_the_same_faces(model, photo):
    predictor = Predictor.load(model)
    by_path = predictor.predict(photo)
    by_array = predictor.predict(read_image(photo))
    assert len(by_path) == len(by_array) == 1
    assert np.allclose(by_path[0].face.mouth_box, by_array[0].face.mouth_box, atol=3)


def test_a_prediction_is_one_of_the_labels_with_probabilities_that_sum_to_one(model, photo):
    (found,) = Predictor.load(model).predict(photo)
    assert found.label in LABELS
    assert found.probability == max(found.probabilities.values())
    assert sum(found.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_every_face_is_given_largest_first(model, group):
    faces = Predictor.load(model).predict(group)
    assert len(faces) == 2
    assert faces[0].face.size > faces[1].face.size


def test_no_face_is_an_empty_list(model):
    assert Predictor.load(model).predict(drawn(1, 200, 200)) == []


def test_training_and_prediction_cut_the_same_pixels(model, photo, tmp_path):
    seen = analyse_picture(DetectJob("a", photo, "photo"), FaceSettings())
    job = CropJob("a", photo, seen.faces, (tmp_path / "m.png",), None)
    move_into_place(crop_mouths(job, CropSettings()).files)
    predictor = Predictor.load(model)
    (found,) = predictor.predict(photo)
    again = crop_square(read_image(photo), found.face.mouth_box)
    assert (read_image(tmp_path / "m.png") == again).all()
    probabilities = predictor.classifier.probabilities([read_image(tmp_path / "m.png")])[0]
    assert probabilities.tolist() == list(found.probabilities.values())


def test_a_broken_file_raises_and_a_missing_model_says_so(model, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff broken")
    with pytest.raises(ImageError):
        Predictor.load(model).predict(broken)
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        Predictor.load(tmp_path / "nowhere.onnx")
    with pytest.raises(CheckpointError, match=r"broken\.jpg"):
        Predictor.load(broken)


def test_json_lines_have_the_documented_shape(model, photo, group, tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(photo, folder / "a.jpg")
    shutil.copy(group, folder)
    (folder / "b.jpg").write_text("no picture")
    assert call("predict", folder, "--model", model, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"].rsplit("/", 1)[1] for line in lines] == ["a.jpg", "b.jpg", "两张脸.png"]
    good, broken, two = lines
    assert good["error"] is None
    assert set(good) == {"file", "width", "height", "min_face", "error", "note", "faces"}
    (face,) = good["faces"]
    assert set(face) == {
        "box",
        "score",
        "lips",
        "mouth_box",
        "roll",
        "backend",
        "label",
        "probability",
        "probabilities",
        "measures",
    }
    assert set(face["measures"]) == {"opening", "width", "smile_left", "smile_right", "pucker"}
    assert list(face["probabilities"]) == list(LABELS)
    assert broken["faces"] == []
    assert "not_an_image" in broken["error"]
    assert len(two["faces"]) == 2


def test_annotated_copies_keep_names_apart_and_leave_the_originals(model, photo, tmp_path, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    save(folder / "deep" / "a.png", read_image(photo))
    save(folder / "deep" / "a.jpg", read_image(photo))
    before = {p: p.read_bytes() for p in folder.rglob("*.*")}
    assert call("predict", folder, "--model", model, "--annotated", out) == 0
    written = sorted(p.relative_to(out).as_posix() for p in out.rglob("*.jpg"))
    assert written == ["deep/a.jpg", "deep/a.png.jpg"]
    assert read_image(out / "deep/a.jpg").shape == read_image(photo).shape
    assert {p: p.read_bytes() for p in folder.rglob("*.*")} == before


def test_annotated_copies_never_take_the_place_of_originals(model, photo, tmp_path, capsys):
    folder = tmp_path / "in"
    save(folder / "a.jpg", read_image(photo))
    before = (folder / "a.jpg").read_bytes()
    assert call("predict", folder, "--model", model, "--annotated", folder) == 1
    assert "choose another folder for --annotated" in capsys.readouterr().err
    assert (folder / "a.jpg").read_bytes() == before


@pytest.mark.parametrize("command", [["predict", "--csv"], ["compare-detectors", "--sheet"]])
def test_a_table_or_sheet_never_takes_the_place_of_an_original(photo, tmp_path, capsys, command):
    original = save(tmp_path / "in" / "a.jpg", read_image(photo))
    before = original.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    name, flag = command
    arguments = (name, tmp_path / "in", flag, tmp_path / "link" / "a.jpg", "--overwrite")
    assert call(*arguments) == 1
    assert "is one of the input files" in capsys.readouterr().err
    assert original.read_bytes() == before


def test_annotated_copies_of_one_name_from_two_folders_both_stay(model, photo, tmp_path, capsys):
    files = [tmp_path / "one" / "a.jpg", tmp_path / "two" / "a.jpg"]
    for file in files:
        save(file, read_image(photo))
    assert call("predict", *files, "--model", model, "--annotated", tmp_path / "out") == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a-2.jpg", "a.jpg"]


def test_a_csv_has_a_line_for_each_face(model, group, tmp_path, capsys):
    table = tmp_path / "out" / "mouths.csv"
    assert call("predict", group, "--model", model, "--csv", table) == 0
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [row["face"] for row in rows] == ["0", "1"]
    assert rows[0]["label"] in LABELS
    assert [name for name in rows[0] if name.startswith("p_")] == [f"p_{n}" for n in LABELS]
    for row in rows:
        shares = {name: float(row[f"p_{name}"]) for name in LABELS}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
        assert float(row["probability"]) == shares[row["label"]] == max(shares.values())
        assert 0.5 < float(row["score"]) <= 1
        assert abs(float(row["roll"])) < 15


def test_the_score_of_a_face_is_printed_and_low_ones_are_left_out(model, group, capsys):
    assert call("predict", group, "--model", model) == 0
    assert len(re.findall(r"% \(face 0\.\d+\)", capsys.readouterr().out)) == 2
    scores = [one.face.score for one in Predictor.load(model).predict(group)]
    between = str(sum(scores) / 2)
    assert call("predict", group, "--model", model, "--min-score", between, "--json") == 0
    (left,) = json.loads(capsys.readouterr().out)["faces"]
    assert left["score"] == pytest.approx(max(scores), abs=1e-3)
    assert call("predict", group, "--model", model, "--min-score", "1") == 0
    assert "no face" in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["haar", "haar-tutorial"])
def test_a_backend_without_rotated_search_says_so_where_it_finds_no_face(backend, photo, tmp_path):
    blank = np.full((120, 160, 3), 90, np.uint8)
    predictor = Predictor.load(face=FaceSettings(backend=backend))
    assert f"the backend {backend} finds upright heads only" in predictor.predict_file(blank).note
    assert predictor.predict_file(photo).note is None
    assert Predictor.load(face=FaceSettings(backend="moue")).predict_file(blank).note is None


def test_low_scores_are_left_out_by_the_library_too(model, group):
    every = Predictor.load(model).predict(group)
    between = sum(one.face.score for one in every) / 2
    sure = Predictor.load(model, FaceSettings(min_score=between)).predict(group)
    assert [one.face.score for one in sure] == [max(one.face.score for one in every)]


def test_a_video_has_a_line_for_each_frame_and_an_annotated_copy(model, photo, tmp_path, capsys):
    pytest.importorskip("av")
    from moue.media.video import frames, write_video

    clip = tmp_path / "clip.mp4"
    with write_video(clip) as add:
        for number in range(5):
            add(read_image(photo), number / 5)
    out = tmp_path / "out"
    assert call("predict", clip, "-m", model, "--json", "--every", 0.4, "--annotated", out) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["time"] for line in lines] == pytest.approx([0, 0.4, 0.8], abs=0.02)
    assert [line["frame"] for line in lines] == [0, 2, 4]
    assert all(len(line["faces"]) == 1 for line in lines)
    assert len(list(frames(out / "clip.mp4.mp4"))) == 3


def test_the_frames_of_a_video_are_counted_on_stderr(model, photo, tmp_path, capsys):
    pytest.importorskip("av")
    from moue.media.video import write_video

    clip = tmp_path / "clip.mp4"
    with write_video(clip) as add:
        for number in range(3):
            add(read_image(photo), number / 5)
    assert call("predict", clip, "-m", model, "--json") == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert "clip.mp4: 3 in" in err


def test_a_file_gives_its_pixels_with_its_result(model, photo, tmp_path):
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


def test_a_picture_is_decoded_whole_once_for_its_copy(model, photo, tmp_path, monkeypatch):
    import simplejpeg

    decoded = []
    decode = simplejpeg.decode_jpeg

    def counting(data, colorspace="RGB", **more):
        decoded.append(colorspace)
        return decode(data, colorspace, **more)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", counting)
    assert call("predict", photo, "--model", model, "--annotated", tmp_path / "out") == 0
    assert decoded.count("RGB") == 1


@pytest.fixture(scope="module")
def many(photo, tmp_path_factory):
    """More files than one process is left with, some of them bad, and a video among them."""
    folder = tmp_path_factory.mktemp("many")
    small = resize_to_fit(read_image(photo), 160)
    for number in range(40):
        path = folder / f"{number:03d}.jpg"
        if number % 9 == 4:
            path.write_bytes(b"\xff\xd8\xff broken" if number % 2 else b"")
        elif number == 20:
            shutil.copy(_clip(folder / "clip.mp4", small), path)
            (folder / "clip.mp4").unlink()
        else:
            save(path, small if number % 3 else drawn(number, 40, 60))
    return folder


def _clip(path, image):
    pytest.importorskip("av")
    from moue.media.video import write_video

    with write_video(path) as add:
        for number in range(2):
            add(image, number / 5)
    return path


def test_over_processes_the_results_come_in_order_and_are_the_same(model, many, tmp_path, capsys):
    printed, copies = [], []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        assert call("predict", many, "-m", model, "--json", "--annotated", out,
                    "--backend", "haar", "--workers", workers) == 0  # fmt: skip
        printed.append(capsys.readouterr().out)
        copies.append({p.name: p.read_bytes() for p in out.iterdir() if p.suffix == ".jpg"})
    assert printed[0] == printed[1]
    assert copies[0] == copies[1]
    lines = [json.loads(line) for line in printed[1].splitlines()]
    assert [line["file"] for line in lines] == sorted(line["file"] for line in lines)
    assert len(lines) == 41
    assert sum(line["error"] is not None for line in lines) == 4
    assert sum(len(line["faces"]) for line in lines) > 20


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has such a file")
def test_a_file_that_cannot_be_read_at_all_does_not_stop_the_others(model, photo, capsys):
    assert call("predict", "/proc/self/mem", photo, "-m", model, "--json") == 0
    bad, good = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert bad["error"]
    assert good["faces"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other terminals")
def test_on_one_terminal_there_are_results_and_a_bar(model, photo):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "moue", "predict", str(photo), "-m", str(model)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux tells that the other side is closed
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert photo.name.encode() in shown.replace(b"\r\n", b"")
    assert b"1/1" in shown


def test_results_are_printed_while_the_rest_is_still_done(model, photo, capsys):
    taken = []

    def sources():
        for number in range(500):
            taken.append(number)
            yield BatchItem(photo)

    results = predict_files(sources(), PredictorConfig(model, FaceSettings(backend="haar")), 1, 500)
    next(results)
    assert len(taken) < 10


def test_when_no_file_could_be_read_the_exit_code_is_1(model, photo, tmp_path, capsys):
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    assert call("predict", broken, "--model", model, "--json") == 1
    out, err = capsys.readouterr()
    assert "not_an_image" in json.loads(out)["error"]
    assert err.splitlines()[-1].startswith("moue: no file could be read: not_an_image")
    assert call("predict", broken, photo, "--model", model) == 0
    (tmp_path / "nothing").mkdir()
    assert call("predict", tmp_path / "nothing", "--model", model) == 1


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


def cautious(model, folder):
    """The same model, which never keeps an error of 0.01 and always one of 0.1."""
    return respecified(model, folder, abstention_thresholds=((0.01, 1.0), (0.1, 0.0)))


def test_where_the_model_is_not_sure_enough_there_is_no_label(model, photo, tmp_path):
    careful = cautious(model, tmp_path)
    (plain,) = Predictor.load(careful).predict(photo)
    (bold,) = Predictor.load(careful, max_error=0.1).predict(photo)
    (unsure,) = Predictor.load(careful, max_error=0.01).predict(photo)
    assert plain.label == bold.label is not None
    assert unsure.label is None
    assert unsure.to_dict()["label"] is None
    assert unsure.probability == plain.probability == max(plain.probabilities.values())
    assert unsure.probabilities == plain.probabilities
    assert unsure.describe() == f"unsure {plain.probability:.0%}"


def test_the_command_prints_unsure_null_and_nothing(model, photo, tmp_path, capsys):
    careful, table = cautious(model, tmp_path), tmp_path / "mouths.csv"
    arguments = ["predict", photo, "--model", careful, "--max-error", 0.01]
    assert call(*arguments, "--csv", table) == 0
    assert f"{photo}: unsure " in capsys.readouterr().out
    (row,) = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert row["label"] == ""
    assert 0 < float(row["probability"]) < 1
    assert call(*arguments, "--json") == 0
    (face,) = json.loads(capsys.readouterr().out)["faces"]
    assert face["label"] is None
    assert face["probability"] == max(face["probabilities"].values())


def test_an_unsure_mouth_is_drawn_in_a_colour_of_no_label(model, photo, tmp_path):
    image = read_image(photo)
    careful = cautious(model, tmp_path)
    (bold,), (unsure,) = (
        Predictor.load(careful, max_error=error).predict(photo) for error in (0.1, 0.01)
    )
    grey = np.array([int(UNSURE[i : i + 2], 16) for i in (1, 3, 5)])
    count = [(annotate(image, (face,)) == grey).all(axis=2).sum() for face in (bold, unsure)]
    assert count[0] < count[1] > 500
    assert UNSURE not in COLOURS.values()


def test_an_error_that_the_model_cannot_be_held_to_is_named(model, photo, tmp_path, capsys):
    careful = cautious(model, tmp_path)
    with pytest.raises(ModelError, match=r"maximum error of 0\.5; it has them for 0\.01, 0\.1"):
        Predictor.load(careful, max_error=0.5)
    assert call("predict", photo, "--model", model, "--max-error", 0.02) == 1
    assert "the model has no threshold" in capsys.readouterr().err


def learnt_with(model, folder, backend):
    """The same model, as if its mouths had been found by `backend`."""
    return respecified(model, folder, face_backend=backend, crop_scale=2.0)


def respecified(model, folder, **values):
    """The same model with another spec."""
    import dataclasses

    from moue.training import checkpoint, onnx_export

    known = checkpoint.load(model.parent / "best.pt")
    spec = dataclasses.replace(known.spec, **values)
    checkpoint.save(dataclasses.replace(known, spec=spec), folder / "best.pt")
    onnx_export.export(folder, folder / "model.onnx")
    return folder / "model.onnx"


def test_faces_are_found_as_they_were_for_the_training(model, photo, tmp_path):
    (face,) = Predictor.load(learnt_with(model, tmp_path, "haar")).predict(photo)
    assert face.face.landmarks is None
    width = face.face.lips[2] - face.face.lips[0]
    assert face.face.mouth_box[2] - face.face.mouth_box[0] == pytest.approx(2 * width, rel=1e-4)


def test_another_way_of_finding_mouths_is_warned_of(model, photo, tmp_path, capsys):
    other = learnt_with(model, tmp_path, "haar-tutorial")
    with pytest.warns(UserWarning, match="backend haar-tutorial, but haar is used here"):
        Predictor.load(other, FaceSettings(backend="haar"))
    assert call("predict", photo, "--model", other, "--backend", "haar") == 0
    assert (
        "note: the model was trained on crops of the backend haar-tutorial"
        in capsys.readouterr().err
    )
