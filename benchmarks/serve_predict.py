"""`moue predict --json` on one core: its speed, and the answers that the server must give."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serve_load import Generator
from benchmarks.serve_process import Server, cpu, on_core

SHARED = ("width", "height", "min_face", "note", "faces")
"""Fields that an answer has in common with `moue predict --json`."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Pictures per second, and CPU milliseconds per picture."""

    rate: float
    cpu: float


def generator_for(server: Server, pictures: list[Path], core: int) -> Generator:
    """Return a generator that expects the answers of `moue predict --json`."""
    printed = command_line(pictures, core)[0]
    model = json.loads(server.get("/v1/models")[1])["models"][0]
    bodies = [{"model": model} | {name: one[name] for name in SHARED} for one in printed]
    expected = [json.dumps(body, ensure_ascii=False).encode() for body in bodies]
    return Generator(server.port, [path.read_bytes() for path in pictures], expected)


def command_line(pictures: list[Path], core: int) -> tuple[list[dict[str, object]], Speed]:
    """Return what `moue predict --json` prints, and its speed from the first picture on."""
    line = [sys.executable, "-m", "moue", "predict", "--json", "--workers", "1"]
    printed: list[bytes] = []
    with on_core(core):
        process = subprocess.Popen(
            [*line, *map(str, pictures)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    with process:
        assert process.stdout is not None
        printed.append(process.stdout.readline())
        start, used = time.perf_counter(), cpu(process.pid)
        for text in process.stdout:
            printed.append(text)
            if len(printed) == len(pictures):
                spent, used = time.perf_counter() - start, cpu(process.pid) - used
    count = len(pictures) - 1
    return [json.loads(text) for text in printed], Speed(count / spent, 1000 * used / count)
