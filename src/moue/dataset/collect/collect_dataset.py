"""Collect data sets in the formats of other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from moue.dataset.exchange.formats import FORMATS
from moue.dataset.exchange.import_records import import_records
from moue.dataset.exchange.marker import read_marker
from moue.dataset.exchange.recognise import recognise
from moue.errors import DataError, SourceError
from moue.files import absolute
from moue.workspace.context import Context

AUTO, NONE = "auto", "none"
"""Values of `--dataset` that name no format."""


def divide_sources(
    sources: Sequence[Path], wanted: str
) -> tuple[list[tuple[Path, str]], list[Path]]:
    """Divide sources into data sets with their format, and other files and folders.

    Args:
        sources: paths of files and folders.
        wanted: format of all sources; `auto` to recognise it, `none` to treat every source as
            pictures.

    Raises:
        DataError: the export of a data set was interrupted, or its format is unknown.
    """
    datasets: list[tuple[Path, str]] = []
    others: list[Path] = []
    for source in map(absolute, sources):
        form = recognise(source) if wanted == AUTO else None if wanted == NONE else wanted
        if form is not None and form not in FORMATS:
            raise DataError(
                f"{source}: the data set has the unknown format {form!r:.40}; export it again"
            )
        if form is None:
            others.append(source)
        else:
            datasets.append((source, form))
    return datasets, others


def collect_datasets(
    context: Context, datasets: Sequence[tuple[Path, str]], kind: str, notes: list[str]
) -> int:
    """Add the records of data sets to the catalog; return the number of new samples.

    Args:
        datasets: absolute path and format of each data set.
        kind: kind of the pictures that moue did not export, `photo` or `mouth`.
        notes: list that receives a note on each data set.

    Raises:
        DataError: a data set is damaged, or has a label that the workspace does not have.
        SourceError: a data set does not exist, or is part of the workspace.
    """
    done = 0
    for path, form in datasets:
        if context.workspace.owns(path):
            raise SourceError(f"{path} is part of the workspace, where moue writes its own files")
        if not path.exists():
            raise SourceError(f"{path}: no such file or folder")
        marker = read_marker(path) if path.is_dir() else None
        total = None if marker is None else marker.records
        records = context.progress.track(FORMATS[form].read(path), "collect", total)
        counts = import_records(context, records, path, kind)
        if not counts.total():
            raise SourceError(f"{path}: no pictures were found in this {form} data set")
        done += counts["new"]
        known = f", {counts['known']:,} known" if counts["known"] else ""
        notes.append(f"{path}: {form} data set: {counts['new']:,} new pictures{known}")
        notes += _notes(counts, path)
        seen = sum(counts[one] for one in ("new", "known", "forgotten", "missing"))
        if total is not None and seen < total:
            notes.append(
                f"{path}: {total - seen:,} of the {total:,} exported pictures are not in the "
                "folder any more"
            )
    return done


def _notes(counts: Counter[str], path: Path) -> Iterator[str]:
    if n := counts["labels"]:
        yield f"{n:,} labels were changed since the export of {path}, and replace the old ones"
    if n := counts["forgotten"]:
        yield f"{n:,} pictures of {path} were skipped: they were removed with `moue forget`"
    if n := counts["missing"]:
        yield f"{n:,} pictures of {path} were skipped: their files are missing"
