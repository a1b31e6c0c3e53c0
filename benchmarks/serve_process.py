"""A running `moue serve`, and its processes: CPU time, memory and open files."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serve_noise import TICKS


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Let the processes that start meanwhile use one core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, slots=True)
class Server:
    """A running `moue serve`.

    Attributes:
        pid: process id.
        port: port on the loopback address.
    """

    pid: int
    port: int

    def pids(self) -> list[int]:
        """Return the process ids of the server and its children."""
        return [self.pid, *children(self.pid)]

    def workers(self) -> list[int]:
        """Return the process ids of the worker processes."""
        return [pid for pid in children(self.pid) if "spawn_main" in _words(pid)]

    def cpu(self) -> float:
        """Return the CPU time of all processes, in seconds."""
        return sum(cpu(pid) for pid in self.pids())

    def memory(self) -> float:
        """Return the memory of all processes, in MiB; shared memory counts once."""
        return sum(_memory(pid) for pid in self.pids()) / 1024

    def descriptors(self) -> int:
        """Return the number of open descriptors of all processes."""
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())  # noqa: PTH208

    def get(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        lines = re.findall(
            rf"^{name}(?:{{[^}}]*}})? (\S+)$", self.get("/metrics")[1].decode(), re.M
        )
        return sum(map(float, lines))


@contextmanager
def running_server(core: int, *flags: str, log: Path) -> Iterator[Server]:
    """Start `moue serve` on one core, and wait until it is ready.

    Args:
        core: number of the core for all processes of the server.
        flags: further flags.
        log: file for the log of the server.
    """
    line = [sys.executable, "-m", "moue", "serve", "--port", "0", *flags]
    with log.open("w") as errors:
        with on_core(core):
            process = subprocess.Popen(
                line, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        try:
            assert process.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
            if found is None:
                raise SystemExit(f"moue serve did not start: {log.read_text()}")
            server = Server(process.pid, int(found[1]))
            while server.get("/readyz")[0] != 200:
                time.sleep(0.05)
            yield server
        finally:
            process.terminate()
            process.communicate()


def children(pid: int) -> list[int]:
    """Return the process ids of the children of all threads of a process."""
    paths = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in paths for child in path.read_text(encoding="ascii").split()]


def cpu(pid: int) -> float:
    """Return the CPU time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _words(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
