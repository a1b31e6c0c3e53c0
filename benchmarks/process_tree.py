"""CPU time and memory of a process and its descendants, by the kind of process."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def cpu_by_kind(process: int) -> dict[str, float]:
    """Return the CPU seconds of a process and its living descendants.

    Returns:
        Seconds by kind: `driver` for the process itself, `worker` for processes that run functions
        of moue, and `raylet`, `gcs` and `agents` for Ray's own processes.
    """
    seconds: dict[str, float] = defaultdict(float)
    for one in descendants(process):
        try:
            line = Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            fields = (
                Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            )
        except OSError:  # it has just ended
            continue
        kind = "driver" if one == process else _kind(line)
        seconds[kind] += (int(fields[11]) + int(fields[12])) / _TICKS
    return seconds


def descendants(process: int) -> list[int]:
    """Return the ids of a process and of all its living descendants."""
    found = [process]
    for one in found:
        for thread in _threads(one):
            try:
                text = (thread / "children").read_text(encoding="utf-8")
            except OSError:
                continue
            found += map(int, text.split())
    return found


def resident(process: int) -> float:
    """Return the resident memory of a process in MiB."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {process} has no memory")


def unnamed_file_bytes(process: int) -> int:
    """Return the disk space of the deleted files that a process and its descendants have open.

    SQLite and the module `tempfile` delete a temporary file as soon as it is open.
    """
    sizes: dict[tuple[int, int], int] = {}
    for one in descendants(process):
        with suppress(OSError):  # the process has just ended
            for entry in Path(f"/proc/{one}/fd").iterdir():
                with suppress(OSError):  # the file has just been closed
                    if str(entry.readlink()).startswith(("/memfd:", "/dev/")):
                        continue
                    found = entry.stat()
                    if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                        sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def _threads(process: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return []


def _kind(line: str) -> str:
    program = line.split(" ")[0]
    if program.endswith("/raylet"):  # its arguments name the program of its workers
        return "raylet"
    if program.endswith("/gcs_server"):
        return "gcs"
    is_worker = line.startswith("ray::") or "spawn_main" in line or "default_worker.py" in line
    return "worker" if is_worker and "Agent" not in program else "agents"
