"""Writing files so that a kill or a full disk never leaves half of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from moue.text import ERRORS, NAME_MAX, shortened, to_json

PART = ".part"


def absolute(path: Path) -> Path:
    """Return `path` from the root, without `..`: one spelling for one file. Links stay links."""
    return Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow links


def part_of(path: Path) -> Path:
    """Return the hidden name beside `path` under which this process writes it first."""
    end = f".{os.getpid()}{PART}"
    return path.with_name(f".{shortened(path.name, NAME_MAX - len(end) - 1)}{end}")


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` beside `path` and rename it there: readers see the old file or the new one."""
    part = part_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        # A failed write does not know its file, and "no space left" should say where.
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 through `write_bytes`; what is not UTF-8 is escaped."""
    write_bytes(path, text.encode("utf-8", ERRORS))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, keys in their own order, through `write_bytes`."""
    write_text(path, to_json(value, indent=2) + "\n")


def remove_parts(folder: Path) -> None:
    """Remove what a killed process had begun to write anywhere under `folder`.

    Entries are looked at one by one: a folder of very many files takes no memory.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    remove_parts(Path(entry.path))
                elif entry.name.startswith(".") and entry.name.endswith(PART):
                    Path(entry.path).unlink(missing_ok=True)
    except FileNotFoundError:
        return
