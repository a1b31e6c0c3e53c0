"""Labels from folders are written into the settings file, which is a person's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands import call
from drawing import drawn, save
from moue.config import template, with_labels
from moue.workspace.label_set import LabelSet


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_labels_from_folders_add_one_line_to_the_settings(tmp_path, end):
    for label in ("tongue", "happy"):
        save(tmp_path / "raw" / label / "a.png", drawn(len(label)))
    place, real = tmp_path / "w", tmp_path / "real.toml"
    assert call("collect", tmp_path / "raw", "--kind", "mouth", "-w", place) == 0
    mine = f"# labels = mine{end}{end}# a remark{end}[clean]  # another{end}min_main_face = 50{end}"
    real.write_bytes(mine.encode())
    real.chmod(0o640)
    (place / "moue.toml").unlink()
    (place / "moue.toml").symlink_to(real)
    assert call("label", "--labels-from-folders", "-w", place) == 0
    assert real.read_bytes().decode() == f'labels = ["happy", "tongue"]{end}{end}{mine}'
    assert real.stat().st_mode & 0o777 == 0o640
    assert (place / "moue.toml").is_symlink()


def test_the_line_replaces_its_commented_template(tmp_path):
    text = template()
    lines = with_labels(text, LabelSet(("a", "b"))).splitlines()
    changed = [(old, new) for old, new in zip(text.splitlines(), lines, strict=True) if old != new]
    assert [new for _, new in changed] == ['labels = ["a", "b"]']
    assert changed[0][0].startswith("# labels = [")


def test_the_line_is_printed_for_read_only_settings(tmp_path, capsys, monkeypatch):
    for label in ("tongue", "happy"):
        save(tmp_path / "raw" / label / "a.png", drawn(len(label)))
    place = tmp_path / "w"
    assert call("collect", tmp_path / "raw", "--kind", "mouth", "-w", place) == 0
    before = (place / "moue.toml").read_bytes()
    access = os.access
    monkeypatch.setattr(  # root may write everything
        os, "access", lambda path, mode: Path(path).name != "moue.toml" and access(path, mode)
    )
    assert call("label", "--labels-from-folders", "-w", place) == 1
    error = capsys.readouterr().err
    assert 'add this line at the top of the file: labels = ["happy", "tongue"]' in error
    assert (place / "moue.toml").read_bytes() == before
