"""Detect originals that were moved or deleted since they were collected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from moue.path_list import PathList
from moue.text import is_http_url
from moue.workspace import queries
from moue.workspace.catalog import Catalog, Decision, batched
from moue.workspace.imports import SCHEME
from moue.workspace.stages import set_dropped
from moue.workspace.types import Sample

__all__ = ["MISSING", "MissingOriginals", "is_gone", "missing_notes", "restore", "set_missing"]

_PAGE = 1000
MISSING = "missing"
"""Drop reason of a sample whose original no longer exists."""


class MissingOriginals:
    """Samples of the collected folders whose originals no longer exist.

    If a new file has the same bytes, the original was moved, and the sample gets the new path. If
    no file has the same bytes, the original was deleted, and the sample is dropped as `missing`;
    a sample with a copy in the workspace stays in use.
    """

    def __init__(self, catalog: Catalog, folders: Iterable[Path], present: PathList) -> None:
        """Find the missing originals in the catalog.

        Args:
            catalog: Catalog of the workspace.
            folders: Absolute paths of the collected folders.
            present: Absolute paths of all files in `folders`.
        """
        self._catalog = catalog
        self._sources: dict[str, str] = {}
        self._present: set[str] = set()
        self._moved = 0
        for folder in folders:
            for page in batched(queries.sources_below(catalog, folder), _PAGE):
                there = present.contain([row.source for row in page]).tolist()
                for row, known in zip(page, there, strict=True):
                    if not known and is_gone(Path(row.source)):
                        self._sources[row.name] = row.source

    def move_to(self, path: Path, sha256: str, stamp: str) -> Sample | None:
        """Assign a new path to the sample of a missing original with the same bytes.

        Among several samples, those in the collected folders take precedence, then those with the
        same file name.

        Args:
            path: New path of the original.
            sha256: SHA-256 of the file in hexadecimal.
            stamp: `file_stamp` of the file.

        Returns:
            Sample before the change; None if no missing original has these bytes.
        """
        if sha256 in self._present:
            return None
        same = queries.samples_with_sha256(self._catalog, sha256)
        found = list(filter(_is_lost, same))
        if not found:
            if len(same) > 1:  # many files may have the same bytes
                self._present.add(sha256)
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
        """Drop the samples of deleted originals; return notes for the summary."""
        notes = []
        if self._moved:
            notes.append(
                f"{self._moved:,} originals were moved; their labels follow the new folders"
            )
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
            notes.append(
                f"{copied:,} originals are missing; their copies in originals/ stay in use"
            )
        return notes


def missing_notes(missing: Sequence[str]) -> list[str]:
    """Return a list with a note on the missing originals, or an empty list.

    Args:
        missing: Paths of the missing originals.
    """
    if not missing:
        return []
    return [
        f"{len(missing):,} originals no longer exist and were dropped as missing, such as "
        f"{missing[0]}; `moue restore` restores the pictures that were made from them"
    ]


def set_missing(catalog: Catalog, sample: Sample) -> bool:
    """Drop a sample as `missing`; return True if the catalog changed."""
    return set_dropped(catalog, sample, MISSING, "collect", f"{sample.source} no longer exists")


def restore(catalog: Catalog, sample: Sample) -> None:
    """Restore a sample that was dropped because its file was missing or had other bytes."""
    if sample.dropped not in (MISSING, "replaced") or sample.decided_by != "collect":
        return
    if set_dropped(catalog, sample, None, "collect") and sample.dropped == "replaced":
        catalog.forget_steps(sample.name)  # its bytes are back, but they may be unreadable


def _is_lost(sample: Sample) -> bool:
    """Return True if a sample was collected from a single file that no longer exists."""
    a_file = sample.video is None and not is_http_url(sample.source)
    a_file = a_file and not sample.source.startswith(SCHEME)
    return a_file and is_gone(Path(sample.source))


def is_gone(path: Path) -> bool:
    """Return True if a file does not exist; False if its folder cannot be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
