"""Originals that are no longer at their path: moved or deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from moue.text import is_http_url
from moue.workspace import queries
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample

__all__ = ["MISSING", "MissingOriginals", "is_gone", "missing_notes", "restore", "set_missing"]

MISSING = "missing"
"""Drop reason of a sample whose original is gone."""


class MissingOriginals:
    """Samples whose files are gone, until a file with their bytes turns up.

    A new file with the same bytes is the same picture, moved: its sample gets the new path. If no
    such file turns up, a picture of the collected folders was deleted, and its sample is dropped
    as `missing`. If moue holds a copy, the sample stays in use.
    """

    def __init__(self, catalog: Catalog, folders: Iterable[Path], present: Iterable[Path]) -> None:
        """Query the missing originals.

        Args:
            folders: the collected folders, absolute.
            present: all files in them.
        """
        self._catalog = catalog
        self._sources: dict[str, str] = {}
        self._moved = 0
        present_paths = set(map(str, present))
        for folder in folders:
            for row in queries.sources_below(catalog, folder):
                if row.source not in present_paths and is_gone(Path(row.source)):
                    self._sources[row.name] = row.source

    def move_to(self, path: Path, sha256: str, stamp: str) -> Sample | None:
        """Give the sample of a missing original with these bytes its new path; return it.

        Of several samples, those below the collected folders come first, then those with the same
        file name. None if there is none.
        """
        found = list(filter(_is_lost, queries.samples_with_sha256(self._catalog, sha256)))
        if not found:
            return None
        old = min(
            found,
            key=lambda old: (
                old.name not in self._sources,
                Path(old.source).name != path.name,
                old.dropped == "replaced",
            ),
        )
        by_reference = {"original": str(path)} if old.original == old.source else {}
        with self._catalog.transaction():
            self._catalog.update_sample(old.name, source=str(path), stamp=stamp, **by_reference)
            moved = Decision(
                old.name, "source", old.source, str(path), "collect", "the file was moved"
            )
            self._catalog.decide([moved])
            restore(self._catalog, old)
        self._sources.pop(old.name, None)
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


def _is_lost(sample: Sample) -> bool:
    """Return whether a sample was a file of its own that no longer exists."""
    a_file = sample.video is None and not is_http_url(sample.source)
    return a_file and is_gone(Path(sample.source))


def is_gone(path: Path) -> bool:
    """Return whether a file certainly does not exist; False if its folder cannot be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
