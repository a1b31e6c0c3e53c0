"""Commands besides `run`, killed at any change of a file, end as if they had not been."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from moue.cli import main
from moue.demo.folder import make_raw_folder

# The process kills itself at the n-th rename, removal or folder that it makes.
SCRIPT = """
import os, signal, sys
left = int(sys.argv.pop(1))
def hook(event, _):
    global left
    if event in ("os.rename", "os.remove", "os.mkdir", "os.chmod", "os.link"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
from moue.cli import main
sys.addaudithook(hook)
sys.exit(main(sys.argv[1:]))
"""
KILLS = (1, 4, 9, 16, 25, 36)


def ended(left: int, *arguments: object) -> bool:
    """Run a command that kills itself; return whether it ended by itself instead."""
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(left), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode == -signal.SIGKILL:
        return False
    assert process.returncode == 0, process.stderr
    return True


def state(folder: Path) -> tuple[dict[str, str], list[tuple[object, ...]]]:
    """Every file with its digest and rights, and the table of files."""
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        + oct(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".db" not in path.name
    }
    with sqlite3.connect(folder / "catalog.db") as db:
        rows = db.execute("SELECT path, sha256, size, owner FROM files").fetchall()
        rows += db.execute("SELECT name, label, split FROM mouths").fetchall()
    db.close()
    return files, rows


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with copies and crops, and the raw folder."""
    raw = make_raw_folder(tmp_path_factory.mktemp("demo") / "raw", count=8)
    place = tmp_path_factory.mktemp("w") / "w"
    for stage in (("collect", str(raw), "--copy"), ("convert",), ("clean", "--backend", "haar"),
                  ("dedupe",), ("crop", "--backend", "haar"), ("label",)):  # fmt: skip
        assert main([*stage, "-w", str(place)]) == 0
    return place, raw


@pytest.mark.parametrize(
    "command", [("collect", "RAW", "--copy"), ("split",), ("convert", "--quality", "80")]
)
def test_a_killed_command_ends_by_the_same_call(place, tmp_path, command):
    first, raw = place
    arguments = [str(raw) if a == "RAW" else a for a in command]
    ends = []
    for left in (0, *KILLS):
        here = tmp_path / f"{left}"
        if command[0] != "collect":
            shutil.copytree(first, here)
        while left and not ended(left, *arguments, "-w", here):
            left = 0
        assert ended(0, *arguments, "-w", here)
        ends.append(state(here))
    assert all(end == ends[0] for end in ends)


def test_a_killed_export_leaves_nothing_that_stays(model, tmp_path):
    target = tmp_path / "out" / "mouth.onnx"
    target.parent.mkdir()
    arguments = ("export", target, "--model", model.parent, "-w", tmp_path / "w")
    assert not ended(1, *arguments)
    assert ended(0, *arguments)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_size > 0
