"""The columns that the search for duplicates compares, and the results that it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from moue.text import restored
from moue.workspace import row_mapping
from moue.workspace.catalog import Catalog, batched
from moue.workspace.conditions import DROPPED, GROUPED, TO_DEDUPE
from moue.workspace.types import Fingerprint, Sample

_PAGE = 500


def candidate_rows(catalog: Catalog) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of the samples on which `dedupe` may decide, in the order of collection.

    Yields:
        (row number, SHA-256, perceptual hash, hash of the main mouth, size of the main face in
        pixels, sharpness, number of faces, source, True for a frame of a video, author of the drop
        reason) tuples; hashes are signed.
    """
    sql = (
        "SELECT id, sha256, phash, mouth_phash, scores ->> '$.face_px', scores ->> '$.sharpness', "
        "json_array_length(faces), source, video IS NOT NULL, decided_by FROM samples "
        f"WHERE {TO_DEDUPE} ORDER BY id"
    )
    for row in catalog.stream(sql):
        yield (*row[:7], restored(row[7]), *row[8:])


def candidate_fingerprints(catalog: Catalog) -> Iterator[tuple[int, Fingerprint]]:
    """Yield the row number and the fingerprint of samples on which `dedupe` may decide."""
    sql = (
        "SELECT s.id, f.name, f.mirror_phash, f.patch FROM fingerprints AS f "
        f"JOIN samples AS s ON s.name = f.name WHERE {TO_DEDUPE}"
    )
    for number, name, mirror, patch in catalog.stream(sql):
        row = {"name": name, "mirror_phash": mirror, "patch": patch}
        yield number, row_mapping.fingerprint(row)


def fingerprint_of(catalog: Catalog, number: int) -> Fingerprint | None:
    """Return the fingerprint of the sample with a row number; None if it has no fingerprint."""
    sql = "SELECT f.* FROM samples AS s JOIN fingerprints AS f ON f.name = s.name WHERE s.id = ?"
    found = catalog.execute(sql, [number])
    return row_mapping.fingerprint(dict(found[0])) if found else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of `dedupe` for one sample of a cluster.

    Attributes:
        name: name of the sample.
        group: name of its group.
        reason: `duplicate` or `near_duplicate`; None to keep the sample.
        kept: name of the sample that is kept instead; None to keep this sample.
    """

    name: str
    group: str
    reason: str | None
    kept: str | None


class Verdicts:
    """The verdicts on the samples of all clusters, in a temporary table within the context."""

    def __init__(self, catalog: Catalog, verdicts: Iterable[Verdict]) -> None:
        self._catalog, self._verdicts = catalog, verdicts

    def __enter__(self) -> Verdicts:
        self._catalog.execute(
            "CREATE TEMP TABLE verdicts "
            '(name TEXT PRIMARY KEY, "group" TEXT, reason TEXT, kept TEXT) WITHOUT ROWID'
        )
        rows = ((one.name, one.group, one.reason, one.kept) for one in self._verdicts)
        self._catalog.execute_each("INSERT INTO verdicts VALUES (?, ?, ?, ?)", rows)
        return self

    def __exit__(self, *_: object) -> None:
        self._catalog.execute("DROP TABLE verdicts")

    def affected(self) -> Iterator[tuple[Sample, Verdict | None]]:
        """Yield the samples with an old or a new result, each with its verdict."""
        new = "EXISTS (SELECT 1 FROM verdicts AS v WHERE v.name = samples.name)"
        condition = f"{TO_DEDUPE} AND ({GROUPED} OR {DROPPED} OR {new})"
        for page in batched(self._catalog.select_samples(condition, []), _PAGE):
            marks = ", ".join("?" * len(page))
            rows = self._catalog.execute(
                f"SELECT * FROM verdicts WHERE name IN ({marks})", [one.name for one in page]
            )
            found = {row["name"]: Verdict(**dict(row)) for row in rows}
            yield from ((sample, found.get(sample.name)) for sample in page)


def kept_pairs(catalog: Catalog, reason: str) -> Iterator[tuple[int, int]]:
    """Yield the row numbers of each dropped sample and of the sample that was kept instead."""
    sql = (
        "SELECT d.id, k.id FROM samples AS d JOIN samples AS k ON k.name = substr(d.detail, 4) "
        "WHERE d.dropped = ? AND d.detail IS NOT NULL"
    )
    yield from catalog.stream(sql, [reason])


def sources_of_dropped(catalog: Catalog, reason: str) -> Iterator[tuple[int, str]]:
    """Yield the row number of each kept sample with the source of each sample dropped for it.

    Yields:
        (row number, source) tuples, sorted by row number.
    """
    sql = (
        "SELECT k.id, d.source FROM samples AS d JOIN samples AS k ON k.name = substr(d.detail, 4) "
        "WHERE d.dropped = ? AND d.detail IS NOT NULL ORDER BY k.id, d.id"
    )
    return ((number, restored(source)) for number, source in catalog.stream(sql, [reason]))
