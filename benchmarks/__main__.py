"""Time every step, print one table and write it to `.bench/table.md` and `.bench/table.json`.

The pictures are drawn scenes, or with `--data` real photos, resized to 1080p. `--only STEP` runs
one step and is repeatable. `bulk`, `live` and `collect` take 5 to 20 minutes each and run only when
named. `--quick` uses fewer inputs, for a rough result.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import machine, table
from benchmarks.inputs import Bench

STEPS = (
    "convert", "clean", "hashes", "join", "catalog", "train", "crop", "detector", "predict",
    "memory",
)  # fmt: skip
"""Modules of this package, each with `run(bench) -> list[Row]`."""
LONG = (
    "bulk", "catalog_rows", "picture_list", "live", "collect", "durability", "people", "studio",
    "studio_camera", "studio_live", "studio_page", "web_page", "serve", "cluster_cost", "exchange",
)  # fmt: skip
"""Steps that take up to 20 minutes each or need an extra; they run only when named."""


def main() -> None:
    """Run the named steps. The table shows missed goals; the exit code is 0 all the same."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of photos to use instead of drawn scenes")
    parser.add_argument(
        "--only", action="append", choices=STEPS + LONG, help="one step; repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="fewer inputs and repeats")
    parser.add_argument(
        "--minutes", type=float, default=1.0, help="duration of the constant load of `serve`"
    )
    parser.add_argument(
        "--rows", type=int, action="append", default=[],
        help="rows of a generated catalog, for catalog_rows; repeatable",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path(".bench"), help="folder for the results")
    parser.add_argument("--page", type=Path, help="Markdown page to write the table into")
    arguments = parser.parse_args()
    if arguments.data is not None and not arguments.data.is_dir():
        parser.error(f"{arguments.data}: no such folder")

    machine.one_thread()
    facts = machine.facts()
    rows: list[table.Row] = []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="moue-bench-") as folder:
        sizes = tuple(arguments.rows)
        bench = Bench(Path(folder), arguments.data, arguments.quick, arguments.minutes, sizes)
        for name in arguments.only or STEPS:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += importlib.import_module(f"benchmarks.{name}").run(bench)
        facts["inputs"] = bench.describe()
    facts["load at the end"] = machine.load()
    facts["took"] = f"{time.perf_counter() - start:.0f} s"
    print(table.text(rows, facts))
    table.save(rows, facts, arguments.out)
    if arguments.page is not None:
        table.update_page(arguments.page, rows, facts)


if __name__ == "__main__":
    main()
