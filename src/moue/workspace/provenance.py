"""Where pictures from elsewhere came from, what was asked already, and what was forgotten.

Three tables of the catalog:

- `origins`: a picture was found at a URL, by an engine, for a query. One picture may have
  several.
- `asked`: the outcome of each URL, so that none is fetched twice. The key is the URL's SHA-256.
- `forgotten`: SHA-256 of bytes and of URLs that are not to be taken again. What was forgotten
  cannot be read back from it.
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
    """One way in which a picture came here.

    Attributes:
        sample: its name in the catalog.
        engine: who found it: a search engine, `list`, `page` or `camera`.
        query: what was asked for: words, the file of a list, the URL of a page.
        url: of the picture; `page`, of the page that shows it.
        licence: as the engine states it, which is no proof.
        type: the Content-Type that the server stated.
        label: a weak label: what the person who asked expects to see. Never taken for true.
        at: UTC, ISO 8601.
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
    """What came of a URL: a sample, or a reason why not."""

    reason: str | None
    sample: str | None


_FIELDS = tuple(f.name for f in dataclasses.fields(Origin))
_COLUMNS = ", ".join(_FIELDS)


def url_hash(url: str) -> str:
    """Return the SHA-256 of a URL, by which it is known when it comes again."""
    return hashlib.sha256(to_bytes(f"url:{url}")).hexdigest()


def add(catalog: Catalog, origin: Origin) -> bool:
    """Write an origin down; return whether its sample is new to this engine and query."""
    known = catalog.rows(
        "SELECT 1 FROM origins WHERE sample = ? AND engine = ? AND query = ?",
        [origin.sample, origin.engine, origin.query],
    )
    values = dataclasses.asdict(origin) | {"at": origin.at or _now()}
    marks = ", ".join("?" * len(_FIELDS))
    sql = f"INSERT OR IGNORE INTO origins ({_COLUMNS}) VALUES ({marks})"
    catalog.rows(sql, [values[field] for field in _FIELDS])
    return not known


def origins(catalog: Catalog, sample: str | None = None) -> Iterator[Origin]:
    """Yield the origins of one sample, or all in the order in which they came."""
    if not catalog.rows("SELECT 1 FROM sqlite_master WHERE name = 'origins'"):
        return  # a catalog from before, which cannot be written
    last, condition = 0, "" if sample is None else " AND sample = ?"
    named = [] if sample is None else [sample]
    sql = f"SELECT id, {_COLUMNS} FROM origins WHERE id > ?{condition} ORDER BY id LIMIT 1000"
    while page := catalog.rows(sql, [last, *named]):
        last = page[-1]["id"]
        yield from (Origin(**{field: row[field] for field in _FIELDS}) for row in page)


def count(catalog: Catalog, engine: str, query: str) -> int:
    """Return how many pictures an engine has brought for a query."""
    sql = "SELECT count(DISTINCT sample) AS n FROM origins WHERE engine = ? AND query = ?"
    return int(catalog.rows(sql, [engine, query])[0]["n"])


def samples_at_url(catalog: Catalog, url: str) -> list[str]:
    """Return the samples that were found at a URL, or on the page at it."""
    sql = "SELECT DISTINCT sample FROM origins WHERE url = ? OR page = ? ORDER BY sample"
    return [row["sample"] for row in catalog.rows(sql, [url, url])]


def weak_labels(catalog: Catalog, sample: str) -> dict[str, str]:
    """Return what the queries that found a picture expect it to show: label by query."""
    return {f"query:{o.query}": o.label for o in origins(catalog, sample) if o.label}


def fetch_record(catalog: Catalog, url: str) -> FetchRecord | None:
    """Return what came of a URL, None where it has not been asked."""
    found = catalog.rows("SELECT reason, sample FROM asked WHERE key = ?", [url_hash(url)])
    return FetchRecord(found[0]["reason"], found[0]["sample"]) if found else None


def record_fetch(catalog: Catalog, url: str, reason: str | None, sample: str | None) -> None:
    """Write down what came of a URL."""
    sql = "INSERT OR REPLACE INTO asked (key, reason, sample, at) VALUES (?, ?, ?, ?)"
    catalog.rows(sql, [url_hash(url), reason, sample, _now()])


def record_roots(catalog: Catalog, folders: Iterable[Path]) -> None:
    """Note that these absolute folders were collected; below them, folder names may be labels."""
    for folder in folders:
        catalog.rows("INSERT OR IGNORE INTO roots (path) VALUES (?)", [str(folder)])


def collected_roots(catalog: Catalog) -> list[Path]:
    """Return the folders that were collected, parents before their subfolders."""
    rows = catalog.rows("SELECT path FROM roots ORDER BY path")
    return sorted((Path(restored(row["path"])) for row in rows), key=lambda path: len(path.parts))


def forgotten(catalog: Catalog) -> set[str]:
    """Return the keys of all that is not to be taken again: of bytes and of URLs."""
    return {row["key"] for row in catalog.rows("SELECT key FROM forgotten")}


def forget(catalog: Catalog, sample: str, sha256: str, urls: Iterable[str]) -> None:
    """Remove the origins of a sample, and note that neither it nor they are to come again."""
    keys = [key for key in (sha256, *map(url_hash, urls)) if key]
    for key in keys:
        forget_key(catalog, key, sample)
    catalog.rows("DELETE FROM origins WHERE sample = ?", [sample])


def forget_key(catalog: Catalog, key: str, sample: str = "") -> None:
    """Note that bytes or a URL are not to come again."""
    catalog.rows("INSERT OR IGNORE INTO forgotten VALUES (?, ?, ?)", [key, sample, _now()])
    catalog.rows("DELETE FROM asked WHERE key = ?", [key])


def forget_source(catalog: Catalog, origin: Origin) -> None:
    """Remove one origin of a picture that has others."""
    sql = "DELETE FROM origins WHERE sample = ? AND engine = ? AND query = ? AND url = ?"
    catalog.rows(sql, [origin.sample, origin.engine, origin.query, origin.url])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
