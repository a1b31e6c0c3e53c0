"""Commands of models and runs, killed at any change of a file, lose nothing and end as asked."""

from __future__ import annotations

import shutil
from itertools import count

import pytest

from commands import call, contents, differences, is_killed, parts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(learnable, tmp_path_factory):
    """A workspace with a run and its report."""
    here = tmp_path_factory.mktemp("trained") / "w"
    stages = ("convert", "clean", "dedupe", "crop", "label", "split")
    for stage in (("collect", learnable, "--kind", "mouth"), *((stage,) for stage in stages),
                  ("train", "--epochs", "1"), ("evaluate",)):  # fmt: skip
        assert call(*stage, "-w", here) == 0
    return here


@pytest.fixture
def copy(trained, tmp_path):
    """Return a copy of that workspace."""
    return lambda name: shutil.copytree(trained, tmp_path / name)


@pytest.mark.parametrize(
    ("command", "kills"),
    [(("evaluate", "--robustness"), (1, 3)), (("train", "--epochs", "1", "--seed", "7"), (2, 9))],
)
def test_the_same_call_completes_a_killed_training(copy, tmp_path, command, kills):
    assert call(*command, "-w", copy("whole")) == 0
    for left in kills:
        here = copy(f"{left}")
        assert is_killed(left, *command, "-w", here)
        assert call(*command, "-w", here) == 0
        assert differences(here, tmp_path / "whole") == []


def test_a_killed_export_leaves_no_file(model, tmp_path):
    target = tmp_path / "out" / "mouth.onnx"
    target.parent.mkdir()
    arguments = ("export", target, "--model", model.parent, "-w", tmp_path / "w")
    for left in (1, 2):
        assert is_killed(left, *arguments)
    assert call(*arguments) == 0
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_size > 0


def test_the_same_call_completes_a_killed_prediction(model, raw_pictures, tmp_path):
    mine = {"out/holiday.jpg": b"mine", "out/.draft.part": b"mine too"}

    def arguments(name):
        here = tmp_path / name
        (here / "out").mkdir(parents=True)
        for file, data in mine.items():
            (here / file).write_bytes(data)
        return here, ("predict", raw_pictures, "-m", model, "--annotated", here / "out",
                      "--csv", here / "a.csv")  # fmt: skip

    whole, command = arguments("whole")
    assert call(*command) == 0
    expected = contents(whole)
    assert len(expected) == len(mine) + 3
    for left in count(1, 2):
        here, command = arguments(f"{left}")
        if not is_killed(left, *command):
            break
        found = contents(here)
        assert found.items() <= expected.items()
        assert mine.items() <= found.items()
        assert call(*command) == 0
        assert contents(here) == expected
        assert parts(here) == []
    assert left > 6


def test_a_killed_prediction_keeps_the_old_table(model, raw_pictures, tmp_path):
    table = tmp_path / "a.csv"
    table.write_bytes(b"mine")
    command = ("predict", raw_pictures, "-m", model, "--csv", table, "--overwrite")
    for left in (1, 2):
        assert is_killed(left, *command)
        assert table.read_bytes() == b"mine"
    assert call(*command) == 0
    assert table.read_bytes().startswith(b"file,")
    assert parts(tmp_path) == []


def test_a_killed_live_session_keeps_the_old_files(model, frames, tmp_path):
    pytest.importorskip("av")
    from moue.media.video import frame_count

    def fresh(name):
        video, timeline = tmp_path / name / "v" / "a.mp4", tmp_path / name / "t" / "a.png"
        for path in (video, timeline):
            path.parent.mkdir(parents=True)
            path.write_bytes(b"mine")
        return video, timeline, ("live", frames, "-m", model, "--video", video,
                                 "--timeline", timeline, "--overwrite")  # fmt: skip

    _, timeline, command = fresh("whole")
    assert call(*command) == 0
    chart, seen = timeline.read_bytes(), set()
    for left in (1, 4, 5):
        video, timeline, command = fresh(f"{left}")
        assert is_killed(left, *command)
        seen.add(timeline.read_bytes())
        assert video.read_bytes() == b"mine"
        assert call(*command) == 0
        assert frame_count(video) == 2
        assert timeline.read_bytes() == chart
    assert seen == {b"mine", chart}
    assert parts(tmp_path) == []


def test_the_same_call_completes_a_killed_deletion(copy, tmp_path):
    def fresh(name):
        here = copy(name)
        (here / "runs" / "001-fast" / "notes.txt").write_bytes(b"mine")
        return here

    command = ("runs", "delete", "001", "--yes", "-w")
    whole = fresh("whole")
    assert call(*command, whole) == 0
    assert not (whole / "reports" / "001-fast.html").exists()
    assert contents(whole / "runs") == {"001-fast/notes.txt": b"mine"}
    for left in (1, 2, 3, 8, 13):
        here = fresh(f"{left}")
        assert is_killed(left, *command, here)
        assert call(*command, here) == 0
        assert differences(here, whole) == []


def test_the_same_call_completes_a_killed_rename(copy, tmp_path):
    command = ("runs", "rename", "001", "winter", "-w")
    whole = copy("whole")
    assert call(*command, whole) == 0
    assert (whole / "reports" / "001-winter.html").exists()
    for left in (1, 2):
        here = copy(f"{left}")
        assert is_killed(left, *command, here)
        assert call(*command, here) == 0
        assert differences(here, whole) == []
