"""Originals that are no longer at their path: moved within a folder, or deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from moue.workspace.catalog import Catalog, Decision
from moue.workspace.queries import sources_below
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample

__all__ = ["MISSING", "MissingOriginals", "is_gone", "missing_notes", "restore", "set_missing"]

MISSING = "missing"
"""Drop reason of a sample whose original is gone."""


class MissingOriginals:
    """Samples below some folders whose files are gone, until a file with their bytes turns up.

    A new file with the same bytes below the same folders is the same picture, moved: its sample
    gets the new path. If no such file turns up, the picture was deleted, and its sample is
    dropped as `missing`. If moue holds a copy, the sample stays in use.
    """

    def __init__(self, catalog: Catalog, folders: Iterable[Path], present: Iterable[Path]) -> None:
        """Query the missing originals.

        Args:
            folders: the collected folders, absolute.
            present: all files in them.
        """
        self._catalog = catalog
        self._by_content: defaultdict[str, list[str]] = defaultdict(list)
        self._sources: dict[str, str] = {}
        self._moved = 0
        present_paths = set(map(str, present))
        for folder in folders:
            for row in sources_below(catalog, folder):
                if row.source not in present_paths and is_gone(Path(row.source)):
                    self._by_content[row.sha256].append(row.name)
                    self._sources[row.name] = row.source

    def move_to(self, path: Path, sha256: str, stamp: str) -> Sample | None:
        """Give the sample of a missing original with these bytes its new path; return it.

        Of several samples, one with the same file name is preferred. None if there is none.
        """
        names = [name for name in self._by_content.get(sha256, ()) if name in self._sources]
        if not names:
            return None
        name = min(names, key=lambda name: Path(self._sources[name]).name != path.name)
        old = self._catalog.sample(name)
        by_reference = {"original": str(path)} if old.original == old.source else {}
        with self._catalog.transaction():
            self._catalog.update_sample(name, source=str(path), stamp=stamp, **by_reference)
            moved = Decision(name, "source", old.source, str(path), "collect", "the file was moved")
            self._catalog.decide([moved])
            restore(self._catalog, old)
        del self._sources[name]
        self._moved += 1
        return old

    def finish(self) -> list[str]:
        """Drop the samples of files that did not turn up; return notes for the summary."""
        notes = []
        if self._moved:
            notes.append(f"{self._moved:,} originals were moved; their new folders set the labels")
        missing, copied = [], 0
        with self._catalog.transaction():
            for name in self._sources:
                sample = self._catalog.sample(name)
                if sample.original != sample.source:
                    copied += 1
                elif sample.dropped not in (MISSING, "replaced"):
                    set_missing(self._catalog, sample)
                    missing.append(sample.source)
        notes += missing_notes(missing)
        if copied:
            notes.append(f"{copied:,} originals are gone; their copies in originals/ stay in use")
        return notes


def missing_notes(missing: Sequence[str]) -> list[str]:
    """Return the note on missing originals; an empty list if there are none."""
    if not missing:
        return []
    return [
        f"{len(missing):,} originals are no longer there and were dropped as missing, such as "
        f"{missing[0]}; `moue restore` brings the pictures made from them back into use"
    ]


def set_missing(catalog: Catalog, sample: Sample) -> bool:
    """Drop a sample whose file is gone; return whether that changed anything."""
    return set_dropped(catalog, sample, MISSING, "collect", f"{sample.source} is gone")


def restore(catalog: Catalog, sample: Sample) -> None:
    """Bring a sample back into use whose file was missing, or held another picture."""
    if sample.dropped not in (MISSING, "replaced") or sample.decided_by != "collect":
        return
    if set_dropped(catalog, sample, None, "collect") and sample.dropped == "replaced":
        catalog.forget_steps(sample.name)  # its bytes are back, but they may be unreadable


def is_gone(path: Path) -> bool:
    """Return whether a file certainly does not exist; False if its folder cannot be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
