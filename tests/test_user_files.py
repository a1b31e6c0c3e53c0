"""Files of a person's own are never changed or deleted, wherever they lie."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from commands import call
from moue.cli.options import CommonOptions
from moue.config import Config
from moue.demo.raw_folder import make_raw_folder
from moue.errors import ConfigError, FileTaken
from moue.workspace.workspace import USUAL, Workspace

pytestmark = pytest.mark.slow


def test_replacing_a_named_file_needs_confirmation(tmp_path, model, capsys):
    target = tmp_path / "mouth.onnx"
    target.write_bytes(b"mine")
    arguments = ("export", target, "--model", model.parent, "-w", tmp_path / "w")
    assert call(*arguments) == 1
    assert "add --overwrite" in capsys.readouterr().err
    assert target.read_bytes() == b"mine"
    assert call(*arguments, "--overwrite") == 0
    assert target.read_bytes() != b"mine"


def test_the_default_workspace_is_a_separate_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "dataset.csv").write_bytes(b"mine")
    assert call("init") == 0
    assert (tmp_path / USUAL / "catalog.db").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dataset", USUAL]
    monkeypatch.chdir(tmp_path / USUAL)
    assert Workspace.usual(Path()).root == tmp_path / USUAL


def test_a_folder_with_other_files_is_no_default_workspace(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / USUAL).mkdir()
    (tmp_path / USUAL / "letter.txt").write_bytes(b"mine")
    assert call("init") == 1
    assert "choose a folder with --workspace" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / USUAL).iterdir()] == ["letter.txt"]


def test_a_settings_file_makes_the_folder_the_workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moue.toml").write_text("[split]\nratio = '9:1'\n")
    assert Workspace.usual(Path()).root == tmp_path
    CommonOptions(Workspace.usual(Path()), Config("", {}), False, 0).create()
    assert (tmp_path / "moue.toml").read_text() == "[split]\nratio = '9:1'\n"


def test_a_database_of_another_program_stays(tmp_path, capsys):
    for name in ("catalog.db", "catalog.db-wal", "catalog.db-journal"):
        place = tmp_path / name
        place.mkdir()
        (place / name).write_bytes(b"mine" * 1000)
        assert call("init", "-w", place) == 1
        assert name in capsys.readouterr().err
        assert (place / name).read_bytes() == b"mine" * 1000


def test_the_demo_leaves_other_files_alone(tmp_path):
    mine = tmp_path / "raw" / "smile" / "mine.jpg"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with pytest.raises(FileTaken):
        make_raw_folder(tmp_path / "raw", count=2)
    assert mine.read_bytes() == b"mine"


def test_a_file_is_not_replaced_by_a_workspace(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="is a file"):
        Workspace(file).create("")


@pytest.fixture
def sorted_place(raw_pictures, tmp_path):
    """A workspace with crops in `sorting/`."""
    place = tmp_path / "w"
    haar = ("--backend", "haar")
    for command in (("collect", raw_pictures), ("convert",), ("clean", *haar), ("crop", *haar),
                    ("label",), ("label", "--to-folders")):  # fmt: skip
        assert call(*command, "-w", place) == 0
    return place


@pytest.mark.parametrize("where", ["sorting", "elsewhere"])
def test_user_files_in_label_folders_stay(sorted_place, tmp_path, where):
    place = sorted_place
    crop = next((place / "sorting").glob("*/*_mouth.png"))
    folder = tmp_path / where
    mine = folder / crop.relative_to(place / "sorting")
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    for command in ("--to-folders", "--to-folders", "--from-folders", "--to-folders"):
        assert call("label", command, "--folder", folder, "-w", place) == 0
        assert mine.read_bytes() == b"mine"
        assert list(folder.rglob(mine.name)) == [mine]  # it counts as a crop that was put there


def test_a_foreign_label_folder_record_stays(sorted_place, tmp_path, capsys):
    place, copy = sorted_place, tmp_path / "copy"
    shutil.copytree(place / "sorting", copy)
    before = (copy / ".moue.jsonl").read_bytes()
    crop = next(copy.glob("*/*_mouth.png"))
    crop.rename(copy / ("pout" if crop.parent.name != "pout" else "none") / crop.name)
    assert call("label", "--from-folders", "--folder", copy, "-w", place) == 0
    assert "this workspace did not write it" in capsys.readouterr().out
    assert call("label", "--to-folders", "--folder", copy, "-w", place) in (0, 1)
    assert (copy / ".moue.jsonl").read_bytes() == before


NAMES = (
    "dataset/train/smile/anna_mouth.png", "dataset/dataset.csv", "dataset/mine.txt",
    "reports/clean/holiday.jpg", "reports/clean/kept-01.jpg", "reports/thesis.html",
    "reports/leakage.json", "images/.draft.part", "images/.a.jpg.12.part", "mouths/a_mouth.png",
    "originals/a.jpg", "runs/001-fast/best.pt", "runs/mine/data.json", "sorting/smile/a_mouth.png",
    "sorting/.moue.jsonl", "lock.db-holder", "notes.txt", "reports/label-check.jpg",
    "reports/001-fast.html", "runs/selected.json", "runs/001-fast", "out/a.csv", "out/m.onnx",
    "out/smile/face-001-smile.jpg", "live/chart.png", "training.db-holder",
    "reports/collect/new.jpg", "runs/001-fast.html", "reports/duplicates-01.jpg",
)  # fmt: skip


def lay(place: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """Write files of a person; return those that found room beside the others."""
    laid = {}
    for name, data in files.items():
        path = place / name
        if path.is_dir() or any(parent.is_file() for parent in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        laid[name] = data
    return laid


def there(place: Path, files: dict[str, bytes]) -> dict[str, bytes | None]:
    return {n: (place / n).read_bytes() if (place / n).is_file() else None for n in files}


STAGES = ("convert", "clean", "dedupe", "crop", "label", "split")


PHASES = (Phase.explicit, Phase.generate)  # to shrink a failure would take minutes


@settings(max_examples=8, deadline=None, phases=PHASES)
@given(
    st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=40), min_size=1, max_size=8),
    st.lists(st.sampled_from(STAGES), max_size=3),
)
def test_user_files_survive_every_stage(raw_pictures, tmp_path_factory, files, more):
    place = tmp_path_factory.mktemp("w")
    files = lay(place, files)
    call("collect", raw_pictures, "--copy", "-w", place)
    for command in ("convert", "clean", "crop", "label", "split", *more):
        backend = ("--backend", "haar") if command in ("clean", "crop") else ()
        assert call(command, *backend, "-w", place) in (0, 1)
    for command in ("--to-folders", "--from-folders", "--check"):
        assert call("label", command, "-w", place) in (0, 1)
    call("forget", "--source", raw_pictures, "--yes", "-w", place)
    assert there(place, files) == files


@settings(max_examples=3, deadline=None, phases=PHASES)
@given(
    st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=40), min_size=4, max_size=12),
    st.booleans(),
)
def test_user_files_survive_training_and_prediction(
    learnable, raw_pictures, frames, tmp_path_factory, files, before
):
    place = tmp_path_factory.mktemp("w")
    laid = lay(place, files) if before else {}
    run = ("run", learnable, "--kind", "mouth", "--epochs", 1, "-w", place)
    assert call(*run) in (0, 1)
    if not before:
        taken = [name for name in files if (place / name).exists()]
        laid = lay(place, {name: data for name, data in files.items() if name not in taken})
    with_model = [
        ("train", "--epochs", 1), ("evaluate",), ("export", place / "out" / "m.onnx"),
        ("predict", raw_pictures, "--annotated", place / "out", "--csv", place / "out" / "a.csv"),
        ("live", frames, "--timeline", place / "live" / "chart.png"),
        ("label", "--to-folders"), ("label", "--check"), ("label", "--from-folders"),
        ("runs", "select", "001"), run, ("runs", "delete", "001", "--yes"),
    ]  # fmt: skip
    for command in with_model:
        assert call(*command, *(() if command is run else ("-w", place))) in (0, 1)
        assert there(place, laid) == laid, command
