from __future__ import annotations

import json

import pytest

from moue.errors import FileTaken
from moue.files import part_beside, ready_to_write, remove_parts, replacing, write_bytes, write_json


def test_a_file_is_written_atomically_with_its_folders(tmp_path):
    target = tmp_path / "a" / "b" / "数据.json"
    write_json(target, {"标签": 1})
    assert json.loads(target.read_text(encoding="utf-8")) == {"标签": 1}
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_keeps_the_old_file(tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    (target / "inside").write_text("old")
    with pytest.raises(OSError):
        write_bytes(target, b"new")
    assert (target / "inside").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


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
