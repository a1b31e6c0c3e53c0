"""The catalog: every picture, every mouth, every decision, in one SQLite file.

`samples` and `mouths` hold the present state; `decisions` holds who set what, when and why, and
is only ever added to, but for what is forgotten on request; `steps` holds which pixel stage has
been done with which settings; `owned.py` explains `files`, `kept.py` `kept`, and `origins.py` the
other tables. What belongs together is written in one transaction, so a kill leaves the state before
it or after it.
"""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

from moue.errors import CatalogError
from moue.workspace import database, row_mapping
from moue.workspace.schema import APPLICATION, VERSION, create_catalog
from moue.workspace.types import Fingerprint, Mouth, Sample

Item = TypeVar("Item")

# EXISTS looks up one row of the index. IN (SELECT ...) would read all samples again for every
# page of mouths.
_IN_USE = (
    "dropped IS NULL AND EXISTS "
    "(SELECT 1 FROM samples AS s WHERE s.name = mouths.sample AND s.dropped IS NULL)"
)
_PAIRED = 400
"""Mouths whose pictures are read with one query."""

_SAMPLE_FIELDS = tuple(f.name for f in dataclasses.fields(Sample))
_MOUTH_FIELDS = tuple(f.name for f in dataclasses.fields(Mouth))


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """Somebody set a field of a sample or mouth to a value.

    Attributes:
        name: of the sample or the mouth.
        field: such as `dropped`, `label`, `split`.
        by: a stage or `person`.
        why: for people; what the stage saw, or where the label came from.
        at: UTC, ISO 8601; filled in by the catalog.
    """

    name: str
    field: str
    old: str | None
    value: str | None
    by: str
    why: str | None = None
    at: str = ""


class Catalog:
    """Reads and writes the catalog of one workspace."""

    def __init__(self, path: Path, create: bool = False, reading: bool = False) -> None:
        """Open the catalog.

        Args:
            create: make it where it is missing.
            reading: only look, also where nothing can be written.

        Raises:
            CatalogError: not there, not a catalog, of another version, or not to be written.
        """
        if not path.exists():
            if not create:
                raise CatalogError(f"{path}: no catalog here; run `moue init` or `moue run` first")
            create_catalog(path)
        self.path = path
        self._open = False
        writable = os.access(path.parent, os.W_OK)
        if not writable and not reading:
            raise CatalogError(f"{path.parent}: this folder cannot be written")
        # Where nobody can write, SQLite must be told not to try for its lock files; what a full
        # disk left in the log beside the catalog is read with it.
        log = path.with_name(f"{path.name}-wal").exists()
        how = "" if writable else "?mode=ro" if log else "?immutable=1"
        uri = path.absolute().as_uri() + how
        try:
            self._db = database.connect(uri, str(path))
        except sqlite3.DatabaseError as error:
            raise CatalogError(f"{path}: cannot be opened: {error}") from error
        try:
            self._check_version()
            if writable:
                # A commit is on the disk when it returns, as are the files that it tells of.
                self._db.execute("PRAGMA synchronous = FULL")
        except sqlite3.DatabaseError as error:
            self.close()
            raise CatalogError(f"{path}: cannot be used as a catalog: {error}") from error
        except CatalogError:
            self.close()
            raise

    @property
    def in_transaction(self) -> bool:
        """Whether a `transaction` is open."""
        return self._open

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything written inside appear together, or not at all."""
        if self._open:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        self._open = True
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # on a full disk SQLite has rolled back already
                self._db.execute("ROLLBACK")
            raise
        else:
            self._db.execute("COMMIT")
        finally:
            self._open = False

    # samples

    def add_samples(self, samples: Iterable[Sample]) -> int:
        """Add the samples whose name is new; return how many were."""
        sql = _insert("samples", _SAMPLE_FIELDS)
        with self.transaction():
            return sum(self._db.execute(sql, _sample_row(s)).rowcount for s in samples)

    def samples(self, where: str = "", values: Sequence[Any] = ()) -> Iterator[Sample]:
        """Yield samples in the order they were added, one at a time.

        Args:
            where: an SQL condition on the columns, such as `dropped IS NULL`.
            values: for the condition's question marks.
        """
        for row in self._select("samples", _SAMPLE_FIELDS, where, values):
            yield row_mapping.sample(row)

    def update_sample(self, name: str, **changes: Any) -> None:
        """Set fields of one sample."""
        self._update("samples", name, changes)

    # mouths

    def put_mouths(self, sample: str, mouths: Sequence[Mouth]) -> None:
        """Make `mouths` the mouths of a sample.

        What was said of a mouth that is there already is kept. One that is not found again is
        dropped as `no_face`, unless a person kept it, and comes back when it is found once more.
        """
        with self.transaction():
            found = {mouth.name for mouth in mouths}
            for old in list(self.mouths("sample = ?", [sample])):
                if old.name not in found and old.dropped is None and old.decided_by is None:
                    self.update_mouth(old.name, dropped="no_face", decided_by="crop")
                    self.decide([Decision(old.name, "dropped", None, "no_face", "crop")])
                elif old.name in found and old.decided_by == "crop":
                    self.update_mouth(old.name, dropped=None, decided_by=None)
                    self.decide([Decision(old.name, "dropped", "no_face", None, "crop")])
            sql = _insert("mouths", _MOUTH_FIELDS)
            for mouth in mouths:
                row = [getattr(mouth, f) for f in _MOUTH_FIELDS]
                if not self._db.execute(sql, row).rowcount:
                    self.update_mouth(
                        mouth.name, width=mouth.width, face=mouth.face, backend=mouth.backend
                    )

    def mouths(self, where: str = "", values: Sequence[Any] = ()) -> Iterator[Mouth]:
        """Yield mouths in the order they were added; see `samples`."""
        for row in self._select("mouths", _MOUTH_FIELDS, where, values):
            yield row_mapping.mouth(row)

    def mouths_in_use(self, where: str = "", values: Sequence[Any] = ()) -> Iterator[Mouth]:
        """Yield the mouths that are not dropped and whose picture is not dropped."""
        return self.mouths(f"{_IN_USE} AND ({where})" if where else _IN_USE, values)

    def count_in_use(self, by: str, where: str = "") -> dict[Any, int]:
        """Return how many mouths in use have each value of column `by`; see `count`."""
        return self.count("mouths", by, f"{_IN_USE} AND ({where})" if where else _IN_USE)

    def with_samples(self, mouths: Iterable[Mouth]) -> Iterator[tuple[Mouth, Sample]]:
        """Yield each mouth with the picture it was cut from, in the order of `mouths`."""
        # A few hundred at once: one query for each mouth would take most of the time.
        for page in batched(mouths, _PAIRED):
            names = list({mouth.sample for mouth in page})
            marks = ", ".join("?" * len(names))
            found = {one.name: one for one in self.samples(f"name IN ({marks})", names)}
            yield from ((mouth, found[mouth.sample]) for mouth in page)

    def update_mouth(self, name: str, **changes: Any) -> None:
        """Set fields of one mouth."""
        self._update("mouths", name, changes)

    # fingerprints

    def put_fingerprint(self, name: str, fingerprint: Fingerprint | None) -> None:
        """Set what copies of a sample are known by; None where it shows no face."""
        self._db.execute("DELETE FROM fingerprints WHERE name = ?", [name])
        if fingerprint is not None:
            row = [name, *row_mapping.fingerprint_columns(fingerprint)]
            self._db.execute("INSERT INTO fingerprints VALUES (?, ?, ?)", row)

    def fingerprint(self, name: str) -> Fingerprint | None:
        """Return what copies of one sample are known by; None where it has none."""
        found = self.rows("SELECT * FROM fingerprints WHERE name = ?", [name])
        return row_mapping.fingerprint(dict(found[0])) if found else None

    def fingerprints(self) -> Iterator[tuple[str, Fingerprint]]:
        """Yield the name and fingerprint of every sample that has one, in no useful order."""
        last = ""
        sql = "SELECT * FROM fingerprints WHERE name > ? ORDER BY name LIMIT 1000"
        while page := self.rows(sql, [last]):
            last = page[-1]["name"]
            yield from ((row["name"], row_mapping.fingerprint(dict(row))) for row in page)

    # decisions

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Write down decisions, with the present time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._db.executemany(
            "INSERT INTO decisions (name, field, old, value, by, why, at) VALUES (?,?,?,?,?,?,?)",
            ((d.name, d.field, d.old, d.value, d.by, d.why, now) for d in decisions),
        )

    def decisions(self, name: str | None = None) -> Iterator[Decision]:
        """Yield the decisions on one sample or mouth, or all, oldest first."""
        columns = tuple(f.name for f in dataclasses.fields(Decision))
        where, values = ("name = ?", [name]) if name else ("", [])
        for row in self._select("decisions", columns, where, values):
            yield Decision(**row)

    # steps

    def mark_done(self, stage: str, key: str, names: Iterable[str]) -> None:
        """Note that a pixel stage is done with these names under settings `key`."""
        self._db.executemany(
            "INSERT INTO steps VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET key = excluded.key",
            ((name, stage, key) for name in names),
        )

    def is_done(self, stage: str, key: str, name: str) -> bool:
        """Whether `mark_done` was called with these."""
        sql = "SELECT 1 FROM steps WHERE stage = ? AND key = ? AND name = ?"
        return self._db.execute(sql, [stage, key, name]).fetchone() is not None

    def steps(self, name: str) -> list[str]:
        """Return the pixel stages that are done with a sample."""
        found = self.rows("SELECT stage FROM steps WHERE name = ? ORDER BY stage", [name])
        return [row["stage"] for row in found]

    def forget_step(self, name: str, stage: str) -> None:
        """Let one pixel stage do a sample again, since the file that it made is lost."""
        self._db.execute("DELETE FROM steps WHERE name = ? AND stage = ?", [name, stage])

    def forget_steps(self, name: str) -> None:
        """Let every pixel stage do a sample again, since a file made from it is lost."""
        self._db.execute("DELETE FROM steps WHERE name = ?", [name])

    def pending(self, stage: str, key: str, where: str = "") -> tuple[int, Iterator[Sample]]:
        """Return how many samples a pixel stage has still to do, and the samples."""
        todo = (
            "NOT EXISTS (SELECT 1 FROM steps "
            "WHERE steps.name = samples.name AND steps.stage = ? AND steps.key = ?)"
        )
        condition = f"{todo} AND ({where})" if where else todo
        (count,) = self._db.execute(
            f"SELECT count(*) FROM samples WHERE {condition}", [stage, key]
        ).fetchone()
        return count, self.samples(condition, [stage, key])

    # other tables

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Run one statement on the tables beside samples and mouths; return its rows."""
        return self._db.execute(sql, values).fetchall()

    def remove(self, sample: str, mouths: Sequence[str]) -> None:
        """Remove a sample and its mouths with all that is known of them. Only `forget` does."""
        with self.transaction():
            for name in {sample, *mouths}:
                for table in ("steps", "decisions", "mouths", "fingerprints", "samples"):
                    self._db.execute(f"DELETE FROM {table} WHERE name = ?", [name])
            self._db.execute("DELETE FROM files WHERE owner = ?", [sample])

    def rewrite(self) -> None:
        """Write the file anew, so that nothing of what was deleted is left in its gaps."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # counting

    def count(self, table: str, by: str, where: str = "") -> dict[Any, int]:
        """Return how many rows have each value of column `by`, most frequent first."""
        condition = f" WHERE {where}" if where else ""
        sql = f'SELECT "{by}", count(*) FROM {table}{condition} GROUP BY 1 ORDER BY 2 DESC, 1'
        return dict(self._db.execute(sql).fetchall())

    # inside

    def _check_version(self) -> None:
        application, version = (
            int(self._db.execute(f"PRAGMA {what}").fetchone()[0])
            for what in ("application_id", "user_version")
        )
        if (application, version) == (0, 1):
            application = APPLICATION  # the first version did not set it
        if application != APPLICATION:
            raise CatalogError(f"{self.path}: is the database of another program")
        if version != VERSION:
            raise CatalogError(
                f"{self.path}: catalog version {version}, this moue reads {VERSION}; "
                "use the moue that made it, or another workspace"
            )

    def _select(
        self, table: str, fields: Sequence[str], where: str, values: Sequence[Any]
    ) -> Iterator[dict[str, Any]]:
        # Pages by id, so that rows may be written while others are read, in flat memory.
        columns = ", ".join(f'"{f}"' for f in fields)
        condition = f" AND ({where})" if where else ""
        sql = f"SELECT id, {columns} FROM {table} WHERE id > ?{condition} ORDER BY id LIMIT 1000"
        last = 0
        while page := self._db.execute(sql, [last, *values]).fetchall():
            last = page[-1]["id"]
            yield from ({field: row[field] for field in fields} for row in page)

    def _update(self, table: str, name: str, changes: Mapping[str, Any]) -> None:
        columns = ", ".join(f'"{field}" = ?' for field in changes)
        values = [row_mapping.column(field, value) for field, value in changes.items()]
        self._db.execute(f"UPDATE {table} SET {columns} WHERE name = ?", [*values, name])


def batched(items: Iterable[Item], count: int) -> Iterator[list[Item]]:
    """Yield lists of `count` items; the last may be shorter."""
    source = iter(items)
    while batch := list(islice(source, count)):
        yield batch


def _insert(table: str, fields: Sequence[str]) -> str:
    columns = ", ".join(f'"{f}"' for f in fields)
    marks = ", ".join("?" * len(fields))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (name) DO NOTHING"


def _sample_row(sample: Sample) -> list[Any]:
    return [row_mapping.column(field, getattr(sample, field)) for field in _SAMPLE_FIELDS]
