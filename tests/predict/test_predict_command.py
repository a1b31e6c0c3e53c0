from __future__ import annotations

import csv
import json
import re
import shutil

import pytest

from drawing import save
from moue import Predictor
from moue.cli import main
from moue.media.image import read_image
from moue.workspace.types import LABELS


def call(*arguments):
    return main([str(a) for a in arguments])


def test_json_lines_have_the_documented_keys(model, photo, group, tmp_path, capsys):
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


def test_annotated_copies_leave_the_originals_unchanged(model, photo, tmp_path, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    save(folder / "deep" / "a.png", read_image(photo))
    save(folder / "deep" / "a.jpg", read_image(photo))
    before = {p: p.read_bytes() for p in folder.rglob("*.*")}
    assert call("predict", folder, "--model", model, "--annotated", out) == 0
    written = sorted(p.relative_to(out).as_posix() for p in out.rglob("*.jpg"))
    assert written == ["deep/a.jpg", "deep/a.png.jpg"]
    assert read_image(out / "deep/a.jpg").shape == read_image(photo).shape
    assert {p: p.read_bytes() for p in folder.rglob("*.*")} == before


def test_annotated_copies_never_overwrite_originals(model, photo, tmp_path, capsys):
    folder = tmp_path / "in"
    save(folder / "a.jpg", read_image(photo))
    before = (folder / "a.jpg").read_bytes()
    assert call("predict", folder, "--model", model, "--annotated", folder) == 1
    assert "choose another folder for --annotated" in capsys.readouterr().err
    assert (folder / "a.jpg").read_bytes() == before


@pytest.mark.parametrize("command", [["predict", "--csv"], ["compare-detectors", "--sheet"]])
def test_a_table_or_sheet_never_overwrites_an_original(photo, tmp_path, capsys, command):
    original = save(tmp_path / "in" / "a.jpg", read_image(photo))
    before = original.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "in")
    name, flag = command
    arguments = (name, tmp_path / "in", flag, tmp_path / "link" / "a.jpg", "--overwrite")
    assert call(*arguments) == 1
    assert "is one of the input files; choose another path" in capsys.readouterr().err
    assert original.read_bytes() == before


def test_annotated_copies_of_equal_names_get_different_names(model, photo, tmp_path, capsys):
    files = [tmp_path / "one" / "a.jpg", tmp_path / "two" / "a.jpg"]
    for file in files:
        save(file, read_image(photo))
    assert call("predict", *files, "--model", model, "--annotated", tmp_path / "out") == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a-2.jpg", "a.jpg"]


def test_a_csv_file_has_a_row_per_face(model, group, tmp_path, capsys):
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


def test_min_score_leaves_out_faces_and_scores_are_printed(model, group, capsys):
    assert call("predict", group, "--model", model) == 0
    assert len(re.findall(r"% \(face 0\.\d+\)", capsys.readouterr().out)) == 2
    scores = [one.face.score for one in Predictor.load(model).predict(group)]
    between = str(sum(scores) / 2)
    assert call("predict", group, "--model", model, "--min-score", between, "--json") == 0
    (left,) = json.loads(capsys.readouterr().out)["faces"]
    assert left["score"] == pytest.approx(max(scores), abs=1e-3)
    assert call("predict", group, "--model", model, "--min-score", "1") == 0
    assert "no face" in capsys.readouterr().out


def test_a_video_has_a_line_per_frame_and_an_annotated_copy(model, photo, tmp_path, capsys):
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


def test_video_frames_are_counted_on_stderr(model, photo, tmp_path, capsys):
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
