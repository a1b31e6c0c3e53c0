from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawing import drawn, save
from moue.cli import main
from moue.demo.raw_folder import demo_pictures
from moue.errors import ModelError
from moue.face.backends import FaceSettings, available_backends
from moue.face.checksum import verify_sha256
from moue.face.compare_detectors import (
    DetectorComparison,
    DetectorResult,
    match_faces,
    run_detector,
)
from moue.face.detector_sheet import ROWS, SIDE, WIDEST, Differences
from moue.media.image import read_image, resize_to_fit
from moue.workspace.types import Face


def face(x, y=0.0, width=20.0):
    lips = np.array([x, y, x + width, y + 10], np.float32)
    return Face(lips, 1.0, None, lips, lips)


def seen(name="a.jpg", **faces):
    return DetectorResult(name, faces, dict.fromkeys(faces, 0.01))


def test_faces_match_where_lips_overlap_best_pair_first():
    assert match_faces([face(0), face(100)], [face(95), face(0), face(300)]) == [
        (0, 1, 1.0),
        (1, 0, pytest.approx(15 / 25)),
    ]
    assert match_faces([face(0)], [face(20)]) == []
    assert match_faces([], [face(0)]) == []


places = st.lists(st.integers(0, 200).map(face), max_size=6)


@given(places, places)
def test_each_face_is_in_at_most_one_pair(one, other):
    pairs = match_faces(one, other)
    assert len({i for i, _, _ in pairs}) == len({j for _, j, _ in pairs}) == len(pairs)
    assert all(0 < overlap <= 1 for _, _, overlap in pairs)
    assert sorted(o for _, _, o in pairs) == sorted(o for _, _, o in match_faces(other, one))


def test_the_table_has_counts_time_and_agreement():
    comparison = DetectorComparison(["a", "b"])
    comparison.add(seen(a=[face(0), face(100)], b=[face(5)]))
    comparison.add(seen(a=[], b=[face(0)]))
    figures = comparison.to_dict()
    assert figures["pictures"] == 2
    assert figures["detectors"]["a"] == {
        "faces": 2, "pictures_with_a_face": 1, "faces_no_other_has": 1, "milliseconds": 10.0,
    }  # fmt: skip
    assert figures["detectors"]["b"]["faces_no_other_has"] == 1
    assert figures["agreement"]["a"]["b"] == {"found_too": 0.5, "lips_iou": 0.6}
    assert figures["agreement"]["b"]["a"] == {"found_too": 0.5, "lips_iou": 0.6}


def test_agreement_without_detections_is_undefined():
    comparison = DetectorComparison(["a", "b"])
    comparison.add(seen(a=[], b=[]))
    assert comparison.to_dict()["agreement"]["a"]["b"] == {"found_too": None, "lips_iou": None}


def test_every_detector_gets_its_own_copy_of_the_picture():
    given = []

    def detector(picture):
        given.append(picture)
        return [face(picture.width)]

    image = drawn(0, 40, 60)
    found = run_detector(image, "a", {"a": detector, "b": detector})
    assert found.faces["b"][0].box[0] == 60
    assert given[0] is not given[1]
    assert set(found.seconds) == {"a", "b"}


def test_the_sheet_shows_the_greatest_differences():
    differences = Differences()
    for number in range(3 * ROWS):
        some = [face(30 * i, width=10) for i in range(number % 30)]
        differences.add(seen(f"{number}.jpg", a=some, b=[]), drawn(number, 200, 900))
    picture = differences.sheet()
    assert picture.shape[1] == WIDEST * (SIDE + 12) + 12
    assert picture.shape[0] > ROWS // (WIDEST // 2) * SIDE
    assert Differences().sheet().shape[0] > 0


def test_pictures_without_a_difference_are_not_kept():
    differences = Differences()
    differences.add(seen(a=[face(0)], b=[face(0)]), drawn(0, 40, 60))
    assert differences.sheet().shape == Differences().sheet().shape


def test_a_model_file_needs_the_known_checksum(tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(ModelError, match="does not exist; name it"):
        verify_sha256(path, "0" * 64, "name it")
    path.write_bytes(b"abc")
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert verify_sha256(path, abc, "name it") == path
    path.write_bytes(b"abd, longer")
    with pytest.raises(ModelError, match="is not the expected model"):
        verify_sha256(path, abc, "name it")


def test_the_command_compares_installed_backends(tmp_path, capsys):
    for number, picture in enumerate(list(demo_pictures())[:2]):
        save(tmp_path / "in" / f"{number}.jpg", resize_to_fit(read_image(picture.path), 200))
    (tmp_path / "in" / "bad.jpg").write_text("no picture")
    sheet = tmp_path / "out" / "sheet.jpg"
    arguments = ["compare-detectors", str(tmp_path / "in"), "--sheet", str(sheet)]
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    figures = json.loads(out)
    assert list(figures["detectors"]) == available_backends(FaceSettings())
    assert figures["pictures"] == 2
    assert figures["detectors"]["haar"]["faces"] == 2
    assert "bad.jpg: not_an_image" in err
    assert read_image(sheet).size
    assert main([*arguments, "--backend", "haar"]) == 1  # the sheet is there already
    assert "--overwrite" in capsys.readouterr().err
    assert main([*arguments, "--backend", "haar", "--overwrite"]) == 0
    text = capsys.readouterr().out
    assert "2 of 2" in text
    assert "dlib68" not in text


def test_unreadable_pictures_only_exit_with_1(tmp_path, capsys):
    (tmp_path / "bad.jpg").write_text("no picture")
    arguments = ["compare-detectors", str(tmp_path), "--sheet", str(tmp_path / "s.jpg")]
    assert main(arguments) == 1
    assert "no picture could be read" in capsys.readouterr().err
    assert not (tmp_path / "s.jpg").exists()


def test_the_sheet_is_written_only_into_a_workspace(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = next(demo_pictures())
    save(tmp_path / "in" / "a.jpg", resize_to_fit(read_image(picture.path), 200))
    arguments = ["compare-detectors", "in", "--backend", "haar"]
    assert main(arguments) == 0
    assert "use --sheet FILE.jpg" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert main(["init", "-w", "w"]) == 0
    for _ in range(2):
        assert main([*arguments, "-w", "w"]) == 0
    place = tmp_path / "w" / "reports" / "detectors.jpg"
    assert f"contact sheet of the largest differences: {place}" in capsys.readouterr().out
    assert read_image(place).size
