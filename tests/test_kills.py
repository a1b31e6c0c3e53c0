"""Commands besides `run`, killed at any change of a file, end as if they had not been."""

from __future__ import annotations

import hashlib
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from drawing import save
from moue.cli import main
from moue.demo.raw_folder import make_raw_folder

pytestmark = pytest.mark.slow

# The process kills itself at the n-th file that it opens to write, renames, removes or protects,
# or folder that it makes.
SCRIPT = """
import os, signal, sys
left = int(sys.argv.pop(1))
def hook(event, values):
    global left
    writes = event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR) and (
        ".moue-" in str(values[0]))
    if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.chmod", "os.link"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
from moue.cli import main
sys.addaudithook(hook)
sys.exit(main(sys.argv[1:]))
"""
State = tuple[dict[str, str], list[tuple[object, ...]]]
KILLS = (1, 2, 5, 11, 23, 47)
TIMED = ("log.jsonl", "all_scalars.json", "environment.json", "result.json", "last.pt", ".html",
         "tensorboard")  # fmt: skip
"""Parts of the names of files that hold times of day."""


def ended(left: int, *arguments: object, codes: tuple[int, ...] = (0,)) -> bool:
    """Run a command that kills itself; return whether it ended by itself instead."""
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(left), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode == -signal.SIGKILL:
        return False
    assert process.returncode in codes, process.stderr
    assert "Traceback" not in process.stderr
    return True


def is_timed(name: str) -> bool:
    return any(part in name for part in TIMED)


def state(folder: Path) -> State:
    """Every file with its digest and rights, and the table of files."""
    files = {
        path.relative_to(folder).as_posix(): (
            "" if is_timed(path.name) else hashlib.sha256(path.read_bytes()).hexdigest()
        )
        + oct(path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".db" not in path.name and ".tfevents" not in path.name
    }
    with sqlite3.connect(folder / "catalog.db") as db:
        rows = db.execute("SELECT path, sha256, size, owner FROM files").fetchall()
        rows = [row for row in rows if not is_timed(row[0])]
        rows += db.execute("SELECT name, label, split, dropped FROM mouths").fetchall()
        rows += db.execute('SELECT name, source, dropped, "group" FROM samples').fetchall()
    db.close()
    return files, rows


def differences(one: State, other: State) -> list[object]:
    """The files and rows that only one of two states has."""
    files = set(one[0].items()) ^ set(other[0].items())
    return sorted(map(str, [*files, *(set(one[1]) ^ set(other[1]))]))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A workspace with copies and crops, and the raw folder."""
    raw = make_raw_folder(tmp_path_factory.mktemp("demo") / "raw", count=8)
    place = tmp_path_factory.mktemp("w") / "w"
    for stage in (("collect", str(raw), "--copy"), ("convert",), ("clean", "--backend", "haar"),
                  ("dedupe",), ("crop", "--backend", "haar"), ("label",)):  # fmt: skip
        assert main([*stage, "-w", str(place)]) == 0
    return place, raw


@pytest.fixture(scope="module")
def sorted_by_hand(place, tmp_path_factory):
    """The same with `sorting/`, in which some crops were moved."""
    here = tmp_path_factory.mktemp("sorted") / "w"
    shutil.copytree(place[0], here)
    assert main(["label", "--to-folders", "-w", str(here)]) == 0
    for crop in sorted((here / "sorting").glob("*/*_mouth.png"))[:3]:
        crop.rename(here / "sorting" / "dropped" / crop.name)
    return here


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A workspace of mouths whose brightness tells the label, with a run."""
    chance = np.random.default_rng(3)
    raw = tmp_path_factory.mktemp("bright")
    for number in range(24):
        label, shade = (("smile", 60), ("open", 190))[number % 2]
        noise = chance.integers(-35, 36, (60, 60, 3))
        save(raw / label / f"{number}.png", np.clip(shade + noise, 0, 255).astype(np.uint8))
    here = tmp_path_factory.mktemp("trained") / "w"
    stages = ("convert", "clean", "dedupe", "crop", "label", "split")
    for stage in (("collect", str(raw), "--kind", "mouth"), *((stage,) for stage in stages),
                  ("train", "--epochs", "1")):  # fmt: skip
        assert main([*stage, "-w", str(here)]) == 0
    return here


HAAR = ("--backend", "haar")


@pytest.mark.parametrize(
    ("base", "command", "least"),
    [
        ("nothing", ("collect", "RAW", "--copy"), 5),
        ("place", ("convert", "--quality", "80", "--workers", "1"), 4),
        ("place", ("clean", *HAAR, "--min-main-face", "150", "--workers", "1"), 3),
        ("place", ("dedupe", "--radius", "12"), 1),
        ("place", ("crop", *HAAR, "--crop-scale", "1.3", "--workers", "1"), 4),
        ("place", ("split",), 4),
        ("place", ("label", "--to-folders"), 5),
        ("sorted_by_hand", ("label", "--from-folders"), 1),
        ("sorted_by_hand", ("forget", "--source", "RAW", "--yes"), 5),
        ("trained", ("evaluate",), 2),
        ("trained", ("train", "--epochs", "1", "--seed", "7"), 4),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else str(value),
)
def test_a_killed_command_ends_by_the_same_call(place, request, tmp_path, base, command, least):
    raw = place[1]
    arguments = [str(raw) if a == "RAW" else a for a in command]
    codes = (0, 1) if command[0] == "forget" else (0,)  # all may be forgotten already

    def fresh(name: str) -> Path:
        if base != "nothing":
            first = place[0] if base == "place" else request.getfixturevalue(base)
            shutil.copytree(first, tmp_path / name)
        return tmp_path / name

    assert ended(0, *arguments, "-w", fresh("whole"))
    whole = state(tmp_path / "whole")
    kills = 0
    for left in KILLS:
        here = fresh(f"{left}")
        if ended(left, *arguments, "-w", here):
            break
        kills += 1
        assert ended(0, *arguments, "-w", here, codes=codes)
        assert differences(state(here), whole) == []
    print(f"killed {kills} times")
    assert kills >= least


def test_a_killed_collection_from_the_web_shows_all_that_came_on_one_sheet(tmp_path, site):
    urls = [site.picture(f"/{number}.jpg", number) for number in range(5)]
    (tmp_path / "urls.txt").write_text("\n".join(urls))
    arguments = ("collect", "urls", tmp_path / "urls.txt", "--allow-private", "--rate", "0",
                 "--max-connections", "1")  # fmt: skip
    assert ended(0, *arguments, "-w", tmp_path / "whole")
    assert (tmp_path / "whole" / "reports" / "collect" / "new.jpg").exists()
    whole = state(tmp_path / "whole")
    for left in (3, 7, 11, 15, 18):
        here = tmp_path / f"{left}"
        assert not ended(left, *arguments, "-w", here)
        assert ended(0, *arguments, "-w", here)
        assert differences(state(here), whole) == []


def test_a_killed_export_leaves_nothing_that_stays(model, tmp_path):
    target = tmp_path / "out" / "mouth.onnx"
    target.parent.mkdir()
    arguments = ("export", target, "--model", model.parent, "-w", tmp_path / "w")
    for left in (1, 2):
        assert not ended(left, *arguments)
    assert ended(0, *arguments)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.stat().st_size > 0
