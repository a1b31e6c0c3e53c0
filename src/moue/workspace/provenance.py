"""Provenance: where pictures came from, the outcome of each URL, and what was forgotten.

Three tables of the catalog:

- `origins`: an engine returned a picture's URL for a query. A picture may have several origins.
- `fetches`: the outcome of each URL, so that none is fetched twice.
- `forgotten`: SHA-256 of bytes and of URLs that are never collected again. A hash does not
  reveal what was forgotten.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from moue.text import restored, to_bytes
from moue.workspace.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One origin of a picture.

    Attributes:
        sample: name of the sample.
        engine: name of a search engine, `list`, `page` or `camera`.
        query: search query, path of a list, URL of a page, or camera session.
        url: URL of the picture.
        page: URL of the page that shows it.
        licence: as the engine states it; unverified.
        type: the Content-Type header.
        label: weak label of the query; no model trains on it.
        at: time in UTC, ISO 8601.
    """

    sample: str
    engine: str
    query: str
    url: str
    page: str | None = None
    title: str | None = None
    author: str | None = None
    licence: str | None = None
    licence_url: str | None = None
    type: str | None = None
    label: str | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """Outcome of a URL: a sample, or the reason why there is none."""

    reason: str | None
    sample: str | None


_FIELDS = tuple(f.name for f in dataclasses.fields(Origin))
_COLUMNS = ", ".join(_FIELDS)


def url_hash(url: str) -> str:
    """Return the SHA-256 that stands for a URL in `fetches` and `forgotten`."""
    return hashlib.sha256(to_bytes(f"url:{url}")).hexdigest()


def add_origin(catalog: Catalog, origin: Origin) -> bool:
    """Record an origin; return whether its sample is new for the engine and query."""
    known = catalog.execute(
        "SELECT 1 FROM origins WHERE sample = ? AND engine = ? AND query = ?",
        [origin.sample, origin.engine, origin.query],
    )
    values = dataclasses.asdict(origin) | {"at": origin.at or _now()}
    marks = ", ".join("?" * len(_FIELDS))
    sql = f"INSERT OR IGNORE INTO origins ({_COLUMNS}) VALUES ({marks})"
    catalog.execute(sql, [values[field] for field in _FIELDS])
    return not known


def origins(catalog: Catalog, sample: str | None = None) -> Iterator[Origin]:
    """Yield the origins of one sample, or all origins, in the order of collection."""
    last, condition = 0, "" if sample is None else " AND sample = ?"
    named = [] if sample is None else [sample]
    sql = f"SELECT id, {_COLUMNS} FROM origins WHERE id > ?{condition} ORDER BY id LIMIT 1000"
    while page := catalog.execute(sql, [last, *named]):
        last = page[-1]["id"]
        yield from (Origin(**{field: row[field] for field in _FIELDS}) for row in page)


def count_pictures(catalog: Catalog, engine: str, query: str) -> int:
    """Return the number of pictures that an engine returned for a query."""
    sql = "SELECT count(DISTINCT sample) AS n FROM origins WHERE engine = ? AND query = ?"
    return int(catalog.execute(sql, [engine, query])[0]["n"])


def samples_at_url(catalog: Catalog, url: str) -> list[str]:
    """Return the names of the samples from a picture URL or a page URL."""
    sql = "SELECT DISTINCT sample FROM origins WHERE url = ? OR page = ? ORDER BY sample"
    return [row["sample"] for row in catalog.execute(sql, [url, url])]


def weak_labels(catalog: Catalog, sample: str) -> dict[str, str]:
    """Return the weak labels of a picture, by query."""
    return {f"query:{o.query}": o.label for o in origins(catalog, sample) if o.label}


def fetch_record(catalog: Catalog, url: str) -> FetchRecord | None:
    """Return the outcome of a URL; None if it was never fetched."""
    sql = "SELECT reason, sample FROM fetches WHERE url_hash = ?"
    rows = catalog.execute(sql, [url_hash(url)])
    return FetchRecord(rows[0]["reason"], rows[0]["sample"]) if rows else None


def record_fetch(catalog: Catalog, url: str, reason: str | None, sample: str | None) -> None:
    """Record the outcome of a URL."""
    sql = "INSERT OR REPLACE INTO fetches (url_hash, reason, sample, at) VALUES (?, ?, ?, ?)"
    catalog.execute(sql, [url_hash(url), reason, sample, _now()])


def record_roots(catalog: Catalog, folders: Iterable[Path]) -> None:
    """Note that these absolute folders were collected; below them, folder names may be labels."""
    for folder in folders:
        catalog.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", [str(folder)])


def collected_roots(catalog: Catalog) -> list[Path]:
    """Return the folders that were collected, parents before their subfolders."""
    rows = catalog.execute("SELECT path FROM roots ORDER BY path")
    return sorted((Path(restored(row["path"])) for row in rows), key=lambda path: len(path.parts))


def forgotten_hashes(catalog: Catalog) -> set[str]:
    """Return the SHA-256 of all forgotten pictures and URLs."""
    return {row["key"] for row in catalog.execute("SELECT key FROM forgotten")}


def forget(catalog: Catalog, sample: str, sha256: str, urls: Iterable[str]) -> None:
    """Remove the origins of a sample; never collect its bytes or its URLs again."""
    for key in (sha256, *map(url_hash, urls)):
        if key:
            forget_hash(catalog, key, sample)
    catalog.execute("DELETE FROM origins WHERE sample = ?", [sample])


def forget_hash(catalog: Catalog, sha256: str, sample: str = "") -> None:
    """Never collect bytes or a URL again, given their hash."""
    catalog.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?)", [sha256, sample, _now()])
    catalog.execute("DELETE FROM fetches WHERE url_hash = ?", [sha256])


def remove_origin(catalog: Catalog, origin: Origin) -> None:
    """Remove one origin of a picture that has other origins."""
    sql = "DELETE FROM origins WHERE sample = ? AND engine = ? AND query = ? AND url = ?"
    catalog.execute(sql, [origin.sample, origin.engine, origin.query, origin.url])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
