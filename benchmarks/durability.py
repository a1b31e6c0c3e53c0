"""The cost of durability: the stages with and without fsync."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.inputs import Bench
from benchmarks.table import Row
from benchmarks.timing import timed
from moue.config import Config
from moue.dataset.clean import CleanSettings, clean
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import convert
from moue.dataset.crop import crop
from moue.engine import SERIAL
from moue.progress import Progress
from moue.workspace.context import Context
from moue.workspace.workspace import Workspace


def run(bench: Bench) -> list[Row]:
    """Time `collect --copy`, convert, clean and crop, alternately with and without fsync."""
    count = bench.few(64, 12)
    sources = bench.jpegs(count)
    spent: dict[bool, list[float]] = {True: [], False: []}
    _stages(bench.place("durability-0"), sources)  # loads the models
    number = 0
    for repeat in range(bench.few(5, 2)):
        for durable in (True, False) if repeat % 2 else (False, True):
            number += 1
            root = bench.place(f"durability-{number}")
            with _fsync(durable):
                spent[durable].append(timed(partial(_stages, root, sources)).wall)
    with_it, without = median(spent[True]), median(spent[False])
    return [
        Row(
            step=f"durability: {len(sources)} pictures, collect --copy to crop",
            moue=f"{with_it / len(sources):.1f} ms each",
            ratio=with_it / without,
            note=f"{without / len(sources):.1f} ms each without fsync; the ratio is the cost",
        )
    ]


def _stages(root: Path, sources: list[Path]) -> None:
    place = Workspace(root)
    place.create("")
    with place.locked() as (catalog, _):
        config = Config.of(CollectSettings(copy=True), CleanSettings(sheets=False))
        context = Context(place, catalog, config, Progress(), engine=SERIAL)
        collect(context, sources)
        for stage in (convert, clean, crop):
            stage(context)


@contextmanager
def _fsync(durable: bool) -> Iterator[None]:
    """Turn fsync of files on or off. SQLite's commits always use it."""
    before = os.fsync
    if not durable:
        os.fsync = lambda fd: None
    try:
        yield
    finally:
        os.fsync = before
