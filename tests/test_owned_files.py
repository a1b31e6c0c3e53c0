"""moue replaces and deletes only unchanged files of its own."""

from __future__ import annotations

import pytest

from moue.errors import FileTaken
from moue.files import write_json
from moue.model import manage_runs, runs
from moue.workspace.owned_files import (
    claim,
    put,
    remove,
)
from moue.workspace.recorded_files import listed


def test_a_user_file_is_not_replaced(workspace, catalog):
    target = workspace.reports / "leakage.json"
    target.parent.mkdir()
    target.write_bytes(b"mine")
    with pytest.raises(FileTaken, match="was not written by moue"):
        put(catalog, target, b"new")
    assert target.read_bytes() == b"mine"
    assert [p.name for p in target.parent.iterdir()] == ["leakage.json"]


@pytest.mark.parametrize("mine", [b"", b"ne", b"new"])
def test_an_empty_or_equal_user_file_is_not_replaced(workspace, catalog, mine):
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


def test_an_own_file_is_replaced_until_the_user_edits_it(workspace, catalog):
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
def test_an_emptied_or_truncated_file_is_rewritten(workspace, catalog, length):
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


def test_a_user_file_named_like_the_run_selection_stays(workspace, catalog, capsys):
    folder = workspace.runs / "001-fast"
    claim(catalog, folder)
    write_json(folder / "data.json", {"digest": "x", "settings": {}, "validation set": "a"})
    write_json(folder / "result.json", {"val accuracy": 0.5, "finished": "2026"})
    (run,) = runs.finished(workspace)
    mine = workspace.runs / "selected.json"
    mine.write_bytes(b"mine")
    for chosen in (run, None):
        with pytest.raises(FileTaken):
            manage_runs.select(workspace, catalog, chosen)
    assert mine.read_bytes() == b"mine"
    mine.unlink()
    for chosen in (run, run, None, None):
        manage_runs.select(workspace, catalog, chosen)
        assert mine.exists() is (chosen is not None)


def test_a_user_file_named_like_a_lock_note_stays(workspace):
    mine = workspace.root / "lock.db-holder"
    mine.write_bytes(b"mine")
    with workspace.locked():
        pass
    assert mine.read_bytes() == b"mine"
