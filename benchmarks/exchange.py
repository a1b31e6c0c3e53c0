"""`moue export --dataset parquet` and `moue collect` of many tiny mouth crops: time and memory.

Each crop is a different PNG file, so that `collect` copies every one of them.
"""

from __future__ import annotations

import resource
import zlib
from pathlib import Path

import numpy as np

from benchmarks.command import command
from benchmarks.generated_rows import write_catalog
from benchmarks.inputs import Bench
from benchmarks.table import Row
from moue.media.image import encode_png
from moue.workspace.workspace import Workspace

SIDE = 16
"""Side of a crop, in pixels."""
_END = 12
"""Size of the last part of a PNG file, in bytes."""


def run(bench: Bench) -> list[Row]:
    """Export and collect a data set of each size."""
    return [
        row for count in bench.rows or (bench.few(100_000, 2_000),) for row in _both(bench, count)
    ]


def _both(bench: Bench, count: int) -> list[Row]:
    folder = bench.place(f"exchange-{count}")
    source, other, data = folder / "source", folder / "other", folder / "data"
    _fill(Workspace(source), count)
    exporting = ("export", "--dataset", "parquet", "--out", str(data), "-w", str(source))
    Workspace(other).create("")
    collecting = ("collect", str(data), "--dataset", "parquet", "-w", str(other))
    size = sum(path.stat().st_size for path in source.glob("mouths/*/*.png")) / count
    rows = [
        _measured(f"exchange: {name} {count:,} crops", arguments, count, size)
        for name, arguments in (("export", exporting), ("collect", collecting))
    ]
    with Workspace(other).reading() as catalog:
        if catalog.total() != count:
            raise SystemExit(f"collected {catalog.total():,} of {count:,} crops")
    return rows


def _fill(workspace: Workspace, count: int) -> None:
    """Write a workspace with labelled crops."""
    workspace.root.mkdir()
    write_catalog(workspace.root / "catalog.db", count, {}, patches=0)
    workspace.create("")
    with workspace.locked() as (catalog, _):
        catalog.execute("UPDATE mouths SET label = 'smile', label_by = 'csv'")
        names = [row["name"] for row in catalog.execute("SELECT name FROM mouths")]
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    png = encode_png(image)
    for name in names:
        path = Path(str(workspace.mouth(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png[:-_END] + _comment(name) + png[-_END:])


def _comment(text: str) -> bytes:
    """Return the part of a PNG file with a comment."""
    part = b"tEXtname\0" + text.encode()
    return (len(part) - 4).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big")


def _measured(step: str, arguments: tuple[str, ...], count: int, size: float) -> Row:
    before = _cpu()
    seconds, peak = command(*arguments)
    spent = 1e3 * (_cpu() - before) / count
    return Row(
        step=step, moue=f"{seconds:.0f} s, {peak:.0f} MiB",
        note=f"{spent:.2f} ms of CPU for each crop of {size:.0f} bytes; peak memory of all "
        "processes",
    )  # fmt: skip


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
