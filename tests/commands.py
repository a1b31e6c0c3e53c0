"""Commands under test: in this process, or in one that kills itself; and what they leave."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from moue.cli import main
from moue.files import is_part

# The process kills itself at the n-th file that it opens to write, renames, removes or protects,
# or folder that it makes. It writes no bytecode: that would count on the first run only.
_SCRIPT = """
import os, signal, sys
left = int(sys.argv.pop(1))
sys.dont_write_bytecode = True
def hook(event, values):
    global left
    writes = event == "open" and values[2] & (os.O_WRONLY | os.O_RDWR) and (
        ".moue-" in str(values[0]))
    if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.chmod", "os.link"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
from moue.cli import main
exec(os.environ.get("MOUE_TEST_SETUP", ""))
sys.addaudithook(hook)
sys.exit(main(sys.argv[1:]))
"""
_TIMED = ("log.jsonl", "all_scalars.json", "environment.json", "result.json", "last.pt", ".html",
          "tensorboard")  # fmt: skip
"""Parts of the names of files that hold times of day."""


def call(*arguments: object) -> int:
    """Run a command in this process; return its exit code."""
    return main([str(argument) for argument in arguments])


def is_killed(left: int, *arguments: object, setup: str = "") -> bool:
    """Run a command that kills itself; return False where it ends by itself before.

    Args:
        left: number of the change of a file at which it kills itself.
        arguments: arguments of the command.
        setup: Python code that runs before the command.
    """
    process = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(left), *map(str, arguments)],
        capture_output=True, text=True, check=False,
        env=os.environ | {"MOUE_TEST_SETUP": setup},
    )  # fmt: skip
    if process.returncode == -signal.SIGKILL:
        return True
    assert process.returncode == 0, process.stderr
    return False


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes; part files of a killed process are left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_part(path.name)
    }


def parts(folder: Path) -> list[Path]:
    """The part files that a killed process left."""
    return [path for path in folder.rglob("*") if is_part(path.name)]


def differences(one: Path, other: Path) -> list[str]:
    """The files and rows that only one of two workspaces has, but for times of day."""
    files, rows = zip(_state(one), _state(other), strict=True)
    return sorted(map(str, [*(files[0] ^ files[1]), *(rows[0] ^ rows[1])]))


def _state(folder: Path) -> tuple[set[tuple[str, str]], set[tuple[object, ...]]]:
    """Every file with its digest and rights, and the rows of the catalog."""
    files = {
        (
            path.relative_to(folder).as_posix(),
            ("" if _is_timed(path.name) else hashlib.sha256(path.read_bytes()).hexdigest())
            + oct(path.stat().st_mode),
        )
        for path in folder.rglob("*")
        if path.is_file() and ".db" not in path.name and ".tfevents" not in path.name
    }
    rows: set[tuple[object, ...]] = set()
    with sqlite3.connect(folder / "catalog.db") as db:
        files_table = db.execute("SELECT path, sha256, size, owner FROM files")
        rows.update(row for row in files_table if not _is_timed(row[0]))
        rows.update(db.execute("SELECT name, label, split, dropped FROM mouths"))
        rows.update(db.execute('SELECT name, source, dropped, "group" FROM samples'))
    db.close()
    return files, rows


def _is_timed(name: str) -> bool:
    return any(part in name for part in _TIMED)
