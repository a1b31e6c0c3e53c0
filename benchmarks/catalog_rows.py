"""Time and memory of commands and pages on generated catalogs of up to ten million pictures.

`python -m benchmarks.catalog_rows WORKSPACE OPERATION` runs one operation and prints its time in
seconds, its CPU time and the peak memory of its largest process in MiB as JSON. The benchmark adds
the peak of the disk space that the catalog, its log and temporary files take, in bytes. The number
of rows is set by `--rows`.
"""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.generated_rows import hashes, write_catalog
from benchmarks.inputs import Bench
from benchmarks.memory import peak
from benchmarks.process_tree import unnamed_file_bytes
from benchmarks.table import Row
from moue.cli import main as moue
from moue.config import Config
from moue.dataset.clean import CleanSettings, clean
from moue.dataset.convert import ConvertSettings, convert
from moue.dataset.dedupe import dedupe
from moue.dataset.detect_faces import detect_key
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.near_hashes import make_plan, near_pairs
from moue.dataset.split import SplitSettings, split
from moue.engine import CORES
from moue.face.backends import FaceSettings
from moue.progress import Progress
from moue.settings import fingerprint
from moue.studio.lists import Lists
from moue.studio.readers import Reader
from moue.workspace import browse
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.filters import Filter
from moue.workspace.overview import overview
from moue.workspace.workspace import CATALOG, Workspace

PAGE = 100
FACE = FaceSettings(backend="moue")
GOALS = {1_000_000: 30.0, 10_000_000: 15 * 60.0}
"""Maximum time of the near-duplicate join, in seconds, by number of hashes."""


def run(bench: Bench) -> list[Row]:
    """Run every operation on a catalog of each size, in a process of its own."""
    results: dict[str, list[dict[str, float]]] = {}
    sizes = bench.rows or ((10_000, 40_000) if bench.quick else (10_000, 100_000, 1_000_000))
    for count in sizes:
        folder = bench.place(f"rows-{count}")
        _fill(folder, count)
        size = (folder / CATALOG).stat().st_size
        print(f"  {count:,} rows generated, {_gigabytes(size)}", file=sys.stderr, flush=True)
        for name in OPERATIONS:
            results.setdefault(name, []).append(_measured(folder, name))
        shutil.rmtree(folder)
    return [_row(name, sizes, found) for name, found in results.items()]


class _PeakDisk:
    """The largest disk use of a process while the context is open.

    The catalog, its log and the temporary files count, also those that are deleted but open.

    Attributes:
        peak: size in bytes.
    """

    def __init__(self, folder: Path, process: int) -> None:
        self._folder, self._process, self._done = folder, process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0

    def __enter__(self) -> _PeakDisk:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            self._look()

    def _look(self) -> None:
        with suppress(FileNotFoundError):  # SQLite has just deleted its log
            named = sum(file.stat().st_blocks * 512 for file in self._folder.glob(f"{CATALOG}*"))
            self.peak = max(self.peak, named + unnamed_file_bytes(self._process))


def _fill(folder: Path, count: int) -> None:
    keys = {"convert": fingerprint(ConvertSettings()), "detect": detect_key(FACE)}
    write_catalog(folder / CATALOG, count, keys)
    Workspace(folder).create("")


def _measured(folder: Path, name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.catalog_rows", str(folder), name]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        _PeakDisk(folder, process.pid) as disk,
    ):
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    found["disk"] = disk.peak
    print(f"  {name}: {found}", file=sys.stderr, flush=True)
    return found


def _row(name: str, sizes: tuple[int, ...], found: list[dict[str, float]]) -> Row:
    texts = [
        f"{_seconds(one['seconds'])} ({_seconds(one['cpu'])} CPU, {one['mebibytes']:.0f} MiB, "
        f"{_gigabytes(one['disk'])} disk)"
        for one in found
    ]
    growth = ""
    if len(found) > 1:
        times = max(found[-1]["cpu"], 1e-2) / max(found[-2]["cpu"], 1e-2)
        more = found[-1]["mebibytes"] - found[-2]["mebibytes"]
        rows = sizes[-1] - sizes[-2]
        power = math.log(times) / math.log(sizes[-1] / sizes[-2])
        growth = f"; CPU time N^{power:.1f}, {more * 2**20 / rows:.0f} bytes of memory per row"
    goals = [(found[i]["seconds"], GOALS[n]) for i, n in enumerate(sizes) if n in GOALS]
    timed = name == "near pairs" and bool(goals)
    return Row(
        step=name,
        moue=" · ".join(texts),
        goal=" · ".join(f"< {goal:g} s" for _, goal in goals) if timed else "",
        reached=all(spent < goal for spent, goal in goals) if timed else None,
        note=_sizes(sizes) + growth,
    )


def _sizes(sizes: tuple[int, ...]) -> str:
    return " · ".join(f"{count:,}" for count in sizes) + " rows"


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.3g} GB"


def _seconds(value: float) -> str:
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.1f} s"


def _stage(work: Callable[[Context], object]) -> Callable[[Workspace], None]:
    def operation(workspace: Workspace) -> None:
        with workspace.locked() as (catalog, _):
            config = Config.of(FACE, CleanSettings(sheets=False))
            work(Context(workspace, catalog, config, Progress(), CORES))

    return operation


def _page(work: Callable[[Reader], object]) -> Callable[[Workspace], None]:
    def operation(workspace: Workspace) -> None:
        with Catalog(workspace.root / CATALOG, reading=True) as catalog:
            work(Reader(catalog))

    return operation


def _grid(kind: str, sort: str = "", deep: bool = False, **choices: str) -> Callable[..., None]:
    def show(reader: Reader) -> None:
        chosen = Filter.parse(kind, choices.items())
        found = Lists().get(reader, chosen, sort, None)
        start = len(found.rows) // 2 if deep else 0
        part = found.rows.part(reader.catalog, start, PAGE)
        rows = browse.mouth_rows if kind == "mouths" else browse.picture_rows
        assert len(rows(reader.catalog, part)) == PAGE

    return _page(show)


def _join(workspace: Workspace) -> None:
    with Catalog(workspace.root / CATALOG, reading=True) as catalog:
        count = catalog.total()
    values = hashes(count).view(np.uint64)
    plan = make_plan(values, 6)
    found = sum(len(first) for first, _, _ in near_pairs(values, 6, CORES))
    print(f"{plan}, {found} pairs", file=sys.stderr)


def _info(workspace: Workspace) -> None:
    assert moue(["info", "--workspace", str(workspace.root)]) == 0


OPERATIONS: dict[str, Callable[[Workspace], None]] = {
    "info": _info,
    "studio: overview": _page(lambda reader: overview(reader.catalog)),
    "studio: first page of mouths": _grid("mouths"),
    "studio: page in the middle": _grid("mouths", deep=True),
    "studio: unlabelled mouths": _grid("mouths", label="none-set"),
    "studio: pictures by sharpness": _grid("pictures", sort="-sharpness"),
    "studio: facets of mouths": _page(
        lambda reader: Lists().facets(reader, Filter.parse("mouths", []), None)
    ),
    "convert, nothing new": _stage(convert),
    "clean, nothing new": _stage(clean),
    "near pairs": _join,
    "dedupe": _stage(dedupe),
    "dedupe again": _stage(dedupe),
    "label": _stage(lambda context: label_from_class_folders(context.catalog)),
    "label again": _stage(lambda context: label_from_class_folders(context.catalog)),
    "split": _stage(lambda context: split(context.catalog, SplitSettings())),
    "split again": _stage(lambda context: split(context.catalog, SplitSettings())),
    "studio: mouths with a label": _grid("mouths", label="smile"),
}
"""What is measured, in this order on one workspace."""


def main() -> None:
    """Run one operation, and print its time and its peak memory."""
    workspace, operation = Workspace(Path(sys.argv[1])), OPERATIONS[sys.argv[2]]
    start, cpu = time.perf_counter(), _cpu()
    operation(workspace)
    seconds, cpu = time.perf_counter() - start, _cpu() - cpu
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found = {"seconds": seconds, "cpu": cpu, "mebibytes": max(peak(), worker) / 1024}
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))


def _cpu() -> float:
    """Return the CPU seconds of this process and of its worker processes that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
