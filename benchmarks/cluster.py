"""Simulate a cluster of 1 to 1,000 workers: stragglers, lost nodes, a slow store, one driver.

    python -m benchmarks.cluster [--page docs/guides/cluster.md] [--figure FILE.svg]

The simulation is one of discrete events. Its times were measured with two workers on one machine of
two cores (prediction of 1080p pictures; driver: detection of 1,448 pictures with all writes to the
catalog, and 1,000,000 empty items). It shows where the throughput stops growing, not how fast a
given cluster is.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from moue.cluster.engine import LARGEST_CHUNK, WINDOW

WORKERS = (1, 10, 100, 1000)
PER_WORKER = 16_000
"""Number of pictures per worker: enough that the end of the work hardly matters."""
MARK = "<!-- generated: simulation -->", "<!-- end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The times of the simulation, in seconds.

    Attributes:
        work: CPU time of a worker per picture.
        dispatch: CPU time of the driver per task.
        write: CPU time of the driver per picture, for the result and the rows of the catalog.
        store: time of a worker per picture for reading and writing the store.
        detect: time until a lost node is detected.
        restart: time until a replacement of a lost node works.
    """

    work: float = 0.0146
    dispatch: float = 0.0006
    write: float = 0.00017
    store: float = 0.0
    detect: float = 10.0
    restart: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario.

    Attributes:
        name: name of the scenario.
        times: times of the scenario.
        slow_share: share of tasks that take `slow_factor` times as long.
        slow_factor: factor of the slow tasks.
        lost_every: mean time between losses of one worker, in seconds; 0 for no loss.
        store_rate: number of pictures per second that the store serves to all workers together; 0
            for no limit.
    """

    name: str
    times: Measured = Measured()
    slow_share: float = 0.0
    slow_factor: float = 10.0
    lost_every: float = 0.0
    store_rate: float = 0.0


CASES = (
    Case(name="no faults"),
    Case(name="stragglers", slow_share=0.01),
    Case(name="lost nodes", lost_every=3600.0),
    Case(name="slow store", times=replace(Measured(), store=0.1), store_rate=3000.0),
)
"""Scenarios. Stragglers: 1 % of the tasks take 10 times as long. Lost nodes: each worker is lost
once an hour. Slow store: 0.1 s per picture, and at most 3,000 pictures per second in all."""


def simulate(case: Case, workers: int, pictures: int, seed: int = 0) -> float:
    """Return the simulated throughput in pictures per second.

    The driver keeps `WINDOW` tasks per worker unfinished and reads the results in order, as
    `RayEngine.map` does. The driver and the store each serve one request at a time.

    Args:
        case: scenario.
        workers: number of workers with one CPU each.
        pictures: number of pictures.
        seed: random seed.
    """
    chance, times = random.Random(seed), case.times
    chunk = max(1, min(LARGEST_CHUNK, pictures // (4 * workers)))
    left = -(-pictures // chunk)
    idle = [0.0] * workers
    heapq.heapify(idle)
    waiting: deque[float] = deque()
    driver = store = 0.0
    while left or waiting:
        while left and len(waiting) < WINDOW * workers:
            driver += times.dispatch
            begin = max(driver, heapq.heappop(idle))
            slow = case.slow_factor if chance.random() < case.slow_share else 1.0
            spent = chunk * (times.work * slow * chance.uniform(0.7, 1.3) + times.store)
            if case.store_rate:
                store = max(store, begin) + chunk / case.store_rate
                spent = max(spent, store - begin)
            end = begin + spent
            free = end
            if case.lost_every and chance.random() < spent / case.lost_every:
                # The task is done again elsewhere after the loss is detected.
                end += times.detect + spent
                free = end + times.restart
            waiting.append(end)
            heapq.heappush(idle, free)
            left -= 1
        driver = max(driver, waiting.popleft()) + chunk * times.write
    return pictures / driver


def table(pictures_per_worker: int = PER_WORKER) -> list[tuple[str, list[float]]]:
    """Return the throughput of each scenario at each number of workers."""
    return [
        (case.name, [simulate(case, n, pictures_per_worker * n) for n in WORKERS]) for case in CASES
    ]


def page(rows: list[tuple[str, list[float]]], words: Callable[[str], str] = str) -> str:
    """Return the table as Markdown; the percentage is the throughput per worker against one."""
    lines = [
        "| | " + " | ".join(f"{n:,}" for n in WORKERS) + " |",
        "|---" * (len(WORKERS) + 1) + "|",
    ]
    alone = rows[0][1][0]
    for name, rates in rows:
        cells = [
            f"{rate:,.0f}/s ({rate / n / alone:.0%})"
            for n, rate in zip(WORKERS, rates, strict=True)
        ]
        lines.append(f"| {words(name)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def figure(rates: Callable[[Case, int], float]) -> str:
    """Return an SVG with the throughput by number of workers; both axes are logarithmic.

    Args:
        rates: function from a scenario and a number of workers to pictures per second.
    """
    width, height, left, bottom = 640, 360, 70, 50

    def x(workers: float) -> float:
        return left + (width - left - 110) * math.log10(workers) / 3

    def y(rate: float) -> float:
        return height - bottom - (height - bottom - 20) * math.log10(rate) / 4

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13" role="img">',
        "<title>Simulated pictures per second by number of workers</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for power in range(5):
        line, text = y(10**power), f"{10**power:,}"
        parts.append(f'<path d="M{left} {line:.0f}H{width - 110}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{line + 4:.0f}" text-anchor="end">{text}</text>')
    for power in range(4):
        parts.append(
            f'<text x="{x(10**power):.0f}" y="{height - 30}" text-anchor="middle">'
            f"{10**power:,}</text>"
        )
    parts.append(f'<text x="{left}" y="14">pictures/s</text>')
    parts.append(f'<text x="{x(30):.0f}" y="{height - 8}" text-anchor="middle">workers</text>')
    steps = [round(10 ** (i / 8)) for i in range(25)]
    for number, case in enumerate(CASES):
        points = " ".join(f"{x(n):.1f},{y(rates(case, n)):.1f}" for n in dict.fromkeys(steps))
        colour, dash = _LINES[number]
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/>'
        )
        parts.append(
            f'<path d="M{width - 105} {40 + 24 * number}h24" stroke="{colour}" stroke-width="2.5" '
            f'stroke-dasharray="{dash}"/>'
            f'<text x="{width - 76}" y="{44 + 24 * number}">{case.name}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


_LINES = (("#1b6ca8", ""), ("#c2571a", "6 4"), ("#3c8d40", "2 4"), ("#7b4fa3", "10 4 2 4"))
"""Colour and dashes of the line of each scenario."""


def main() -> None:
    """Print the table, and write it into pages between the two marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, action="append", default=[])
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    text = page(table())
    print(text)
    if given.figure is not None:
        given.figure.write_text(
            figure(lambda c, n: simulate(c, n, PER_WORKER * n)), encoding="utf-8"
        )
    for path in given.page:
        before, _, rest = path.read_text(encoding="utf-8").partition(MARK[0])
        _, _, after = rest.partition(MARK[1])
        path.write_text(f"{before}{MARK[0]}\n\n{text}\n\n{MARK[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
