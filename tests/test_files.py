from __future__ import annotations

import json

import pytest

from moue.files import remove_parts, write_bytes, write_json


def test_a_file_appears_whole_with_its_folders(tmp_path):
    target = tmp_path / "a" / "b" / "数据.json"
    write_json(target, {"标签": 1})
    assert json.loads(target.read_text(encoding="utf-8")) == {"标签": 1}
    assert list(target.parent.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "kept"
    target.mkdir()
    (target / "inside").write_text("old")
    with pytest.raises(OSError):
        write_bytes(target, b"new")
    assert (target / "inside").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / "in").mkdir()
    rest = tmp_path / "in" / ".a.jpg.123.part"
    kept = tmp_path / "in" / "a.part"
    rest.write_bytes(b"half")
    kept.write_bytes(b"whole")
    remove_parts(tmp_path)
    assert not rest.exists()
    assert kept.exists()
