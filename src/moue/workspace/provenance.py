"""Provenance of pictures: their origins, the outcomes of URLs, and forgotten pictures.

Four tables of the catalog:

- `origins`: the engine and query that returned the URL of a picture. A picture may have several
  origins.
- `fetches`: the outcome of each URL, so that no URL is fetched twice.
- `forgotten`: the SHA-256 of pictures and URLs that are never collected again. A hash does not
  reveal the picture.
- `roots`: the collected folders.
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
        engine: name of a search engine, or `list`, `page` or `camera`.
        query: search query, path of a list, URL of a page, or camera session.
        url: URL of the picture.
        page: URL of the web page that shows the picture.
        title: title of the picture.
        author: author of the picture.
        licence: licence of the picture as the engine states it; unverified.
        licence_url: URL of the licence text.
        type: value of the Content-Type header.
        label: weak label of the query; no model trains on it.
        at: time of collection in UTC, ISO 8601; empty for the current time.
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
    """The outcome of fetching a URL.

    Attributes:
        reason: reason why the URL gave no sample; None if it gave one.
        sample: name of the sample, or None.
    """

    reason: str | None
    sample: str | None


_FIELDS = tuple(f.name for f in dataclasses.fields(Origin))
_COLUMNS = ", ".join(_FIELDS)


def url_hash(url: str) -> str:
    """Return the SHA-256 of a URL, the key of the tables `fetches` and `forgotten`, in hex."""
    return hashlib.sha256(to_bytes(f"url:{url}")).hexdigest()


def add_origin(catalog: Catalog, origin: Origin) -> bool:
    """Record an origin; return True if its sample, engine and query are a new combination."""
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
    """Yield the origins of the sample `sample`, or all origins, in the order of collection."""
    last, condition = 0, "" if sample is None else " AND sample = ?"
    named = [] if sample is None else [sample]
    sql = f"SELECT id, {_COLUMNS} FROM origins WHERE id > ?{condition} ORDER BY id LIMIT 1000"
    while page := catalog.execute(sql, [last, *named]):
        last = page[-1]["id"]
        yield from (Origin(**{field: row[field] for field in _FIELDS}) for row in page)


def count_pictures(catalog: Catalog, engine: str, query: str) -> int:
    """Return the number of samples that an engine returned for a query."""
    sql = "SELECT count(DISTINCT sample) AS n FROM origins WHERE engine = ? AND query = ?"
    return int(catalog.execute(sql, [engine, query])[0]["n"])


def samples_at_url(catalog: Catalog, url: str) -> list[str]:
    """Return the names of the samples that came from a picture URL or a page URL, sorted."""
    sql = "SELECT DISTINCT sample FROM origins WHERE url = ? OR page = ? ORDER BY sample"
    return [row["sample"] for row in catalog.execute(sql, [url, url])]


def weak_labels(catalog: Catalog, sample: str) -> dict[str, str]:
    """Return the weak labels of a sample, by key `query:QUERY`."""
    return {f"query:{o.query}": o.label for o in origins(catalog, sample) if o.label}


def fetch_record(catalog: Catalog, url: str) -> FetchRecord | None:
    """Return the recorded outcome of a URL; None if the URL was never fetched."""
    sql = "SELECT reason, sample FROM fetches WHERE url_hash = ?"
    rows = catalog.execute(sql, [url_hash(url)])
    return FetchRecord(rows[0]["reason"], rows[0]["sample"]) if rows else None


def record_fetch(catalog: Catalog, url: str, reason: str | None, sample: str | None) -> None:
    """Record the outcome of a URL: the reason why it gave no sample, or the name of the sample."""
    sql = "INSERT OR REPLACE INTO fetches (url_hash, reason, sample, at) VALUES (?, ?, ?, ?)"
    catalog.execute(sql, [url_hash(url), reason, sample, _now()])


def record_roots(catalog: Catalog, folders: Iterable[Path]) -> None:
    """Record the absolute paths of collected folders, whose subfolders may be class folders."""
    for folder in folders:
        catalog.execute("INSERT OR IGNORE INTO roots (path) VALUES (?)", [str(folder)])


def collected_roots(catalog: Catalog) -> list[Path]:
    """Return the paths of all collected folders, parents before their subfolders."""
    rows = catalog.execute("SELECT path FROM roots ORDER BY path")
    return sorted((Path(restored(row["path"])) for row in rows), key=lambda path: len(path.parts))


def forgotten_hashes(catalog: Catalog) -> set[str]:
    """Return the hex SHA-256 of all forgotten pictures and URLs."""
    return {row["key"] for row in catalog.execute("SELECT key FROM forgotten")}


def forget(catalog: Catalog, sample: str, sha256: str, urls: Iterable[str]) -> None:
    """Remove the origins of a sample; its picture and URLs are never collected again.

    Args:
        catalog: open catalog.
        sample: name of the sample.
        sha256: hex digest of the original; may be empty.
        urls: URLs of the original.
    """
    for key in (sha256, *map(url_hash, urls)):
        if key:
            forget_hash(catalog, key, sample)
    catalog.execute("DELETE FROM origins WHERE sample = ?", [sample])


def forget_hash(catalog: Catalog, sha256: str, sample: str = "") -> None:
    """Record a hash, so that its picture or URL is never collected again.

    Args:
        catalog: open catalog.
        sha256: hex digest of the bytes of a picture, or `url_hash` of a URL.
        sample: name of the sample, if known.
    """
    catalog.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?)", [sha256, sample, _now()])
    catalog.execute("DELETE FROM fetches WHERE url_hash = ?", [sha256])


def remove_origin(catalog: Catalog, origin: Origin) -> None:
    """Remove one origin of a sample that has other origins."""
    sql = "DELETE FROM origins WHERE sample = ? AND engine = ? AND query = ? AND url = ?"
    catalog.execute(sql, [origin.sample, origin.engine, origin.query, origin.url])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
