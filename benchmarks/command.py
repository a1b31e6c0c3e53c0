"""Run a command of moue and measure the memory of all its processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def command(*arguments: str) -> tuple[float, float]:
    """Run `moue`; return its seconds and the peak memory of all its processes in MiB."""
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
    """Return the memory of a process and its children in MiB; shared memory counts once."""
    children = Path(f"/proc/{process}/task/{process}/children")
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return own / 1024 + sum(_held(int(child)) for child in children.read_text().split())
    except (OSError, StopIteration):
        return 0.0
