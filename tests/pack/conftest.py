"""A workspace with files of all kinds, and its pack."""

from __future__ import annotations

import os

import pytest

from commands import call
from drawing import drawn, save
from labelled_workspace import add_picture, fill, opened
from moue.workspace.owned_files import put


@pytest.fixture
def work(tmp_path):
    """A workspace with files of all kinds, whose originals lie in another folder."""
    with opened(tmp_path / "work") as context:
        fill(context)
        original = save(tmp_path / "raw" / "照片.png", drawn(1))
        add_picture(
            context, "raw-0123456789ab", 7, [{"label": "pout", "split": "train"}],
            source=str(original), original=str(original),
        )  # fmt: skip
        put(context.catalog, context.workspace.runs / "001" / "model.onnx", b"model" * 1000)
        odd = os.fsdecode(os.fsencode(context.workspace.root) + b"/reports/caf\xe9.html")
        context.workspace.reports.mkdir()
        with open(odd, "wb") as file:  # noqa: PTH123  a name that is not UTF-8
            file.write(b"page")
        (context.workspace.root / "empty.txt").write_bytes(b"")
        locked = context.workspace.originals / "locked.jpg"
        locked.parent.mkdir(exist_ok=True)
        locked.write_bytes(b"copy")
        locked.chmod(0o444)
    return tmp_path / "work"


@pytest.fixture
def packed(work, tmp_path, capsys):
    """The pack of the workspace; the workspace and the originals are gone."""
    target = tmp_path / "work.moue"
    assert call("pack", target, "-w", work) == 0
    capsys.readouterr()
    return target
