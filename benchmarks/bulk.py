"""`moue predict FOLDER`: pictures per second, memory over 20,000 files, and a profile of CPU time.

The command runs with one process per core. The profile is of a single process and counts CPU time.
It measures the libraries; the share of Python is the rest of the time without the profiler, since
profiling slows down Python itself.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from benchmarks.command import command
from benchmarks.inputs import Bench
from benchmarks.memory import FLAT, draw
from benchmarks.table import Row
from moue.face.backends import FaceSettings
from moue.predict.predictor import Predictor

GOAL = 0.9
SIDE = 96
"""Side of the small pictures, in pixels."""
DIFFERENT = 200
"""Number of different small pictures; the other files are hard links to them."""

REST = "Python and the rest"
_KINDS = {
    "decoding": ("_decode_jpeg", "_decode_jpeg_grey", "decode", "_upright_rgb"),
    "cascades and networks": (
        "detectMultiScale", "detectMultiScale2", "onnxruntime_pybind11_state.run", "with_landmarks",
    ),
    "resizing and cropping": ("resize", "cvtColor", "copyMakeBorder", "crop_square"),
    "reading files": ("read",),
}  # fmt: skip


def run(bench: Bench) -> list[Row]:
    """Predict folders of large and of small pictures."""
    few, many = bench.few(5_000, 100), bench.few(20_000, 400)
    small = {count: _small(bench, count) for count in (few, many)}
    peaks = {count: predicting(folder) for count, folder in small.items()}
    large = bench.jpegs(bench.few(30, 6))
    folder = bench.place("bulk-large")
    for number in range(bench.few(120, 12)):
        (folder / f"{number:04d}.jpg").hardlink_to(large[number % len(large)])
    return [
        _rate(f"bulk: {many} small files", *peaks[many], many),
        _rate("bulk: 1080p files", *predicting(folder), len(list(folder.iterdir()))),
        _flat(few, peaks[few][1], many, peaks[many][1]),
        _profile("bulk: shares of CPU, small files", sorted(small[few].iterdir())[:200]),
        _profile("bulk: shares of CPU, 1080p files", large),
    ]


def _rate(step: str, seconds: float, peak: float, count: int) -> Row:
    note = f"{os.cpu_count()} processes, including their start; {peak:.0f} MiB in all"
    return Row(step=step, moue=f"{count / seconds:.0f} images/s", note=note)


def _flat(few: int, low: float, many: int, high: float) -> Row:
    return Row(
        step="bulk: memory",
        moue=f"{low:.0f} and {high:.0f} MiB",
        goal="flat",
        reached=high <= FLAT * low,
        note=f"{few} and {many} files, all processes together",
    )


def _profile(step: str, files: Iterable[Path]) -> Row:
    """Return the shares of the CPU time of one process."""
    predictor = Predictor.load(None, FaceSettings())
    files = list(files)
    predictor.predict_file(files[0])
    start = time.thread_time()
    for file in files:
        predictor.predict_file(file)
    total = time.thread_time() - start
    profile = cProfile.Profile(time.thread_time)
    profile.enable()
    for file in files:
        predictor.predict_file(file)
    profile.disable()
    spent: dict[str, float] = defaultdict(float)
    for (_, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        spent[_kind(name)] += own
    spent[REST] = 0.0
    spent[REST] = max(0.0, total - sum(spent.values()))
    work = (spent["decoding"] + spent["cascades and networks"]) / total
    ranked = sorted(spent.items(), key=lambda item: -item[1])
    parts = ", ".join(f"{kind} {own / total:.1%}" for kind, own in ranked)
    return Row(
        step=step,
        moue=f"{work:.1%}",
        goal=f"{GOAL:.0%}",
        reached=work >= GOAL,
        note=f"{1e3 * total / len(files):.1f} ms a file: {parts}",
    )


def _kind(name: str) -> str:
    """Return the kind of work of a profiled function, by its name."""
    last = name.strip("{}<>").removeprefix("built-in method ").removeprefix("method ")
    word = last.split(" of ")[0].strip("'")
    for kind, names in _KINDS.items():
        if word in names or any(word.endswith(f".{n}") or last.endswith(n) for n in names):
            return kind
    return REST


def _small(bench: Bench, count: int) -> Path:
    folder, pictures = bench.place(f"bulk-{count}"), bench.place(f"bulk-{count}-pictures")
    draw(min(DIFFERENT, count), pictures, SIDE)
    files = sorted(pictures.iterdir())
    for number in range(count):
        (folder / f"{number:05d}.jpg").hardlink_to(files[number % len(files)])
    return folder


def predicting(folder: Path) -> tuple[float, float]:
    """Run `moue predict` on a folder; return what `command` returns."""
    return command("predict", str(folder), "--json")
