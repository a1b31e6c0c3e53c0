"""`moue serve` on one core, with the load from the other cores.

Throughput compared with `moue predict` on the same core and the same files; the delays at a
constant rate of 80 % of the maximum, for `--minutes`; ten times the maximum rate; and a worker
process that is killed. Every answer is compared with that of `moue predict --json`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from benchmarks.inputs import Bench
from benchmarks.serve_load import Generator, Load
from benchmarks.serve_process import Server, cpu, on_core, running_server
from benchmarks.table import Row
from moue.demo.raw_folder import demo_pictures

SHARED = ("width", "height", "min_face", "note", "faces")
"""Fields that an answer has in common with `moue predict --json`."""
THROUGHPUT, TAIL, SHARE, RECOVERY = 0.9, 3.0, 0.8, 5.0
"""The goals: share of the rate of `moue predict`; p99 / median at this share of the maximum rate;
and seconds until the server answers as before an overload."""
OVERLOAD = 10
GROWTH = 1.1
"""Maximum ratio of the memory after and before the overload."""
ROUNDS, CONNECTIONS = 3, 8
SERVER_CORE = 0


@dataclass(frozen=True, slots=True)
class Speed:
    """Pictures per second, and CPU milliseconds per picture."""

    rate: float
    cpu: float


def run(bench: Bench) -> list[Row]:
    """Measure the server."""
    others = os.sched_getaffinity(0) - {SERVER_CORE}
    if not others:
        raise SystemExit("the benchmark of the server needs two cores")
    os.sched_setaffinity(0, others)
    folder = bench.place("serve")
    small = [picture.path for picture in demo_pictures()][: bench.few(48, 12)]
    large = bench.jpegs(bench.few(24, 6))
    rows = []
    with running_server(SERVER_CORE, "--workers", "1", log=folder / "log.txt") as server:
        for name, files in (("1080p", large), ("448 px", small)):
            pictures = _copies(files, folder / name.replace(" ", ""), bench.few(300, 60))
            row, fastest = _throughput(bench, server, name, pictures)
            rows.append(row)
        generator = _generator(server, pictures)
        rows += _constant(bench, generator, fastest)
        rows += _overload(bench, server, generator, fastest)
    with running_server(SERVER_CORE, "--workers", "2", log=folder / "log2.txt") as server:
        rows.append(_killed(server, _generator(server, pictures)))
    return rows


def _copies(files: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Copy files until there are `count` of them."""
    folder.mkdir()
    names = [folder / f"{n:04d}{files[n % len(files)].suffix}" for n in range(count)]
    for number, path in enumerate(names):
        shutil.copy(files[number % len(files)], path)
    return names


def _throughput(bench: Bench, server: Server, name: str, pictures: list[Path]) -> tuple[Row, float]:
    """Compare the best rates of the server and of `moue predict`; return that of the server too."""
    generator = _generator(server, pictures)
    seconds = bench.few(10, 3)
    generator.at_full_speed(1, CONNECTIONS)
    command, served = list[Speed](), list[Speed]()
    for _ in range(ROUNDS):
        command.append(_command_line(pictures)[1])
        before = server.cpu()
        load = generator.at_full_speed(seconds, CONNECTIONS)
        served.append(Speed(load.rate, 1000 * (server.cpu() - before) / load.statuses[200]))
        assert not load.wrong, f"{load.wrong} wrong answers"
    best, fast = max(s.rate for s in command), max(s.rate for s in served)
    cpu_ratio = min(s.cpu for s in command) / min(s.cpu for s in served)
    row = Row(
        step=f"serve: pictures/s, {name}",
        moue=f"{fast:.0f} (`moue predict`: {best:.0f})",
        ratio=cpu_ratio,
        wall=fast / best,
        goal=f"{THROUGHPUT:g}x",
        reached=fast / best >= THROUGHPUT,
        note=f"one core, best of {ROUNDS}; CPU per picture {min(s.cpu for s in served):.2f} ms, "
        f"`moue predict` {min(s.cpu for s in command):.2f} ms",
    )
    return row, fast


def _constant(bench: Bench, generator: Generator, fastest: float) -> list[Row]:
    """Send at a constant rate below the maximum."""
    rate = SHARE * fastest
    load = generator.at_rate(60 * bench.minutes, rate, 400)
    parts = statistics.quantiles(load.delays, n=100)
    median, p99 = parts[49], parts[98]
    return [
        Row(
            step=f"serve: delay at {SHARE:.0%} of the maximum rate",
            moue=f"{1000 * median:.1f} ms, 99 % within {1000 * p99:.1f} ms",
            goal=f"99 % within {TAIL:g}x",
            reached=p99 <= TAIL * median and not load.wrong and set(load.statuses) == {200},
            note=f"{rate:.0f} requests/s for {bench.minutes:g} minutes; {_counts(load)}; "
            f"99 % / median = {p99 / median:.1f}; longest {1000 * max(load.delays):.0f} ms",
        )
    ]


def _overload(bench: Bench, server: Server, generator: Generator, fastest: float) -> list[Row]:
    """Send ten times the maximum rate, and measure memory and recovery."""
    seconds = bench.few(30, 6)
    generator.at_rate(seconds / 3, OVERLOAD * fastest, 400)  # the buffers reach their size
    time.sleep(1)
    before, opened = server.memory(), server.descriptors()
    load = generator.at_rate(seconds, OVERLOAD * fastest, 400)
    recovery = generator.recovery(60, 10 / fastest)
    time.sleep(1)
    after, left = server.memory(), server.descriptors()
    answered = sum(load.statuses.values()) / load.seconds
    return [
        Row(
            step=f"serve: memory before and after {OVERLOAD}x overload",
            moue=f"{before:.0f} and {after:.0f} MiB",
            goal="no growth, no wrong answer",
            reached=after <= GROWTH * before and not load.wrong and left <= opened,
            note=f"{OVERLOAD * fastest:.0f} requests/s due for {seconds} s, {answered:.0f}/s "
            f"answered, {load.rate:.0f}/s predicted; {_counts(load)}; "
            f"descriptors {opened} and {left}",
        ),
        Row(
            step="serve: recovery after the overload",
            moue=f"{recovery:.2f} s",
            goal=f"{RECOVERY:g} s",
            reached=recovery <= RECOVERY,
        ),
    ]


def _killed(server: Server, generator: Generator) -> Row:
    """Kill one of two worker processes during the load."""
    ready: list[float] = []

    def kill() -> None:
        time.sleep(1)
        os.kill(server.workers()[0], signal.SIGKILL)
        start = time.perf_counter()
        while (
            server.metric("moue_worker_restarts_total") < 1
            or server.metric("moue_workers_ready") < 2
        ):
            time.sleep(0.02)
        ready.append(time.perf_counter() - start)

    thread = Thread(target=kill)
    thread.start()
    load = generator.at_full_speed(8, 4)
    thread.join()
    return Row(
        step="serve: one of two workers killed under load",
        moue=f"replaced in {ready[0]:.1f} s",
        goal="every answer right",
        reached=set(load.statuses) == {200} and not load.wrong,
        note=f"{_counts(load)}; longest delay {1000 * max(load.delays):.0f} ms",
    )


def _generator(server: Server, pictures: list[Path]) -> Generator:
    """Return a generator that expects the answers of `moue predict --json`."""
    printed = _command_line(pictures)[0]
    model = json.loads(server.get("/v1/models")[1])["models"][0]
    bodies = [{"model": model} | {name: one[name] for name in SHARED} for one in printed]
    expected = [json.dumps(body, ensure_ascii=False).encode() for body in bodies]
    return Generator(server.port, [path.read_bytes() for path in pictures], expected)


def _command_line(pictures: list[Path]) -> tuple[list[dict[str, object]], Speed]:
    """Return what `moue predict --json` prints, and its speed from the first picture on."""
    line = [sys.executable, "-m", "moue", "predict", "--json", "--workers", "1"]
    printed: list[bytes] = []
    with on_core(SERVER_CORE):
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


def _counts(load: Load) -> str:
    found = ", ".join(f"{count:,} x {status}" for status, count in sorted(load.statuses.items()))
    return f"answers {found}, {load.wrong} wrong, {load.unsent:,} not sent"
