"""Where a pack may be unpacked, and what a failure leaves there."""

from __future__ import annotations

import json

import pytest

from commands import call, is_killed
from full_disk import NO_LIMIT, full_disk
from moue.errors import CatalogError, FileTaken
from moue.progress import Progress
from moue.workspace.unpack import unpack
from moue.workspace.workspace import Workspace


@NO_LIMIT
def test_a_full_disk_names_the_folder_and_leaves_nothing(packed, tmp_path, capsys):
    target = tmp_path / "新 工作区"
    with full_disk(3000):
        assert call("unpack", packed, target) == 1
    assert f"moue: {target}: File too large; raise the limit" in capsys.readouterr().err
    assert not any("unpack" in path.name for path in tmp_path.iterdir())
    assert not target.exists()


@pytest.mark.parametrize(
    ("pack", "target", "words"),
    [
        ("raw", "new", "raw is a folder; name the file that `moue pack` wrote"),
        ("gone", "new", "gone: No such file or directory; check the path"),
        ("work.moue", "work.moue", "work.moue is a file; name a new folder"),
        (
            "work.moue",
            "work.moue/new",
            "work.moue/new: Not a directory; choose a path whose folders are not files",
        ),
    ],
)
def test_a_wrong_path_is_named(packed, pack, target, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("unpack", pack, target) == 1
    assert words in capsys.readouterr().err


def test_a_link_is_not_replaced_by_a_folder(packed, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    with pytest.raises(FileTaken, match="is a link; name the folder itself"):
        unpack(packed, tmp_path / "link", Progress())


@pytest.mark.slow
def test_a_killed_unpacking_leaves_no_workspace_and_can_be_repeated(packed, tmp_path):
    target = tmp_path / "new"
    assert is_killed(12, "unpack", packed, target)
    assert not target.exists()
    assert call("unpack", packed, target) == 0
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(CatalogError), Workspace(tmp_path).reading():
        pass


def test_the_arguments_of_unpack_are_checked(packed, tmp_path, capsys):
    assert call("unpack", packed) == 2
    assert call("unpack", packed, tmp_path / "new", "--check") == 2
    capsys.readouterr()
    assert call("unpack", packed, "--check", "--json") == 0
    assert json.loads(capsys.readouterr().out)["files"] > 20
