"""One walk for all commands: links, circles, hidden, special and unreadable things."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from moue.errors import SourceError
from moue.file_walker import HIDDEN, REPEATED, SPECIAL, UNREADABLE, WORKSPACE, Files, find


def write(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(found: Files, root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found.paths()]


def test_files_are_sorted_and_precede_subfolders(tmp_path: Path):
    write(*(tmp_path / name for name in ("b/2.jpg", "b/1.jpg", "b/a/0.jpg", "c.jpg", "a/z.jpg")))
    found = find([tmp_path])
    expected = ["c.jpg", "a/z.jpg", "b/1.jpg", "b/2.jpg", "b/a/0.jpg"]
    assert names(found, tmp_path) == expected
    assert len(found) == len(expected)
    assert {root for root, _ in found} == {tmp_path}


def test_links_to_folders_are_followed(tmp_path: Path):
    for label in ("smile", "open"):
        write(tmp_path / "store" / label / "1.jpg")
        (tmp_path / "linked").mkdir(exist_ok=True)
        (tmp_path / "linked" / label).symlink_to(f"../store/{label}")
    found = find([tmp_path / "linked"])
    assert names(found, tmp_path) == ["linked/open/1.jpg", "linked/smile/1.jpg"]
    assert not found.skipped.counts


def test_a_folder_is_searched_once_under_its_real_name(tmp_path: Path):
    write(tmp_path / "z" / "smile" / "1.jpg")
    (tmp_path / "a").symlink_to("z/smile")
    (tmp_path / "b").symlink_to("z")
    found = find([tmp_path])
    assert names(found, tmp_path) == ["z/smile/1.jpg"]
    assert found.skipped.counts[REPEATED] == 2


def test_link_loops_end(tmp_path: Path):
    write(tmp_path / "a" / "1.jpg", tmp_path / "b" / "2.jpg")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "a" / "to-b").symlink_to("../b")
    (tmp_path / "b" / "to-a").symlink_to("../a")
    (tmp_path / "self").symlink_to("self")
    found = find([tmp_path])
    assert names(found, tmp_path) == ["self", "a/1.jpg", "b/2.jpg"]


def test_hidden_files_and_folders_are_counted_and_skipped(tmp_path: Path):
    write(tmp_path / ".ipynb_checkpoints" / "x.jpg", tmp_path / ".x.jpg", tmp_path / "y.jpg")
    found = find([tmp_path])
    assert names(found, tmp_path) == ["y.jpg"]
    assert found.skipped.to_dict() == {HIDDEN: 2}
    assert names(find([tmp_path / ".ipynb_checkpoints"]), tmp_path) == [".ipynb_checkpoints/x.jpg"]


def test_pipes_sockets_and_devices_are_reported_and_skipped(tmp_path: Path):
    write(tmp_path / "y.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(tmp_path)  # the name of a socket is short
        try:
            one.bind("s.jpg")
        finally:
            os.chdir(here)
    found = find([tmp_path])
    assert names(found, tmp_path) == ["y.jpg"]
    assert {item.path.name for item in found.skipped.items} == {"pipe.jpg", "zero.jpg", "s.jpg"}
    assert found.skipped.to_dict() == {SPECIAL: 3}
    with pytest.raises(SourceError, match="device"):
        find([tmp_path / "zero.jpg"])


def test_an_unreadable_folder_does_not_stop_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path / "DCIM" / "1.jpg", tmp_path / "lost+found" / "2.jpg")
    scan = os.scandir

    def refuse(folder: str) -> object:  # tests may run as root, whom no mode keeps out
        if folder.endswith("lost+found"):
            raise PermissionError(13, "Permission denied", folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find([tmp_path])
    assert names(found, tmp_path) == ["DCIM/1.jpg"]
    assert found.skipped.to_dict() == {UNREADABLE: 1}
    assert "lost+found: Permission denied" in " ".join(found.skipped.notes())
    with pytest.raises(SourceError, match="cannot be listed: Permission denied"):
        find([tmp_path / "lost+found"])


def test_nested_workspaces_are_skipped(tmp_path: Path):
    write(tmp_path / "w" / "moue.toml", tmp_path / "w" / "images" / "1.jpg", tmp_path / "2.jpg")
    found = find([tmp_path], lambda folder: (folder / "moue.toml").exists())
    assert names(found, tmp_path) == ["2.jpg"]
    assert found.skipped.to_dict() == {WORKSPACE: 1}


def test_a_broken_link_counts_as_a_file(tmp_path: Path):
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    assert names(find([tmp_path]), tmp_path) == ["gone.jpg"]


def test_a_missing_source_is_an_error(tmp_path: Path):
    for source in (tmp_path / "none", tmp_path / ("x" * 300)):
        with pytest.raises(SourceError, match=r"no such file|cannot be read"):
            find([source])


def test_names_that_are_not_utf8_are_found(tmp_path: Path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    write(odd / os.fsdecode(b"\xff.jpg"))
    assert [os.fsencode(p.name) for p in find([tmp_path]).paths()] == [b"\xff.jpg"]


def test_a_shallow_search_stays_in_its_folder(tmp_path: Path):
    write(tmp_path / "1.jpg", tmp_path / "a" / "2.jpg")
    assert names(find([tmp_path], deep=False), tmp_path) == ["1.jpg"]
