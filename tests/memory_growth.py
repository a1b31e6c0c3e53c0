"""Memory of an operation for each additional row, on generated catalogs of two sizes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

from benchmarks import generated_rows
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import CATALOG, Workspace

FEW, MANY = 2_000, 6_000
"""Numbers of rows, several times that of a page."""
_LINKS = 50_000
_SPLIT = """
UPDATE mouths SET label = CASE id % 4 WHEN 0 THEN 'none' WHEN 1 THEN 'pout' WHEN 2 THEN 'smile'
ELSE 'open' END, label_by = 'csv',
split = CASE id % 10 WHEN 8 THEN 'val' WHEN 9 THEN 'test' ELSE 'train' END
"""


def workspace_of_rows(root: Path, count: int) -> Workspace:
    """A workspace with a catalog of `count` pictures with one labelled mouth each, in a split."""
    root.mkdir(parents=True)
    generated_rows.write_catalog(root / CATALOG, count, {}, patches=0)
    workspace = Workspace(root)
    workspace.create("")
    with Catalog(root / CATALOG) as catalog:
        catalog.execute(_SPLIT)
    return workspace


def check_growth(
    limit: float,
    folder: Path,
    prepare: Callable[[Workspace, int], Callable[[], object]],
    few: int = FEW,
    many: int = MANY,
) -> None:
    """Check the bytes of peak memory that each row adds to an operation.

    The allocations of Python and numpy count. Those of SQLite, whose cache has a fixed size, do
    not. Python's table of interned strings grows now and then by several hundred kilobytes,
    depending on the tests before. So one of three measurements must be below the limit.

    Args:
        limit: bytes for each row.
        folder: folder of the workspaces.
        prepare: returns the operation on a workspace with a number of rows.
        few, many: numbers of rows.
    """
    found: list[float] = []
    while not found or (found[-1] >= limit and len(found) < 3):
        found.append(_bytes_per_row(folder / f"try-{len(found)}", prepare, few, many))
    assert found[-1] < limit, found


def _bytes_per_row(
    folder: Path,
    prepare: Callable[[Workspace, int], Callable[[], object]],
    few: int,
    many: int,
) -> float:
    peaks = {}
    for count in (few // 4, few, many):  # the first fills the caches of modules
        operation = prepare(workspace_of_rows(folder / str(count), count), count)
        tracemalloc.start()
        try:
            operation()
            peaks[count] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    return (peaks[many] - peaks[few]) / (many - few)


def link_copies(source: Path, targets: list[Path]) -> None:
    """Give a file many names, which is much faster than many copies."""
    for number, target in enumerate(targets):
        target.parent.mkdir(parents=True, exist_ok=True)
        if number % _LINKS == 0:
            target.write_bytes(source.read_bytes())
            source = target
        else:
            target.hardlink_to(source)
