"""Running a command of moue and watching how much memory it and its workers hold."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def command(*arguments: str) -> tuple[float, float]:
    """Run `moue`; return its seconds and the most MiB that its processes held together."""
    line = [sys.executable, "-m", "moue", *arguments]
    start, peak = time.perf_counter(), 0.0
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None:
            peak = max(peak, _held(running.pid))
            time.sleep(0.2)
    if running.returncode:
        raise SystemExit(f"{' '.join(line)}: ended with {running.returncode}")
    return time.perf_counter() - start, peak


def _held(process: int) -> float:
    """Return the MiB that a process and its children hold, what they share counted once."""
    children = Path(f"/proc/{process}/task/{process}/children")
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return own / 1024 + sum(_held(int(child)) for child in children.read_text().split())
    except (OSError, StopIteration):
        return 0.0
