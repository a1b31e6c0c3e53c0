"""Originals that are no longer where they were: moved within a source, or deleted."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from moue.workspace.catalog import Catalog, Decision
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample

MISSING = "missing"


class Vanished:
    """The samples below some folders whose files are gone, until they turn up elsewhere.

    A file with the same bytes at another place below the same folders is the same picture,
    moved: its sample goes on under the new path. What does not turn up has been deleted, and is
    set aside as `missing`. Where moue holds a copy of its own, the picture stays.
    """

    def __init__(self, catalog: Catalog, folders: Iterable[Path], present: Iterable[Path]) -> None:
        """Find them.

        Args:
            folders: the folders that are collected, absolute.
            present: every file found in them.
        """
        self._catalog = catalog
        self._by_content: defaultdict[str, list[str]] = defaultdict(list)
        self._sources: dict[str, str] = {}
        self._moved = 0
        there = set(map(str, present))
        sql = "SELECT name, source, sha256 FROM samples WHERE (source >= ?1 AND source < ?2 OR "
        # Names that are not UTF-8 are bytes.
        sql += "source >= CAST(?1 AS BLOB) AND source < CAST(?2 AS BLOB)) "
        sql += "AND video IS NULL AND sha256 <> '' ORDER BY dropped IS 'replaced', id"
        for folder in folders:
            below = str(folder).rstrip(os.sep)
            for row in catalog.rows(sql, [below + os.sep, below + chr(ord(os.sep) + 1)]):
                if row["source"] not in there and is_gone(Path(row["source"])):
                    self._by_content[row["sha256"]].append(row["name"])
                    self._sources[row["name"]] = row["source"]

    def moved_to(self, path: Path, sha256: str, stamp: str) -> Sample | None:
        """Let a vanished picture with these bytes go on under `path`; return it, if there is one.

        A picture in a folder of the same name is preferred.
        """
        names = [name for name in self._by_content.get(sha256, ()) if name in self._sources]
        if not names:
            return None
        name = min(names, key=lambda name: Path(self._sources[name]).name != path.name)
        old = next(self._catalog.samples("name = ?", [name]))
        by_reference = {"original": str(path)} if old.original == old.source else {}
        with self._catalog.transaction():
            self._catalog.update_sample(name, source=str(path), stamp=stamp, **by_reference)
            moved = Decision(name, "source", old.source, str(path), "collect", "the file was moved")
            self._catalog.decide([moved])
            take_back(self._catalog, old)
        del self._sources[name]
        self._moved += 1
        return old

    def finish(self) -> list[str]:
        """Set aside what did not turn up; return notes that say what was done."""
        notes = []
        if self._moved:
            notes.append(f"{self._moved:,} originals were moved; their folders label them anew")
        missing, copied = [], 0
        with self._catalog.transaction():
            for name in self._sources:
                sample = next(self._catalog.samples("name = ?", [name]))
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
    """Return the note on originals that are gone; none where none are."""
    if not missing:
        return []
    return [
        f"{len(missing):,} originals are no longer there and were set aside as missing, "
        f"such as {missing[0]}; `moue restore` takes what was made of them back into use"
    ]


def set_missing(catalog: Catalog, sample: Sample) -> bool:
    """Set a picture aside whose file is gone; return whether that changed anything."""
    return set_dropped(catalog, sample, MISSING, "collect", f"{sample.source} is gone")


def take_back(catalog: Catalog, sample: Sample) -> None:
    """Take a picture into use again whose file was gone, or held another picture meanwhile."""
    if sample.dropped not in (MISSING, "replaced") or sample.decided_by != "collect":
        return
    if set_dropped(catalog, sample, None, "collect") and sample.dropped == "replaced":
        catalog.forget_steps(sample.name)  # its bytes are back; they may be unreadable


def is_gone(path: Path) -> bool:
    """Whether a file is certainly not there: a folder that cannot be read says nothing."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
