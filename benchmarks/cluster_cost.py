"""`--on ray` with two workers on this machine: CPU of the driver, its memory, and CPU per picture.

CPU times, since wall times depend on what else the machine does. Ray's own processes (raylet, GCS
and agents) are named apart: they cost by the second, not by the picture.
"""

from __future__ import annotations

import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import memory
from benchmarks.inputs import Bench
from benchmarks.process_tree import cpu_by_kind, resident
from benchmarks.table import Row
from moue.cluster.address import Address
from moue.cluster.engine import RayEngine
from moue.config import Config
from moue.dataset.convert import convert_stage
from moue.dataset.crop import crop_stage
from moue.dataset.detect_faces import detect_stage
from moue.engine import Engine, LocalEngine
from moue.predict.batch import BatchItem, PredictorConfig, predict_files
from moue.progress import Progress
from moue.workspace.context import Context
from moue.workspace.stages import PixelStage
from moue.workspace.workspace import Workspace

WORKERS = 2
DRIVER_GOAL = 0.2
"""Largest CPU time of the driver per picture, in milliseconds."""
RATIO_GOAL = 1.1
"""Largest CPU time per picture on Ray as a multiple of that of worker processes."""
ROUNDS = 3

_SUBFOLDERS = 16**3
_RAY = ("raylet", "gcs", "agents")
_STAGES: dict[str, Callable[[Context], PixelStage[Any]]] = {
    "convert": lambda context: convert_stage(context, []),
    "clean": detect_stage,
    "crop": crop_stage,
}


def run(bench: Bench) -> list[Row]:
    """Measure one Ray that stays open, so that its start is not counted."""
    with RayEngine(Address(None), WORKERS) as engine:
        return [*_driver(bench, engine), _memory(bench, engine), _ratio(bench, engine)]


def _driver(bench: Bench, engine: RayEngine) -> list[Row]:
    """Return the CPU time of the driver per picture for each stage, with all writes."""
    count, folder = bench.few(1500, 200), bench.place("cluster-driver")
    (folder / "pictures").mkdir()
    memory.draw(count, folder / "pictures")
    workspace = Workspace(folder / "workspace")
    workspace.create("")
    memory.one_stage(workspace, "collect", folder / "pictures")
    for name in ("images", "mouths"):  # their subfolders exist in all but new workspaces
        for number in range(_SUBFOLDERS):
            (workspace.root / name / f"{number:03x}").mkdir(parents=True)
    list(engine.map(abs, range(1000), 1000))  # starts the workers
    rows = []
    with workspace.locked() as (catalog, _):
        config = Config.of(memory.FACE)
        context = Context(workspace, catalog, config, Progress(), engine=engine)
        for name, make in _STAGES.items():
            before, thread = cpu_by_kind(os.getpid()), time.thread_time()
            own = time.process_time()
            make(context).run(context)
            own, thread = time.process_time() - own, time.thread_time() - thread
            spent = _since(before)
            each = 1e3 * own / count
            note = (
                f"{1e3 * thread / count:.2f} ms of it in moue's thread, the rest in Ray's; "
                f"by Ray itself: {_shown(spent, count)}; {count} pictures of {memory.SIDE} px"
            )
            rows.append(
                Row(
                    step=f"cluster: driver, {name}", moue=f"{each:.2f} ms",
                    goal=f"≤ {DRIVER_GOAL} ms", reached=each <= DRIVER_GOAL, note=note,
                )
            )  # fmt: skip
    return rows


def _memory(bench: Bench, engine: RayEngine) -> Row:
    """Return the memory of the driver at each quarter of many small results."""
    count = bench.few(1_000_000, 40_000)
    held, spent = [], time.process_time()
    for number, _ in enumerate(engine.map(_facts, range(count), count), start=1):
        if number % (count // 4) == 0:
            held.append(resident(os.getpid()))
    spent = time.process_time() - spent
    quarters = ", ".join(f"{mebibytes:.0f}" for mebibytes in held)
    return Row(
        step="cluster: memory of the driver", moue=f"{quarters} MiB", goal="flat",
        reached=max(held) <= memory.FLAT * held[0],
        note=f"at each quarter of {count:,} results; {1e3 * spent / count:.3f} ms of CPU each",
    )  # fmt: skip


def _facts(number: int) -> dict[str, object]:
    return {"name": f"picture-{number}", "width": number, "score": 0.5, "error": None}


def _ratio(bench: Bench, engine: RayEngine) -> Row:
    """Return the CPU time per picture on Ray and in worker processes, in alternating order.

    A long and a short call each time: their difference contains no start of processes.
    """
    few, many = bench.few(80, 30), bench.few(320, 60)
    pictures = bench.jpegs(30)
    ways: dict[str, list[float]] = {"processes": [], "ray": []}
    by_ray: dict[str, float] = defaultdict(float)
    for turn in range(ROUNDS):
        for way in sorted(ways, reverse=turn % 2 == 1):
            used: Engine = engine if way == "ray" else LocalEngine(WORKERS)
            short, _ = _predicting(used, pictures, few)
            long, own = _predicting(used, pictures, many)
            ways[way].append(1e3 * (long - short) / (many - few))
            if way == "ray":
                for kind in _RAY:
                    by_ray[kind] += own[kind]
    ratio = median(a / b for a, b in zip(ways["ray"], ways["processes"], strict=True))
    note = (
        f"median of {ROUNDS} rounds in turns; processes {median(ways['processes']):.1f} ms, Ray "
        f"{median(ways['ray']):.1f} ms; by Ray itself: {_shown(by_ray, ROUNDS * many)}"
    )
    return Row(
        step="cluster: CPU per picture", moue=f"{ratio:.2f}", goal=f"≤ {RATIO_GOAL}",
        reached=ratio <= RATIO_GOAL, note=note,
    )  # fmt: skip


def _predicting(engine: Engine, pictures: list[Path], count: int) -> tuple[float, dict[str, float]]:
    """Predict pictures; return the CPU seconds of driver and workers, and those of all kinds."""
    items = [BatchItem(pictures[number % len(pictures)]) for number in range(count)]
    before, ended = cpu_by_kind(os.getpid()), _ended()
    own = time.process_time()
    for _ in predict_files(items, PredictorConfig(), engine, count):
        pass
    own = time.process_time() - own
    spent = _since(before)
    # The worker processes of this machine have ended, those of Ray have not.
    workers = spent["worker"] if engine.is_remote else _ended() - ended
    return own + workers, spent


def _since(before: dict[str, float]) -> dict[str, float]:
    now = cpu_by_kind(os.getpid())
    return defaultdict(float, {kind: now[kind] - before[kind] for kind in now})


def _ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _shown(spent: dict[str, float], count: int) -> str:
    return ", ".join(f"{kind} {1e3 * spent[kind] / count:.2f}" for kind in _RAY) + " ms"
