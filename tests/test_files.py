from __future__ import annotations

import json
from pathlib import Path

import pytest

from full_disk import NO_LIMIT, full_disk
from moue.cli.system_errors import system_message
from moue.errors import FileTaken
from moue.files import part_beside, ready_to_write, remove_parts, replacing, write_bytes, write_json


def test_a_file_is_written_atomically_with_its_folders(tmp_path):
    target = tmp_path / "a" / "b" / "数据.json"
    write_json(target, {"标签": 1})
    assert json.loads(target.read_text(encoding="utf-8")) == {"标签": 1}
    assert list(target.parent.iterdir()) == [target]


@NO_LIMIT
def test_a_failed_write_keeps_the_old_file(tmp_path):
    target = tmp_path / "kept"
    target.write_text("old")
    with full_disk(100), pytest.raises(OSError, match="kept'"):
        write_bytes(target, bytes(101))
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_a_file_does_not_replace_a_folder(tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    (target / "inside").write_text("old")
    with pytest.raises(FileTaken, match="kept is a folder; name a file to write"):
        write_bytes(target, b"new")
    assert (target / "inside").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_a_parent_that_is_a_file_is_named_instead_of_the_part_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError) as caught:
        write_bytes(tmp_path / "file" / "target", b"new")
    assert Path(caught.value.filename) == tmp_path / "file"


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "target"):
        (tmp_path / "source").read_bytes()
    assert Path(caught.value.filename) == tmp_path / "source"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "a.png"), "a.png: No space left on device; free"),
        (OSError(2, "Detail: [errno 2] x", "a"), "a: No such file or directory; check the path"),
        (OSError(13, "Permission denied"), "Permission denied; check the permissions of the file"),
        (OSError("the camera is off"), "the camera is off"),
        (
            OSError(21, "Is a directory", f"in/.moue-{'a' * 32}.part"),
            "in: Is a directory; name a file instead of a folder",
        ),
    ],
)
def test_an_error_of_the_system_says_what_where_and_what_to_do(error, words):
    assert system_message(error).startswith(words)


def test_only_part_files_of_killed_processes_are_removed(tmp_path):
    (tmp_path / "in").mkdir()
    rest = part_beside(tmp_path / "in" / "a.jpg")
    names = ("a.part", ".draft.part", ".a.jpg.123.part", f".moue-{'g' * 32}.part")
    kept = [tmp_path / "in" / name for name in names]
    for path in (rest, *kept):
        path.write_bytes(b"half")
    remove_parts(tmp_path)
    assert sorted((tmp_path / "in").iterdir()) == sorted(kept)


def test_a_part_file_in_use_stays(tmp_path):
    target = tmp_path / "a.jpg"
    with replacing(target) as part:
        part.write_bytes(b"new")
        remove_parts(tmp_path)
        ready_to_write(target, overwrite=False)
    assert target.read_bytes() == b"new"


def test_a_named_file_is_overwritten_only_on_request(tmp_path):
    target = tmp_path / "photo.jpg"
    target.write_bytes(b"mine")
    with pytest.raises(FileTaken, match="--overwrite"):
        ready_to_write(target, overwrite=False)
    ready_to_write(target, overwrite=True)
    assert target.read_bytes() == b"mine"
