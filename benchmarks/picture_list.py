"""`moue predict LIST.parquet`: CPU time of the list and of the table of results, and memory.

The engine of this measurement returns one stored result for every picture, so that only reading the
list, writing the parts and joining them take time.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.inputs import Bench
from benchmarks.table import Row
from moue.parquet_files import pyarrow
from moue.predict.batch import PredictorConfig, get_predictor
from moue.predict.bulk import predict_list
from moue.predict.picture_list import PictureList
from moue.progress import Progress

_ROWS = 50_000


class _Stored:
    """An engine that returns the same result for every item, and notes the memory in MB."""

    @property
    def is_remote(self) -> bool:
        """False: the list is on this machine."""
        return False

    def __init__(self, result: Any) -> None:
        self._result = result
        self.memory: list[float] = []

    def map(
        self,
        function: Callable[[Any], Any],
        items: Iterable[Any],
        total: int,
        on_crash: Callable[[Any], Any] | None = None,
        *,
        reads: Sequence[Any] = (),
        chunk: int | None = None,
    ) -> Iterator[Any]:
        """Yield the stored result for each item."""
        for number, _ in enumerate(items):
            if number % _ROWS == 0:
                self.memory.append(_memory())
            yield self._result

    def describe(self) -> str:
        """Return an empty text."""
        return ""


def _memory() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def run(bench: Bench) -> list[Row]:
    """Predict a list of many rows."""
    folder, (picture,) = bench.place("list"), bench.jpegs(1)
    rows = bench.few(600_000, 100_000)
    path = folder / "list.parquet"
    arrow = pyarrow()
    schema = arrow.schema([("path", arrow.string())])
    with arrow.parquet.ParquetWriter(path, schema) as writer:
        for _ in range(rows // _ROWS):
            writer.write_table(arrow.table({"path": [picture.name] * _ROWS}, schema=schema))
    config = PredictorConfig()
    engine = _Stored(get_predictor(config).predict_file(picture))
    begin = time.process_time()
    predict_list(PictureList(path), config, folder / "out.parquet", engine, Progress())
    spent = (time.process_time() - begin) / rows * 1000
    return [
        Row(step=f"list and table of {rows:,} pictures", moue=f"{spent:.3f} ms of CPU each"),
        Row(
            step="memory after 50,000 pictures and at the end",
            moue=f"{engine.memory[1]:.0f} MB, {engine.memory[-1]:.0f} MB",
        ),
    ]
