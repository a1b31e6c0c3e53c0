"""The whole way, killed at random moments, ends as if it had never been disturbed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moue.cli import main
from moue.demo.raw_folder import make_raw_folder

pytestmark = pytest.mark.slow

KILLS = 30
SETTINGS = ("--epochs", "2", "--set", "face.backend=haar", "--workers", "2")


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    return make_raw_folder(tmp_path_factory.mktemp("demo") / "raw", count=20)


def command(raw: Path, place: Path) -> list[str]:
    return [sys.executable, "-m", "moue", "run", str(raw), "-w", str(place),
            "--labels", str(raw / "labels.csv"), "--seed", "3", *SETTINGS]  # fmt: skip


def tree(folder: Path) -> dict[str, str]:
    """Every file under a folder and the digest of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(place: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the catalog but for the times at which they were written."""
    with sqlite3.connect(place / "catalog.db") as db:
        tables = {}
        for table in ("samples", "mouths", "decisions", "steps"):
            columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
            kept = [f'"{c}"' for c in columns if c not in ("at", "label_at")]
            tables[table] = db.execute(f"SELECT {', '.join(kept)} FROM {table}").fetchall()
    db.close()
    return tables


TIMED = ("catalog.db", "lock.db", "log.jsonl", "all_scalars.json", "environment.json", ".html",
         "result.json")  # fmt: skip


def outcome(place: Path) -> dict[str, object]:
    """What a training says of itself, but for the time at which it finished."""
    result = json.loads((place / "runs" / "001-fast" / "result.json").read_text())
    return {name: value for name, value in result.items() if name != "finished"}


def lasting(files: dict[str, str]) -> dict[str, str]:
    """The files whose bytes hold no times of day."""
    return {
        name: digest
        for name, digest in files.items()
        if not any(part in name for part in (*TIMED, "tensorboard", "last.pt"))
    }


def test_repeated_kills_do_not_change_the_result(raw, tmp_path):
    before = tree(raw)
    whole = tmp_path / "whole"
    start = time.monotonic()
    subprocess.run(command(raw, whole), check=True, capture_output=True)
    seconds = time.monotonic() - start
    chance, kills, rounds = random.Random(8), 0, 0
    while kills < KILLS:
        rounds += 1
        place = tmp_path / f"killed{rounds}"
        while not finished(command(raw, place), chance.uniform(0.05, 1.3) * seconds):
            kills += 1
        assert rows(place) == rows(whole)
        assert lasting(tree(place)) == lasting(tree(whole))
        assert outcome(place) == outcome(whole)
        assert not [name for name in tree(place) if name.endswith(".part")]
    assert tree(raw) == before


def finished(arguments: list[str], seconds: float) -> bool:
    """Run a command; kill it and its workers without warning when it takes longer."""
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return False
    assert process.returncode == 0, err
    assert "test accuracy" in out
    return True


def test_a_second_run_processes_only_new_pictures(raw, tmp_path, capsys):
    arguments = command(raw, tmp_path / "again")[3:]
    assert main(arguments) == 0
    capsys.readouterr()
    runs = tree(tmp_path / "again" / "runs")
    assert main([*arguments, "--json"]) == 0
    done = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {d["stage"]: d["done"] for d in done if d["stage"] != "evaluate"} == dict.fromkeys(
        ("collect", "convert", "clean", "dedupe", "crop", "label", "split", "train"), 0
    )
    assert tree(tmp_path / "again" / "runs").keys() == runs.keys()
