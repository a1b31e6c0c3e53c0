"""Named queries of the catalog, so that no other package writes SQL."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from moue.text import restored
from moue.workspace import row_mapping
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import (
    DETECTED,
    EXPLAINED,
    GROUPED,
    IN_SPLIT,
    IN_USE,
    LABELLED,
    TO_CLEAN,
    TO_DEDUPE,
    WITH_FACES,
)
from moue.workspace.types import Mouth, Sample

_FROM_FILE = " AND ".join(
    f"source NOT LIKE '{s}:%'" for s in ("http", "https", "camera", "dataset")
)

# The path up to the last separator. Bytes, since SQLite's text may not be UTF-8.
_BARE = f"replace(source, '{os.sep}', '')"

_A_PICTURE = "ifnull(dropped, '') NOT IN ('missing', 'replaced', 'not_an_image')"


def samples_with_sha256(catalog: Catalog, sha256: str) -> list[Sample]:
    """Return the samples whose original has the SHA-256 hex digest `sha256`."""
    return list(catalog.samples(sha256=sha256))


def samples_with_faces(catalog: Catalog) -> Iterator[Sample]:
    """Yield the photos in use with at least one detected face."""
    return catalog.samples(IN_USE, DETECTED, WITH_FACES, kind="photo")


def clean_candidates(catalog: Catalog) -> Iterator[Sample]:
    """Yield the samples on which `clean` may decide."""
    return catalog.samples(TO_CLEAN)


def dedupe_candidates(catalog: Catalog) -> Iterator[Sample]:
    """Yield the samples on which `dedupe` may decide."""
    return catalog.samples(TO_DEDUPE)


def dedupe_kept(catalog: Catalog) -> int:
    """Return the number of samples in use on which `dedupe` may decide."""
    return catalog.total(TO_DEDUPE, IN_USE)


def dedupe_dropped(catalog: Catalog) -> dict[str, int]:
    """Return the number of samples that `dedupe` dropped, by drop reason."""
    return catalog.count("samples", "dropped", decided_by="dedupe")


def grouped_samples(catalog: Catalog) -> Iterator[Sample]:
    """Yield the samples that `dedupe` put into a group."""
    return catalog.samples(TO_DEDUPE, GROUPED)


def kept_for(catalog: Catalog, reason: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each sample that `dedupe` dropped for `reason`, and of the kept sample."""
    for sample in catalog.samples(EXPLAINED, dropped=reason):
        yield sample.name, (sample.detail or "").removeprefix("of ")


def has_frames_of(catalog: Catalog, *videos: str) -> bool:
    """Return whether any sample is a frame of one of the given videos."""
    return next(catalog.samples(video=videos), None) is not None


def has_subject(catalog: Catalog, name: str) -> bool:
    """Return whether a sample has the subject `name`."""
    return bool(catalog.execute("SELECT 1 FROM samples WHERE subject = ? LIMIT 1", [name]))


@dataclass(frozen=True, slots=True)
class SampleSource:
    """The source of a sample.

    Attributes:
        name: name of the sample.
        source: path, video frame or URL, as in `Sample.source`.
        replaced: True if the file at `source` now contains another picture.
    """

    name: str
    source: str
    replaced: bool


def sample_sources(catalog: Catalog) -> Iterator[SampleSource]:
    """Yield the source of every sample, in the order of collection."""
    for name, source, dropped in catalog.stream(
        "SELECT name, source, dropped FROM samples ORDER BY id"
    ):
        yield SampleSource(restored(name), restored(source), dropped == "replaced")


def file_folders(catalog: Catalog) -> Counter[str]:
    """Return the number of collected picture files in each folder, by path of the folder.

    Replaced and missing files are left out.
    """
    sql = (
        f"SELECT CAST(rtrim(source, {_BARE}) AS BLOB), count(*) FROM samples "
        f"WHERE {_FROM_FILE} AND {_A_PICTURE} GROUP BY 1"
    )
    return Counter({restored(folder): count for folder, count in catalog.stream(sql)})


def samples_by_folder(catalog: Catalog) -> Iterator[tuple[int, str]]:
    """Yield the row number and the folder of every collected picture file, as `file_folders`."""
    sql = (
        f"SELECT id, CAST(rtrim(source, {_BARE}) AS BLOB) FROM samples "
        f"WHERE {_FROM_FILE} AND {_A_PICTURE} ORDER BY id"
    )
    return ((number, restored(folder)) for number, folder in catalog.stream(sql))


def newest_samples(catalog: Catalog, after: int) -> list[tuple[int, str, str, str]]:
    """Return the samples from the web or a camera with a row number above `after`.

    Returns:
        Tuples of row number, name, and the engine and query of the first origin, in the order of
        collection.
    """
    # The first origin of a sample is the one that brought it.
    rows = catalog.execute(
        "SELECT samples.id AS number, name, engine, query FROM samples JOIN origins ON "
        "origins.id = (SELECT min(id) FROM origins WHERE sample = name) "
        "WHERE samples.id > ? ORDER BY samples.id",
        [after],
    )
    return [(row["number"], row["name"], row["engine"], row["query"]) for row in rows]


def sources_below(catalog: Catalog, folder: Path) -> Iterator[SampleSource]:
    """Yield the sources of the picture files below an absolute folder, without video frames.

    Replaced files come last.
    """
    # Paths that are not UTF-8 are stored as bytes. The first string after all that begin with
    # "folder/" is "folder0": "0" follows "/".
    below = str(folder).rstrip(os.sep)
    sql = (
        "SELECT name, source, dropped FROM samples WHERE (source >= ?1 AND source < ?2 OR "
        "source >= CAST(?1 AS BLOB) AND source < CAST(?2 AS BLOB)) "
        "AND video IS NULL AND sha256 <> '' ORDER BY dropped IS 'replaced', id"
    )
    for name, source, dropped in catalog.stream(
        sql, [below + os.sep, below + chr(ord(os.sep) + 1)]
    ):
        yield SampleSource(restored(name), restored(source), dropped == "replaced")


def main_mouth(catalog: Catalog, sample: str) -> Mouth | None:
    """Return the mouth of the main face of a sample; None if the sample has no such mouth."""
    return next(catalog.mouths(sample=sample, face=0), None)


def main_mouths_in_use(catalog: Catalog) -> Iterator[tuple[Mouth, int, str]]:
    """Yield the mouths in use of main faces, each with the row number and source of its sample.

    The order is that of the collection of the samples. Mouths may be written during the loop.
    """
    columns = ", ".join(f"m.{field.name}" for field in dataclasses.fields(Mouth))
    # CROSS JOIN keeps the order of the tables, so that each page reads only its own samples.
    sql = (
        f"SELECT s.id, s.source, {columns} FROM samples AS s CROSS JOIN mouths AS m "
        "ON m.sample = s.name WHERE s.id > ? AND s.dropped IS NULL AND m.dropped IS NULL "
        "AND m.face = 0 ORDER BY s.id LIMIT 1000"
    )
    last = 0
    while page := catalog.execute(sql, [last]):
        last = page[-1]["id"]
        for row in page:
            number, source, *values = row
            names = (field.name for field in dataclasses.fields(Mouth))
            mouth = row_mapping.mouth(dict(zip(names, values, strict=True)))
            yield mouth, number, restored(source)


def mouths_with_label(catalog: Catalog) -> Iterator[Mouth]:
    """Yield the mouths in use with a label."""
    return catalog.mouths_in_use(LABELLED)


def mouths_with_split(catalog: Catalog) -> Iterator[Mouth]:
    """Yield the mouths with a split, including dropped mouths."""
    return catalog.mouths(IN_SPLIT)


def dataset_mouths(catalog: Catalog, split: str | None = None) -> Iterator[tuple[Mouth, Sample]]:
    """Yield the data set: the mouths in use with a label and a split, each with its sample.

    Args:
        split: split of the mouths; None for all splits.
    """
    equal = {} if split is None else {"split": split}
    return catalog.with_samples(catalog.mouths_in_use(LABELLED, IN_SPLIT, **equal))


def known_mouths(catalog: Catalog, names: Sequence[str]) -> set[str]:
    """Return those names that are names of mouths.

    Args:
        names: at most a few thousand names.
    """
    sql = f"SELECT name FROM mouths WHERE name IN ({', '.join('?' * len(names))})"
    return {row["name"] for row in catalog.execute(sql, names)}


def shared_reports(catalog: Catalog) -> list[str]:
    """Return the paths of the files in `reports/` that do not belong to a single sample.

    The paths are relative to the workspace.
    """
    sql = (
        "SELECT DISTINCT path FROM files WHERE path >= 'reports/' AND path < 'reports0' "
        "AND owner NOT IN (SELECT name FROM samples) ORDER BY path"
    )
    return [row["path"] for row in catalog.execute(sql)]


def drops_in_group(
    catalog: Catalog, group: str, stage: str
) -> dict[str, tuple[str | None, str | None]]:
    """Return the drop reason and `why` of the last decision of a stage, by sample of a group."""
    rows = catalog.execute(
        "SELECT name, value, why FROM decisions WHERE field = 'dropped' AND by = ? "
        'AND name IN (SELECT name FROM samples WHERE "group" = ?) ORDER BY id',
        [stage, group],
    )
    return {row["name"]: (row["value"], row["why"]) for row in rows}


_SEVERAL = (
    'SELECT "group" AS name FROM samples WHERE "group" IS NOT NULL '
    'GROUP BY "group" HAVING count(*) > 1'
)


def count_groups_of_several(catalog: Catalog) -> int:
    """Return the number of groups with at least two pictures."""
    return int(catalog.execute(f"SELECT count(*) FROM ({_SEVERAL})")[0][0])


def groups_of_several(catalog: Catalog, offset: int = 0, limit: int = -1) -> Iterator[str]:
    """Yield the names of the groups with at least two pictures, in the order of collection.

    Args:
        offset: number of groups to leave out.
        limit: maximum number of groups; -1 for no limit.
    """
    sql = f"{_SEVERAL} ORDER BY min(id) LIMIT ? OFFSET ?"
    return (restored(name) for (name,) in catalog.stream(sql, [limit, offset]))
