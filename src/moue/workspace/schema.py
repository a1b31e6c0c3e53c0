"""The tables of the catalog, and functions that create and recognise its file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from moue.disk_sync import sync_file, sync_folder
from moue.errors import CatalogError
from moue.files import absolute, part_beside
from moue.workspace import counts

VERSION = 6
APPLICATION = 0x6D6F7565
"""SQLite's application id of a catalog: the letters `moue`."""

_TABLES = """
CREATE TABLE samples (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    sha256 TEXT NOT NULL, original TEXT NOT NULL, stamp TEXT NOT NULL, kind TEXT NOT NULL,
    video TEXT, subject TEXT, licence TEXT, tags TEXT NOT NULL, format TEXT, width INTEGER,
    height INTEGER, phash INTEGER, mouth_phash INTEGER, faces TEXT, scores TEXT NOT NULL,
    "group" TEXT, dropped TEXT, detail TEXT, decided_by TEXT, backend TEXT
);
CREATE INDEX samples_source ON samples (source);
CREATE INDEX samples_group ON samples ("group") WHERE "group" IS NOT NULL;
CREATE INDEX samples_video ON samples (video) WHERE video IS NOT NULL;
CREATE INDEX samples_subject ON samples (subject) WHERE subject IS NOT NULL;
CREATE TABLE mouths (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    sample TEXT NOT NULL REFERENCES samples (name), face INTEGER NOT NULL,
    width INTEGER NOT NULL, label TEXT, label_by TEXT, label_at TEXT, split TEXT,
    dropped TEXT, decided_by TEXT, backend TEXT, sample_dropped TEXT
);
CREATE INDEX mouths_sample ON mouths (sample);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, field TEXT NOT NULL, old TEXT, value TEXT,
    by TEXT NOT NULL, why TEXT, at TEXT NOT NULL
);
CREATE INDEX decisions_name ON decisions (name);
CREATE TABLE steps (
    name TEXT NOT NULL, stage TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (name, stage)
) WITHOUT ROWID;
CREATE INDEX samples_sha256 ON samples (sha256);
CREATE TABLE origins (
    id INTEGER PRIMARY KEY, sample TEXT NOT NULL, engine TEXT NOT NULL, query TEXT NOT NULL,
    url TEXT NOT NULL, page TEXT, title TEXT, author TEXT, licence TEXT, licence_url TEXT,
    type TEXT, label TEXT, at TEXT NOT NULL, UNIQUE (sample, engine, query, url)
);
CREATE INDEX origins_query ON origins (engine, query);
CREATE INDEX origins_url ON origins (url);
CREATE INDEX origins_page ON origins (page) WHERE page IS NOT NULL;
CREATE TABLE fetches (
    url_hash TEXT PRIMARY KEY, reason TEXT, sample TEXT, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE fingerprints (
    name TEXT PRIMARY KEY, mirror_phash INTEGER NOT NULL, patch TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE forgotten (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE kept (
    section TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, by TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (section, name)
) WITHOUT ROWID;
CREATE TABLE roots (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, owner TEXT NOT NULL,
    PRIMARY KEY (path, sha256)
) WITHOUT ROWID;
CREATE INDEX files_owner ON files (owner);
CREATE INDEX mouths_label ON mouths (label);
CREATE INDEX mouths_in_use ON mouths (label) WHERE dropped IS NULL AND sample_dropped IS NULL;
CREATE INDEX samples_dropped ON samples (name) WHERE dropped IS NOT NULL;
CREATE TABLE edits (
    id INTEGER PRIMARY KEY, op_id TEXT NOT NULL UNIQUE, action TEXT NOT NULL, kind TEXT NOT NULL,
    client TEXT, target TEXT, undone INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL
);
CREATE TABLE edit_changes (
    edit INTEGER NOT NULL, name TEXT NOT NULL, field TEXT NOT NULL, old TEXT, value TEXT,
    decision INTEGER, before TEXT NOT NULL, PRIMARY KEY (edit, name)
) WITHOUT ROWID;
CREATE INDEX edit_changes_name ON edit_changes (name);
CREATE TABLE models (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, labels TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE predictions (
    model INTEGER NOT NULL, name TEXT NOT NULL, crop TEXT NOT NULL, label TEXT NOT NULL,
    probability REAL NOT NULL, margin REAL NOT NULL, entropy REAL NOT NULL, spread REAL,
    probabilities TEXT NOT NULL, PRIMARY KEY (model, name)
) WITHOUT ROWID;
CREATE INDEX predictions_name ON predictions (name);
CREATE TABLE passes (
    id INTEGER PRIMARY KEY, op_id TEXT NOT NULL UNIQUE, labeller TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE pass_items (
    pass INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, label TEXT, at TEXT,
    PRIMARY KEY (pass, position), UNIQUE (pass, name)
) WITHOUT ROWID;
CREATE INDEX pass_items_name ON pass_items (name);
CREATE TABLE imported (
    name TEXT PRIMARY KEY, dataset TEXT NOT NULL, cluster TEXT, facts TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE store (url TEXT NOT NULL, id TEXT NOT NULL);
CREATE TABLE guide (label TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
"""


def is_catalog(path: Path) -> bool:
    """Return whether a file has the header of a catalog of any version."""
    if not path.is_file():
        return False
    # SQLite reads the header: closing a file that was opened in another way would release the locks
    # that this process holds on the catalog, and another process would then delete its log.
    uri = f"{absolute(path).as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            application, version = (
                db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            )
    except sqlite3.DatabaseError:
        return False
    return bool(application == APPLICATION or (application == 0 and version == 1))


def foreign_code(db: sqlite3.Connection) -> list[str]:
    """Return the names of triggers and views that moue does not create, sorted.

    SQLite runs them on later commands, so a catalog from a stranger must have none.
    """
    select = "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
    with closing(sqlite3.connect(":memory:")) as own:
        own.executescript(f"{_TABLES}{counts.TABLES}")
        known = {*own.execute(select)}
    return sorted(name for name, sql in db.execute(select) if (name, sql) not in known)


def create_catalog(path: Path) -> None:
    """Create an empty catalog if none exists; several processes may do so at the same time.

    Raises:
        CatalogError: the file cannot be created, or another file has the name of its SQLite log.
    """
    for end in ("-wal", "-shm", "-journal"):
        if os.path.lexists(beside := path.with_name(path.name + end)):
            raise CatalogError(
                f"{beside}: the file was not written by moue, but SQLite needs this name; move or "
                f"rename the file"
            )
    part = part_beside(path)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")  # the file is synced before its rename
            db.executescript(f"BEGIN;{_TABLES}{counts.TABLES}COMMIT")
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
            # Last: on a full disk, closing a file with a log would lose the tables in silence.
            db.execute("PRAGMA journal_mode = WAL")
        sync_file(part)
        with suppress(FileExistsError):  # another process created it first
            _appear(part, path)
        sync_folder(path.parent)
    except (sqlite3.DatabaseError, FileNotFoundError) as error:
        if not is_catalog(path):  # another process may have created it
            raise CatalogError(
                f"{path}: the catalog cannot be created: {error}; check the free disk space and "
                "the permissions of the folder"
            ) from error
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + end).unlink(missing_ok=True)


def _appear(part: Path, path: Path) -> None:
    """Rename a part file to `path`; raise FileExistsError if `path` exists."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if not os.path.lexists(path):
            part.rename(path)
