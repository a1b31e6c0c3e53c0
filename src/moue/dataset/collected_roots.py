"""The folders that a person gave to `moue collect`: below them, folder names may mean labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from moue.text import restored
from moue.workspace.catalog import Catalog


def note_roots(catalog: Catalog, folders: Iterable[Path]) -> None:
    """Write down that these absolute folders were given as sources."""
    for folder in folders:
        catalog.rows("INSERT OR IGNORE INTO roots (path) VALUES (?)", [str(folder)])


def known_roots(catalog: Catalog) -> list[Path]:
    """Return the folders that were given as sources, those above others first."""
    found = [
        Path(restored(row["path"])) for row in catalog.rows("SELECT path FROM roots ORDER BY path")
    ]
    return sorted(found, key=lambda path: len(path.parts))
