"""Files of a person's own are never changed or deleted, wherever they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.cli import main
from moue.cli.options import Common
from moue.config import Config
from moue.demo.folder import bundled, make_raw_folder
from moue.errors import ConfigError, FileTaken
from moue.owned import listed, put, remove
from moue.workspace import USUAL, Workspace


def call(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_a_file_that_moue_did_not_write_is_not_replaced(workspace, catalog):
    target = workspace.reports / "leakage.json"
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(FileTaken, match="is not a file that moue wrote"):
        put(catalog, target, b"new")
    assert target.read_bytes() == b"mine"
    assert [p.name for p in target.parent.iterdir()] == ["leakage.json"]


@pytest.mark.parametrize("mine", [b"", b"ne", b"new"])
def test_not_even_an_empty_one_or_one_like_it(workspace, catalog, mine):
    target = workspace.root / "a"
    target.write_bytes(mine)
    if mine == b"new":
        put(catalog, target, b"new")  # nothing is to be done
        assert not remove(catalog, target)
    else:
        with pytest.raises(FileTaken):
            put(catalog, target, b"new")
    assert target.read_bytes() == mine
    assert listed(catalog, "") == {}


def test_a_file_that_moue_wrote_is_replaced_until_a_person_changes_it(workspace, catalog):
    target = workspace.root / "a"
    put(catalog, target, b"one")
    put(catalog, target, b"two")
    assert target.read_bytes() == b"two"
    target.write_bytes(b"painted")
    with pytest.raises(FileTaken, match="has changed since moue wrote it"):
        put(catalog, target, b"three")
    assert not remove(catalog, target)
    assert target.read_bytes() == b"painted"


@pytest.mark.parametrize("length", [0, 3])
def test_a_file_that_was_emptied_or_cut_short_is_written_again(workspace, catalog, length):
    target = workspace.root / "a"
    put(catalog, target, b"content")
    target.write_bytes(b"content"[:length])
    put(catalog, target, b"content")
    assert target.read_bytes() == b"content"


def test_a_link_is_not_replaced(workspace, catalog, tmp_path):
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    (workspace.root / "a").symlink_to(mine)
    with pytest.raises(FileTaken):
        put(catalog, workspace.root / "a", b"new")
    assert mine.read_bytes() == b"mine"


def test_a_person_is_asked_before_a_named_file_is_replaced(tmp_path, model, capsys):
    target = tmp_path / "mouth.onnx"
    target.write_bytes(b"mine")
    arguments = ("export", target, "--model", model.parent, "-w", tmp_path / "w")
    assert call(*arguments) == 1
    assert "add --overwrite" in capsys.readouterr().err
    assert target.read_bytes() == b"mine"
    assert call(*arguments, "--overwrite") == 0
    assert target.read_bytes() != b"mine"


def test_the_usual_workspace_is_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "dataset.csv").write_bytes(b"mine")
    assert call("init") == 0
    assert (tmp_path / USUAL / "catalog.db").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dataset", USUAL]
    monkeypatch.chdir(tmp_path / USUAL)
    assert Workspace.usual(Path()).root == tmp_path / USUAL


def test_a_folder_with_other_files_does_not_become_the_usual_workspace(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / USUAL).mkdir()
    (tmp_path / USUAL / "letter.txt").write_bytes(b"mine")
    assert call("init") == 1
    assert "name a folder with --workspace" in capsys.readouterr().err
    assert [p.name for p in (tmp_path / USUAL).iterdir()] == ["letter.txt"]


def test_a_settings_file_makes_this_folder_the_usual_workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moue.toml").write_text("[split]\nratio = '9:1'\n")
    assert Workspace.usual(Path()).root == tmp_path
    Common(Workspace.usual(Path()), Config("", {}), False, 0).create()
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


def test_no_workspace_is_made_of_a_named_file(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="is a file"):
        Workspace(file).create("")


NAMES = (
    "dataset/train/smile/anna_mouth.png", "dataset/dataset.csv", "dataset/mine.txt",
    "reports/clean/holiday.jpg", "reports/clean/kept-01.jpg", "reports/thesis.html",
    "reports/leakage.json", "images/.draft.part", "images/.a.jpg.12.part", "mouths/a_mouth.png",
    "originals/a.jpg", "runs/001-fast/best.pt", "runs/mine/data.json", "sorting/smile/a_mouth.png",
    "sorting/.moue.json", "lock.db-holder", "notes.txt",
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=40), min_size=1, max_size=6),
    st.lists(st.sampled_from(("convert", "clean", "dedupe", "crop", "label", "split")), max_size=4),
)
def test_files_of_a_person_survive_every_command(raw_pictures, tmp_path_factory, files, more):
    place = tmp_path_factory.mktemp("w")
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    call("collect", raw_pictures, "--copy", "-w", place)
    commands = ["convert", "clean", "crop", "label", "split", *more]
    for command in commands:
        backend = ("--backend", "haar") if command in ("clean", "crop") else ()
        assert call(command, *backend, "-w", place) in (0, 1)
    call("label", "--to-folders", "-w", place)
    call("forget", "--source", raw_pictures, "--yes", "-w", place)
    assert {name: (place / name).read_bytes() for name in files} == files


@pytest.fixture(scope="module")
def raw_pictures(tmp_path_factory):
    """Two pictures with a face."""
    folder = tmp_path_factory.mktemp("raw")
    for picture in list(bundled())[:2]:
        target = folder / picture.label / picture.path.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(picture.path.read_bytes())
    return folder
