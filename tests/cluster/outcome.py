"""The outcome of the stages in a workspace: rows of the catalog and bytes of the files."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from moue.cli import main

TABLES = ("samples", "mouths", "decisions", "steps", "files", "fingerprints")
FOLDERS = ("originals", "images", "mouths")
STAGES = ("convert", "clean", "crop")


def rows(workspace: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the catalog without the columns with times."""
    tables = {}
    with sqlite3.connect(workspace / "catalog.db") as db:
        for table in TABLES:
            columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(f'"{c}"' for c in columns if c not in ("at", "label_at"))
            tables[table] = sorted(db.execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr)
    db.close()
    return tables


def files(folder: Path, folders: tuple[str, ...] = FOLDERS) -> dict[str, str]:
    """SHA-256 of every picture file by path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in folders
        for path in sorted((folder / name).rglob("*"))
        if path.is_file()
    }


def processed(
    raw: Path, workspace: Path, *options: str
) -> tuple[dict[str, list[tuple[object, ...]]], dict[str, str]]:
    """Collect and process a folder with options such as `--on`, and return rows and files."""
    on = options if "--on" in options else ()
    assert main(["collect", str(raw), "--copy", "-w", str(workspace), *on]) == 0
    for stage in STAGES:
        more = ["--backend", "haar"] if stage != "convert" else []
        assert main([stage, "-w", str(workspace), *more, *options]) == 0
    return rows(workspace), files(workspace)
