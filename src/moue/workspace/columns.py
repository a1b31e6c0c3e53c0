"""Columns of all rows as arrays of numbers, and changes of many rows in a few statements.

A row number and a few bytes for each of ten million rows fit in memory; ten million samples do not.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.text import restored
from moue.workspace.catalog import Catalog, batched
from moue.workspace.conditions import DETECTED, IN_SPLIT, IN_USE, LABELLED, WITH_FACES
from moue.workspace.row_mapping import without_sample
from moue.workspace.types import SPLITS, Mouth, Sample

Numbers = npt.NDArray[np.int64]
"""(N,) row numbers of the table `samples` or `mouths`."""
Codes = npt.NDArray[np.int16]
"""(N,) indices into a list of texts; -1 for no text."""

_NAMED = 500
"""Number of rows that are read with one query."""

_LINKS = (
    'SELECT "group", id FROM samples WHERE "group" IS NOT NULL ORDER BY "group", id',
    "SELECT video, id FROM samples WHERE video IS NOT NULL ORDER BY video, id",
    "SELECT subject, id FROM samples WHERE subject IS NOT NULL ORDER BY subject, id",
    "SELECT o.page, s.id FROM origins AS o JOIN samples AS s ON s.name = o.sample "
    "WHERE o.page IS NOT NULL AND o.page <> '' ORDER BY o.page, s.id",
    "SELECT i.cluster, s.id FROM imported AS i JOIN samples AS s ON s.name = i.name "
    "WHERE i.cluster IS NOT NULL AND i.cluster <> '' ORDER BY i.cluster, s.id",
)


@dataclass(frozen=True, slots=True)
class MouthColumns:
    """The mouths that have a label and are in use, or have a split.

    Attributes:
        numbers: (M,) row numbers of the mouths, in rising order.
        samples: (M,) row numbers of their samples.
        labels: (M,) indices into `names`; -1 for a mouth that is not in use or has no label.
        splits: (M,) indices into `SPLITS`; -1 without a split.
        names: labels.
    """

    numbers: Numbers
    samples: Numbers
    labels: Codes
    splits: Codes
    names: tuple[str, ...]


def sample_numbers(catalog: Catalog) -> Numbers:
    """Return the row numbers of all samples, in rising order."""
    return _numbers(number for (number,) in catalog.stream("SELECT id FROM samples ORDER BY id"))


def samples_with_faces(catalog: Catalog) -> Numbers:
    """Return the row numbers of the photos in use with at least one face, in rising order."""
    sql = (
        f"SELECT id FROM samples WHERE {IN_USE} AND {DETECTED} AND {WITH_FACES} "
        "AND kind = 'photo' ORDER BY id"
    )
    return _numbers(number for (number,) in catalog.stream(sql))


def read_samples(catalog: Catalog, numbers: Numbers) -> Iterator[Sample]:
    """Yield the samples with these row numbers, in this order; they are read page by page."""
    for page in _pages(numbers):
        found = dict(zip(sorted(page), catalog.samples(id=page), strict=True))
        yield from (found[number] for number in page)


def linked_samples(catalog: Catalog) -> Iterator[tuple[int, int]]:
    """Yield pairs of row numbers of linked samples.

    Linked samples have the same group, video, subject, web page or group in a data set.
    Each sample is paired with the sample before it in a list by value, so n samples with one value
    give n - 1 pairs. The first row number of a pair is the lower one.
    """
    for sql in _LINKS:
        last: Any = None
        before = 0
        for value, number in catalog.stream(sql):
            if value == last and number != before:
                yield before, number
            last, before = value, number


def shared_values(catalog: Catalog) -> dict[str, int]:
    """Return the number of videos, subjects and web pages with several samples, by kind."""
    tables = {
        "video": ("video", "id", "samples"),
        "subject": ("subject", "id", "samples"),
        "web page": ("page", "sample", "origins"),
    }
    counts = {}
    for kind, (column, sample, table) in tables.items():
        several = (
            f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL AND {column} <> '' "
            f"GROUP BY {column} HAVING min({sample}) <> max({sample})"
        )
        counts[kind] = int(catalog.execute(f"SELECT count(*) FROM ({several})")[0][0])
    return counts


def mouth_columns(catalog: Catalog) -> MouthColumns:
    """Return the mouths that have a label and are in use, or have a split.

    Raises:
        CatalogError: a mouth has no sample.
    """
    labelled = f"m.{LABELLED} AND m.dropped IS NULL AND m.sample_dropped IS NULL"
    sql = (
        f"SELECT m.id, s.id, CASE WHEN {labelled} THEN m.label END, m.split FROM mouths AS m "
        f"LEFT JOIN samples AS s ON s.name = m.sample WHERE ({labelled}) OR m.{IN_SPLIT} "
        "ORDER BY m.id"
    )
    numbers, samples, labels, splits = array("q"), array("q"), array("h"), array("h")
    codes: dict[Any, int] = {None: -1}
    known = {None: -1} | {split: index for index, split in enumerate(SPLITS)}
    for number, sample, label, split in catalog.stream(sql):
        if sample is None:
            raise without_sample(next(catalog.mouths(id=number)))
        numbers.append(number)
        samples.append(sample)
        labels.append(codes.setdefault(label, len(codes) - 1))
        splits.append(known[split])
    names = tuple(str(restored(label)) for label in codes if label is not None)
    return MouthColumns(
        np.array(numbers, np.int64),
        np.array(samples, np.int64),
        np.array(labels, np.int16),
        np.array(splits, np.int16),
        names,
    )


def mouths_by_group(catalog: Catalog, splits: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield the group and the row number of the mouths in the data set, sorted by both.

    A sample that has no group is a group with the name of the sample.

    Args:
        splits: splits of the mouths.

    Raises:
        CatalogError: a mouth has no sample.
    """
    sql = (
        'SELECT CASE WHEN s."group" <> \'\' THEN s."group" ELSE s.name END AS name, m.id '
        f"FROM mouths AS m LEFT JOIN samples AS s ON s.name = m.sample WHERE m.{LABELLED} "
        "AND m.dropped IS NULL AND m.sample_dropped IS NULL "
        f"AND m.split IN ({', '.join('?' * len(splits))}) ORDER BY name, m.id"
    )
    for name, number in catalog.stream(sql, splits):
        if name is None:
            raise without_sample(next(catalog.mouths(id=number)))
        yield str(restored(name)), number


def read_mouths(catalog: Catalog, numbers: Numbers) -> Iterator[Mouth]:
    """Yield the mouths with these row numbers, in this order; they are read page by page."""
    for page in _pages(numbers):
        found = dict(zip(sorted(page), catalog.mouths(id=page), strict=True))
        yield from (found[number] for number in page)


def mouth_numbers(catalog: Catalog, names: Iterable[str]) -> Numbers:
    """Return the row numbers of the mouths with these names, in rising order.

    Names that no mouth has are left out.
    """
    found = array("q")
    for part in batched(names, _NAMED):
        sql = f"SELECT id FROM mouths WHERE name IN ({', '.join('?' * len(part))})"
        found.extend(row[0] for row in catalog.execute(sql, part))
    return np.unique(np.array(found, np.int64))


def digests(catalog: Catalog) -> Iterator[tuple[int, str]]:
    """Yield the row number and the SHA-256 of all samples, in the order of collection."""
    yield from catalog.stream("SELECT id, sha256 FROM samples ORDER BY id")


def dataset_samples(catalog: Catalog) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of the samples with a mouth in the data set, in the order of collection.

    A sample with several mouths has the split of the last one.

    Yields:
        (row number, SHA-256, signed perceptual hash, source, True for a frame of a video, True if
        the subject is known, index into `SPLITS`) tuples.
    """
    sql = (
        "SELECT s.id, s.sha256, s.phash, s.source, s.video IS NOT NULL, s.subject IS NOT NULL, "
        "(SELECT m.split FROM mouths AS m WHERE m.sample = s.name AND m.dropped IS NULL AND "
        f"m.{LABELLED} AND m.{IN_SPLIT} ORDER BY m.id DESC LIMIT 1) AS split FROM samples AS s "
        "WHERE s.dropped IS NULL AND split IS NOT NULL ORDER BY s.id"
    )
    for row in catalog.stream(sql):
        yield (*row[:3], restored(row[3]), *row[4:6], SPLITS.index(row[6]))


def names_of(catalog: Catalog, numbers: Sequence[int]) -> dict[int, str]:
    """Return the names of samples by row number."""
    found: dict[int, str] = {}
    for part in batched(numbers, _NAMED):
        sql = f"SELECT id, name FROM samples WHERE id IN ({', '.join('?' * len(part))})"
        found |= {row[0]: row[1] for row in catalog.execute(sql, part)}
    return found


def set_splits(catalog: Catalog, changes: Iterable[tuple[int, str]]) -> None:
    """Set the split of mouths, and record the decisions of `split`.

    Args:
        changes: row numbers of mouths, in rising order, with their new split.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with catalog.transaction():
        catalog.execute("CREATE TEMP TABLE new_splits (id INTEGER PRIMARY KEY, split TEXT)")
        catalog.execute_each("INSERT INTO new_splits VALUES (?, ?)", changes)
        catalog.execute(
            "INSERT INTO decisions (name, field, old, value, by, at) SELECT m.name, 'split', "
            "m.split, n.split, 'split', ? FROM new_splits AS n JOIN mouths AS m ON m.id = n.id "
            "ORDER BY m.name",  # the order of the index, which is then written once
            [now],
        )
        catalog.execute(
            "UPDATE mouths SET split = n.split FROM new_splits AS n WHERE n.id = mouths.id"
        )
        catalog.execute("DROP TABLE new_splits")


def _pages(numbers: Numbers) -> Iterator[list[int]]:
    # Python's integers need five times the memory of the array.
    for start in range(0, len(numbers), _NAMED):
        yield numbers[start : start + _NAMED].tolist()


def _numbers(values: Iterable[int]) -> Numbers:
    return np.array(array("q", values), np.int64)
