"""`moue serve` on one core, with the load from the other cores.

Throughput compared with `moue predict` on the same core and the same files, in turns; the delays at
80 % of the maximum rate, for `--minutes`; ten times the maximum rate; slow clients; and a worker
process that is killed. Every answer is compared with that of `moue predict --json`. Each row is
printed as soon as it is measured.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

from benchmarks.inputs import Bench
from benchmarks.serve_load import Generator, Load, percentiles
from benchmarks.serve_noise import Noise
from benchmarks.serve_predict import Speed, command_line, generator_for
from benchmarks.serve_process import Server, running_server
from benchmarks.serve_slow import READERS, UPLOADS
from benchmarks.table import Row
from moue.demo.raw_folder import demo_pictures

THROUGHPUT, TAIL, SHARE, RECOVERY = 0.9, 3.0, 0.8, 5.0
"""The goals: share of the rate of `moue predict`; p99 / median at this share of the maximum rate;
and seconds until the server answers as before an overload."""
REFUSED = 0.001
"""Maximum share of refused requests at 80 % of the maximum rate."""
OVERLOAD = 10
GROWTH = 1.1
"""Maximum ratio of the memory after and before the overload."""
ROUNDS, CONNECTIONS, MOST_CONNECTIONS = 3, 8, 300
SERVER_CORE = 0
_REPLACED = 60.0
"""Maximum time to wait for a new worker process, in seconds."""


def run(bench: Bench) -> list[Row]:
    """Measure the server."""
    others = os.sched_getaffinity(0) - {SERVER_CORE}
    if not others:
        raise SystemExit("the benchmark of the server needs two cores")
    os.sched_setaffinity(0, others)
    folder = bench.place("serve")
    small = [picture.path for picture in demo_pictures()][: bench.few(48, 12)]
    large = bench.jpegs(bench.few(24, 6))
    rows = list[Row]()
    with running_server(SERVER_CORE, "--workers", "1", log=folder / "log.txt") as server:
        big = _copies(large, folder / "1080p", bench.few(200, 40))
        pictures = _copies(small, folder / "448", bench.few(800, 120))
        minutes, short = bench.minutes, min(1.0, bench.minutes)
        generator = _generator(server, big)
        fastest = _throughput(bench, server, generator, "1080p", big, rows)
        _constant(server, generator, "1080p", fastest, short, rows)
        generator = _generator(server, pictures)
        fastest = _throughput(bench, server, generator, "448 px", pictures, rows)
        _constant(server, generator, "448 px", fastest, minutes, rows)
        _constant(server, generator, "448 px", fastest, short, rows, random_times=True)
        _slow_clients(bench, server, generator, fastest, rows)
        _overload(bench, server, generator, fastest, rows)
    with running_server(SERVER_CORE, "--workers", "2", log=folder / "log2.txt") as server:
        _killed(server, _generator(server, pictures), rows)
    return rows


def _copies(files: Sequence[Path], folder: Path, count: int) -> list[Path]:
    """Copy files until there are `count` of them."""
    folder.mkdir()
    names = [folder / f"{n:04d}{files[n % len(files)].suffix}" for n in range(count)]
    for number, path in enumerate(names):
        shutil.copy(files[number % len(files)], path)
    return names


def _generator(server: Server, pictures: list[Path]) -> Generator:
    return generator_for(server, pictures, SERVER_CORE)


def _add(rows: list[Row], row: Row) -> None:
    """Append a row, and print it, so that an interrupted run is not lost."""
    rows.append(row)
    goal = f" (goal {row.goal}: {'reached' if row.reached else 'MISSED'})" if row.goal else ""
    ratio = f", ratio by CPU {row.ratio:.2f}, by the clock {row.wall:.2f}" if row.ratio else ""
    print(f"  {row.step}: {row.moue}{ratio}{goal}; {row.note}", file=sys.stderr, flush=True)


def _throughput(
    bench: Bench, server: Server, generator: Generator, name: str, pictures: list[Path],
    rows: list[Row],
) -> float:  # fmt: skip
    """Compare the best rates of the server and of `moue predict`; return that of the server too."""
    generator.at_full_speed(1, CONNECTIONS)
    command, served, wrong = list[Speed](), list[Speed](), 0
    noise = Noise(SERVER_CORE, server.cpu())
    for _ in range(ROUNDS):
        command.append(command_line(pictures, SERVER_CORE)[1])
        before = server.cpu()
        load = generator.at_full_speed(bench.few(10, 3), CONNECTIONS)
        served.append(Speed(load.rate, 1000 * (server.cpu() - before) / load.statuses[200]))
        wrong += load.wrong
    used = server.cpu() + sum(one.cpu * len(pictures) for one in command) / 1000
    best, fast = max(s.rate for s in command), max(s.rate for s in served)
    cpu_ratio = min(s.cpu for s in command) / min(s.cpu for s in served)
    row = Row(
        step=f"serve: pictures/s, {name}",
        moue=f"{fast:.0f} (`moue predict`: {best:.0f})",
        ratio=cpu_ratio,
        wall=fast / best,
        goal=f"{THROUGHPUT:g}x by the clock",
        reached=fast / best >= THROUGHPUT and not wrong,
        note=f"one core, best of {ROUNDS} in turns; by the clock {fast / best:.2f}x; CPU per "
        f"picture {min(s.cpu for s in served):.2f} ms, `moue predict` "
        f"{min(s.cpu for s in command):.2f} ms; {wrong} wrong; {noise.text(used)}",
    )
    _add(rows, row)
    return fast


def _constant(
    server: Server, generator: Generator, name: str, fastest: float, minutes: float,
    rows: list[Row], *, random_times: bool = False,
) -> None:  # fmt: skip
    """Send at a rate below the maximum."""
    noise, rate = Noise(SERVER_CORE, server.cpu()), SHARE * fastest
    load = generator.at_rate(60 * minutes, rate, MOST_CONNECTIONS, random_times=random_times)
    median, p99 = percentiles(load.delays)
    refused = 1 - load.statuses[200] / max(1, load.total + load.unsent)
    steady = refused <= REFUSED and not load.wrong
    times = "random times (Poisson)" if random_times else "equal distances"
    longest = 1000 * max(load.delays, default=0)
    _add(rows, Row(
        step=f"serve: delay at {SHARE:.0%} of the maximum rate, {name}, {times}",
        moue=f"median {1000 * median:.1f} ms, 99 % within {1000 * p99:.1f} ms",
        goal="" if random_times else f"99 % within {TAIL:g}x",
        reached=None if random_times else median > 0 and p99 <= TAIL * median and steady,
        note=f"{rate:.0f} requests/s for {minutes:g} minutes; 99 % / median = "
        f"{p99 / max(median, 1e-9):.1f}; longest {longest:.0f} ms; "
        f"{_counts(load)}; {_lateness(load)}; {noise.text(server.cpu())}",
    ))  # fmt: skip


def _slow_clients(
    bench: Bench, server: Server, generator: Generator, fastest: float, rows: list[Row]
) -> None:
    """Send at half the maximum rate, without and with slow clients."""
    seconds, rate = bench.few(30, 6), fastest / 2
    alone = generator.at_rate(seconds, rate, MOST_CONNECTIONS)
    noise = Noise(SERVER_CORE, server.cpu())
    line = [sys.executable, "-m", "benchmarks.serve_slow", str(server.port)]
    with subprocess.Popen(line, stderr=subprocess.DEVNULL) as slow:
        time.sleep(2)
        load = generator.at_rate(seconds, rate, MOST_CONNECTIONS)
        slow.terminate()
    (before, before99), (median, p99) = percentiles(alone.delays), percentiles(load.delays)
    _add(rows, Row(
        step=f"serve: delay with {UPLOADS} slow senders and {READERS} clients that do not read",
        moue=f"median {1000 * median:.1f} ms, 99 % within {1000 * p99:.1f} ms",
        goal="all answered; median within 2x",
        reached=set(load.statuses) == {200} and not load.wrong and median <= 2 * before,
        note=f"{rate:.0f} requests/s; without them {1000 * before:.1f} and {1000 * before99:.1f} "
        f"ms; {_counts(load)}; {_lateness(load)}; {noise.text(server.cpu())}",
    ))  # fmt: skip


def _overload(
    bench: Bench, server: Server, generator: Generator, fastest: float, rows: list[Row]
) -> None:
    """Send ten times the maximum rate, and measure memory and recovery."""
    seconds, rate = bench.few(30, 6), OVERLOAD * fastest
    generator.at_rate(seconds / 3, rate, MOST_CONNECTIONS)  # the buffers reach their size
    time.sleep(1)
    before, opened = server.memory(), server.descriptors()
    noise = Noise(SERVER_CORE, server.cpu())
    load = generator.at_rate(seconds, rate, MOST_CONNECTIONS, probe=10 / fastest)
    quiet = noise.text(server.cpu())
    time.sleep(1)
    after, left = server.memory(), server.descriptors()
    (median, p99), (refused, refused99) = percentiles(load.delays), percentiles(load.refusals)
    _add(rows, Row(
        step=f"serve: memory before and after {OVERLOAD}x overload",
        moue=f"{before:.0f} and {after:.0f} MiB",
        goal="no growth, no wrong answer",
        reached=after <= GROWTH * before and not load.wrong and left <= opened,
        note=f"{rate:.0f} requests/s due for {seconds} s, {load.total / seconds:.0f}/s sent, "
        f"{load.statuses[200] / seconds:.0f}/s of {fastest:.0f}/s predicted; {_counts(load)}; "
        f"answers: median {1000 * median:.0f} ms, 99 % within {1000 * p99:.0f} ms; 503: median "
        f"{1000 * refused:.1f} ms, 99 % within {1000 * refused99:.1f} ms; descriptors {opened} and "
        f"{left}; {_lateness(load)}; {quiet}",
    ))  # fmt: skip
    _add(rows, Row(
        step="serve: recovery after the overload",
        moue=f"{load.recovery:.2f} s",
        goal=f"{RECOVERY:g} s",
        reached=load.recovery <= RECOVERY,
        note=f"from the last request to the first of ten answers within {10000 / fastest:.0f} ms",
    ))  # fmt: skip


def _killed(server: Server, generator: Generator, rows: list[Row]) -> None:
    """Kill one of two worker processes during the load."""
    ready: list[float] = []

    def kill() -> None:
        time.sleep(1)
        os.kill(server.workers()[0], signal.SIGKILL)
        start = time.perf_counter()
        while time.perf_counter() - start < _REPLACED:
            if (
                server.metric("moue_worker_restarts_total") >= 1
                and server.metric("moue_workers_ready") >= 2
            ):
                ready.append(time.perf_counter() - start)
                return
            time.sleep(0.1)

    thread = Thread(target=kill)
    thread.start()
    load = generator.at_full_speed(8, 4)
    thread.join()
    _add(rows, Row(
        step="serve: one of two workers killed under load",
        moue=f"replaced in {ready[0]:.1f} s" if ready else "not replaced",
        goal="every answer right",
        reached=set(load.statuses) == {200} and not load.wrong and bool(ready),
        note=f"{_counts(load)}; longest delay {1000 * max(load.delays, default=0):.0f} ms",
    ))  # fmt: skip


def _counts(load: Load) -> str:
    found = ", ".join(f"{count:,} x {status}" for status, count in sorted(load.statuses.items()))
    return f"answers {found}, {load.wrong} wrong, {load.unsent:,} not sent"


def _lateness(load: Load) -> str:
    """Return how late the generator sent the requests, and how busy it was."""
    median, p99 = percentiles(load.late)
    return (
        f"generator late by {1000 * median:.1f} ms, 99 % within {1000 * p99:.1f} ms, "
        f"busy {load.busy:.0%}"
    )
