"""Named queries of the catalog, so that no SQL stands outside this package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moue.text import restored
from moue.workspace.catalog import Catalog
from moue.workspace.types import Mouth, Sample

_FROM_FILE = " AND ".join(f"source NOT LIKE '{s}:%'" for s in ("http", "https", "camera"))
_DEDUPE = "faces IS NOT NULL AND (dropped IS NULL OR decided_by = 'dedupe')"
_CLEAN = "faces IS NOT NULL AND (dropped IS NULL OR decided_by IN ('clean', 'dedupe'))"


def sample(catalog: Catalog, name: str) -> Sample:
    """Return one sample, which must exist."""
    return next(catalog.samples("name = ?", [name]))


def samples_with_sha256(catalog: Catalog, sha256: str) -> list[Sample]:
    """Return the samples whose original has this digest."""
    return list(catalog.samples("sha256 = ?", [sha256]))


def samples_in_group(catalog: Catalog, group: str) -> list[Sample]:
    """Return the near-duplicates of one group."""
    return list(catalog.samples('"group" = ?', [group]))


def samples_with_faces(catalog: Catalog) -> list[Sample]:
    """Return the photos in use that show a face."""
    in_use = "dropped IS NULL AND kind = 'photo' AND faces IS NOT NULL AND faces <> '[]'"
    return list(catalog.samples(in_use))


def clean_candidates(catalog: Catalog) -> Iterator[Sample]:
    """Yield the samples on which `clean` may decide."""
    return catalog.samples(_CLEAN)


def dedupe_candidates(catalog: Catalog) -> Iterator[Sample]:
    """Yield the samples on which `dedupe` may decide."""
    return catalog.samples(_DEDUPE)


def dedupe_kept(catalog: Catalog) -> int:
    """Return how many of the samples on which `dedupe` may decide are in use."""
    return sum(catalog.count("samples", "kind", f"{_DEDUPE} AND dropped IS NULL").values())


def dedupe_dropped(catalog: Catalog) -> dict[str, int]:
    """Return how many samples `dedupe` dropped, by reason."""
    return catalog.count("samples", "dropped", "decided_by = 'dedupe'")


def grouped_samples(catalog: Catalog) -> Iterator[Sample]:
    """Yield the samples that `dedupe` put into a group."""
    return catalog.samples(f'{_DEDUPE} AND "group" IS NOT NULL')


def dropped_samples(catalog: Catalog, reason: str) -> Iterator[Sample]:
    """Yield the samples that were dropped for a reason, with a detail."""
    return catalog.samples("dropped = ? AND detail IS NOT NULL", [reason])


def has_frames_of(catalog: Catalog, *videos: str) -> bool:
    """Whether a sample is a frame of one of these videos."""
    marks = ", ".join("?" * len(videos))
    return next(catalog.samples(f"video IN ({marks})", videos), None) is not None


def subjects(catalog: Catalog) -> set[str]:
    """Return the names of all known subjects."""
    rows = catalog.rows("SELECT DISTINCT subject FROM samples WHERE subject IS NOT NULL")
    return {row["subject"] for row in rows}


@dataclass(frozen=True, slots=True)
class SampleSource:
    """The name and source of a sample. `replaced`: its file has other bytes since."""

    name: str
    source: str
    replaced: bool


def sample_sources(catalog: Catalog) -> list[SampleSource]:
    """Return the source of every sample, in the order of collection."""
    rows = catalog.rows("SELECT name, source, dropped FROM samples ORDER BY id")
    return [
        SampleSource(row["name"], restored(row["source"]), row["dropped"] == "replaced")
        for row in rows
    ]


def file_sources(catalog: Catalog, *, replaced: bool = True) -> list[str]:
    """Return the sources that are paths.

    Args:
        replaced: include samples whose file has other bytes since.
    """
    also = "" if replaced else " AND dropped IS NOT 'replaced'"
    rows = catalog.rows(f"SELECT source FROM samples WHERE {_FROM_FILE}{also}")
    return [restored(row["source"]) for row in rows]


def newest_samples(catalog: Catalog, after: int) -> list[tuple[int, str, str, str]]:
    """Return the samples from the web or a camera that were added after row number `after`.

    Returns:
        Row number, name, and the engine and query of the first origin, in the order of collection.
    """
    # The first origin of a sample is the one that brought it.
    rows = catalog.rows(
        "SELECT samples.id AS number, name, engine, query FROM samples JOIN origins ON "
        "origins.id = (SELECT min(id) FROM origins WHERE sample = name) "
        "WHERE samples.id > ? ORDER BY samples.id",
        [after],
    )
    return [(row["number"], row["name"], row["engine"], row["query"]) for row in rows]


def last_key(catalog: Catalog, stage: str, name: str) -> str | None:
    """Return the key with which `Catalog.mark_done` was last called; None if it never was."""
    rows = catalog.rows("SELECT key FROM steps WHERE name = ? AND stage = ?", [name, stage])
    return rows[0]["key"] if rows else None


def mouths_of(catalog: Catalog, sample: str) -> list[Mouth]:
    """Return the mouths of a sample."""
    return list(catalog.mouths("sample = ?", [sample]))


def main_mouth(catalog: Catalog, sample: str) -> Mouth | None:
    """Return the mouth of the main face of a sample."""
    return next(catalog.mouths("sample = ? AND face = 0", [sample]), None)


def main_mouths_in_use(catalog: Catalog) -> Iterator[tuple[Mouth, Sample]]:
    """Yield every mouth in use that belongs to a main face, with its sample."""
    return catalog.with_samples(catalog.mouths_in_use("face = 0"))


def mouths_with_label(catalog: Catalog) -> Iterator[Mouth]:
    """Yield every mouth in use that has a label."""
    return catalog.mouths_in_use("label IS NOT NULL")


def mouths_with_split(catalog: Catalog) -> Iterator[Mouth]:
    """Yield every mouth that has a split, also those that were dropped since."""
    return catalog.mouths("split IS NOT NULL")


def dataset_mouths(catalog: Catalog) -> Iterator[tuple[Mouth, Sample]]:
    """Yield the data set: every mouth in use that has a label and a split, with its sample."""
    return catalog.with_samples(catalog.mouths_in_use("label IS NOT NULL AND split IS NOT NULL"))


def mouth_names(catalog: Catalog) -> set[str]:
    """Return the names of all mouths."""
    return {row["name"] for row in catalog.rows("SELECT name FROM mouths")}


def shared_reports(catalog: Catalog) -> list[str]:
    """Return the files in `reports/` that show many samples: paths from the workspace."""
    sql = (
        "SELECT DISTINCT path FROM files WHERE path >= 'reports/' AND path < 'reports0' "
        "AND owner NOT IN (SELECT name FROM samples) ORDER BY path"
    )
    return [row["path"] for row in catalog.rows(sql)]
