"""Memory of an operation for each additional row, on generated catalogs of two sizes."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from benchmarks import generated_rows
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import CATALOG, Workspace

FEW, MANY = 2_000, 6_000
"""Numbers of rows, several times that of a page."""
_LINKS = 50_000
_HELD = 60_000
"""Number of strings that are held, so that a resized table has room for as many more."""
_RESIZED = 1 << 17
"""Bytes that only a new table needs."""
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
    not, nor does Python's table of interned strings, whose size depends on the tests before.

    Args:
        limit: bytes for each row.
        folder: folder of the workspaces.
        prepare: returns the operation on a workspace with a number of rows.
        few, many: numbers of rows.
    """
    peaks = {}
    for count in (few // 4, few, many):  # the first fills the caches of modules
        operation = prepare(workspace_of_rows(folder / str(count), count), count)
        tracemalloc.start()
        try:
            held = _enlarge_table_of_interned_strings()
            start = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            operation()
            peaks[count] = tracemalloc.get_traced_memory()[1] - start
            del held
        finally:
            tracemalloc.stop()
    found = (peaks[many] - peaks[few]) / (many - few)
    assert found < limit, peaks


def _enlarge_table_of_interned_strings() -> list[str]:
    """Make room in the table for many more strings, and return strings to be held meanwhile.

    `pathlib` interns the parts of every path. Python resizes the table when it is full, to at least
    three times the strings that are alive. So there is room for as many more.
    """
    _intern_until_resized(0)  # a table that an earlier call enlarged becomes small again
    return _intern_until_resized(_HELD)


def _intern_until_resized(least: int) -> list[str]:
    held = [sys.intern(f"interned string {number}") for number in range(least)]
    resized, number = False, least
    while not resized:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        sys.intern(f"interned string {number}")
        number += 1
        resized = tracemalloc.get_traced_memory()[1] - before > _RESIZED
    return held


def link_copies(source: Path, targets: list[Path]) -> None:
    """Give a file many names, which is much faster than many copies."""
    for number, target in enumerate(targets):
        target.parent.mkdir(parents=True, exist_ok=True)
        if number % _LINKS == 0:
            target.write_bytes(source.read_bytes())
            source = target
        else:
            target.hardlink_to(source)
