"""The catalog: all pictures, mouths and decisions of a workspace in one SQLite file.

- `samples` and `mouths` hold the current state.
- `decisions` holds every change of a field: old value, new value, author, time and reason.
  Only the command `forget` removes rows.
- `steps` holds the finished pixel stages of each sample, with the fingerprint of their settings.
- `owned_files.py` describes the table `files`, `kept_settings.py` describes `kept`,
  `provenance.py` describes `origins`, `fetches`, `forgotten` and `roots`, `edit_log.py`
  describes `edits` and `edit_changes`, `predictions.py` describes `models` and
  `predictions`, `passes.py` describes `passes` and `pass_items`, `imports.py` describes `imported`,
  `guide.py` describes `guide`, and `counts.py` describes `sample_counts` and `mouth_counts`.

Related rows are written in one transaction, so a killed process leaves no incomplete data.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

from moue.errors import CatalogError
from moue.workspace import row_mapping
from moue.workspace.conditions import MOUTH_IN_USE, where
from moue.workspace.counts import counts_table
from moue.workspace.database import Database
from moue.workspace.types import Decision, Fingerprint, Mouth, Sample

__all__ = ["Catalog", "Decision", "batched"]

Item = TypeVar("Item")

_TABLES_BY_NAME = (
    "steps", "decisions", "edit_changes", "predictions", "pass_items", "mouths", "fingerprints",
    "imported", "samples",
)  # fmt: skip
"""Tables whose column `name` is the name of a sample or mouth."""
_PAIRED = 400
"""Number of mouths whose samples are read with one query."""

_SAMPLE_FIELDS = tuple(f.name for f in dataclasses.fields(Sample))
_MOUTH_FIELDS = tuple(f.name for f in dataclasses.fields(Mouth))
_SAME_MOUTH = "UPDATE SET width = excluded.width, face = excluded.face, backend = excluded.backend"
_mouth_values = attrgetter(*_MOUTH_FIELDS)


class Catalog(Database):
    """The open catalog of one workspace.

    Methods that take `*conditions` and `**equal` select the rows that meet all conditions. The
    conditions are constants of `conditions.py`. A list or tuple matches any of its members.
    """

    # samples

    def add_samples(self, samples: Iterable[Sample]) -> int:
        """Add samples, except those whose name exists; return the number of added samples."""
        sql = row_mapping.insert_sql("samples", _SAMPLE_FIELDS)
        with self.transaction():
            rows = ([row_mapping.column(f, getattr(s, f)) for f in _SAMPLE_FIELDS] for s in samples)
            return sum(self._db.execute(sql, row).rowcount for row in rows)

    def samples(self, *conditions: str, **equal: Any) -> Iterator[Sample]:
        """Yield the samples that meet the conditions, in the order of collection."""
        return self.select_samples(*where(conditions, equal))

    def select_samples(self, condition: str, values: Sequence[Any]) -> Iterator[Sample]:
        """Yield the samples that meet an SQL condition with `?` marks; internal to this package."""
        return map(row_mapping.sample, self._dicts("samples", _SAMPLE_FIELDS, condition, values))

    def sample(self, name: str) -> Sample:
        """Return the sample `name`.

        Raises:
            CatalogError: no sample has this name.
        """
        for sample in self.samples(name=name):
            return sample
        raise CatalogError(f"{self.path}: no sample has the name {name}")

    def total(self, *conditions: str, **equal: Any) -> int:
        """Return the number of samples that meet the conditions."""
        return sum(self.count("samples", "kind", *conditions, **equal).values())

    def sample_rows(
        self, columns: Sequence[str], condition: str, values: Sequence[Any]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield columns of the samples that meet an SQL condition; internal to this package.

        `row_mapping.checked` converts such a row.
        """
        return (tuple(row)[1:] for row in self._pages("samples", columns, condition, values))

    def update_sample(self, name: str, **changes: Any) -> None:
        """Set fields of the sample `name`."""
        self._update("samples", name, changes)

    # mouths

    def put_mouths(self, sample: str, mouths: Sequence[Mouth]) -> None:
        """Replace the mouths of a sample; see `put_mouths_of`."""
        self.put_mouths_of({sample: mouths})

    def put_mouths_of(self, samples: Mapping[str, Sequence[Mouth]]) -> None:
        """Replace the mouths of up to a few hundred samples.

        Existing mouths keep their label and other decisions. An existing mouth that is missing from
        the new ones is dropped as `no_face`, unless it is already dropped or the user decided on
        it. A later call with the mouth restores it.

        Args:
            samples: mouths by name of their sample.
        """
        mouths = [mouth for found in samples.values() for mouth in found]
        names = {mouth.name for mouth in mouths}
        with self.transaction():
            for old in list(self.mouths(sample=list(samples))):
                if old.name not in names and old.dropped is None and old.decided_by is None:
                    self.update_mouth(old.name, dropped="no_face", decided_by="crop")
                    self.decide([Decision(old.name, "dropped", None, "no_face", "crop")])
                elif old.name in names and old.decided_by == "crop":
                    self.update_mouth(old.name, dropped=None, decided_by=None)
                    self.decide([Decision(old.name, "dropped", "no_face", None, "crop")])
            self._db.executemany(
                row_mapping.insert_sql("mouths", _MOUTH_FIELDS, _SAME_MOUTH),
                map(_mouth_values, mouths),
            )

    def mouths(self, *conditions: str, **equal: Any) -> Iterator[Mouth]:
        """Yield the mouths that meet the conditions, in the order of insertion."""
        return self.select_mouths(*where(conditions, equal))

    def select_mouths(self, condition: str, values: Sequence[Any]) -> Iterator[Mouth]:
        """Yield the mouths that meet an SQL condition; see `select_samples`."""
        return map(row_mapping.mouth, self._dicts("mouths", _MOUTH_FIELDS, condition, values))

    def mouth(self, name: str) -> Mouth:
        """Return the mouth `name`.

        Raises:
            CatalogError: no mouth has this name.
        """
        for mouth in self.mouths(name=name):
            return mouth
        raise CatalogError(f"{self.path}: no mouth has the name {name}")

    def mouths_in_use(self, *conditions: str, **equal: Any) -> Iterator[Mouth]:
        """Yield the mouths in use: neither the mouth nor its sample is dropped."""
        return self.mouths(MOUTH_IN_USE, *conditions, **equal)

    def count_in_use(self, by: str, *conditions: str, **equal: Any) -> dict[Any, int]:
        """Return the number of mouths in use for each value of column `by`, largest first."""
        return self.count("mouths", by, MOUTH_IN_USE, *conditions, **equal)

    def total_in_use(self, *conditions: str, **equal: Any) -> int:
        """Return the number of mouths in use; see `mouths_in_use`."""
        return sum(self.count_in_use("label", *conditions, **equal).values())

    def with_samples(self, mouths: Iterable[Mouth]) -> Iterator[tuple[Mouth, Sample]]:
        """Yield each mouth with its sample, in the order of `mouths`."""
        for page in batched(mouths, _PAIRED):  # one query per mouth would take most of the time
            names = list({mouth.sample for mouth in page})
            found = {one.name: one for one in self.samples(name=names)}
            for mouth in page:
                if (sample := found.get(mouth.sample)) is None:
                    raise row_mapping.without_sample(mouth)
                yield mouth, sample

    def update_mouth(self, name: str, **changes: Any) -> None:
        """Set fields of the mouth `name`."""
        self._update("mouths", name, changes)

    # fingerprints

    def put_fingerprint(self, name: str, fingerprint: Fingerprint | None) -> None:
        """Store the fingerprint of a sample; None deletes it."""
        if fingerprint is None:
            self._db.execute("DELETE FROM fingerprints WHERE name = ?", [name])
        else:
            row = [name, *row_mapping.fingerprint_columns(fingerprint)]
            self._db.execute("INSERT OR REPLACE INTO fingerprints VALUES (?, ?, ?)", row)

    def fingerprint(self, name: str) -> Fingerprint | None:
        """Return the fingerprint of a sample; None if it has no fingerprint."""
        found = self.execute("SELECT * FROM fingerprints WHERE name = ?", [name])
        return row_mapping.fingerprint(dict(found[0])) if found else None

    def fingerprints(self) -> Iterator[tuple[str, Fingerprint]]:
        """Yield the names and fingerprints of all samples with a fingerprint, sorted by name."""
        last = ""
        sql = "SELECT * FROM fingerprints WHERE name > ? ORDER BY name LIMIT 1000"
        while page := self.execute(sql, [last]):
            last = page[-1]["name"]
            yield from ((row["name"], row_mapping.fingerprint(dict(row))) for row in page)

    # decisions

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Record decisions; their `at` is replaced by the current time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._db.executemany(
            "INSERT INTO decisions (name, field, old, value, by, why, at) VALUES (?,?,?,?,?,?,?)",
            ((d.name, d.field, d.old, d.value, d.by, d.why, now) for d in decisions),
        )

    def decisions(self, name: str | None = None) -> Iterator[Decision]:
        """Yield the decisions on the sample or mouth `name`, or all decisions; oldest first."""
        columns = tuple(f.name for f in dataclasses.fields(Decision))
        condition, values = where((), {"name": name} if name else {})
        return (Decision(**row) for row in self._dicts("decisions", columns, condition, values))

    # steps

    def mark_done(self, stage: str, key: str, names: Iterable[str]) -> None:
        """Record that a pixel stage has processed samples with the settings of `key`."""
        self._db.executemany(
            "INSERT INTO steps VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET key = excluded.key",
            ((name, stage, key) for name in names),
        )

    def step_key(self, stage: str, name: str) -> str | None:
        """Return the key with which a pixel stage last processed a sample; None if it never did."""
        rows = self.execute("SELECT key FROM steps WHERE stage = ? AND name = ?", [stage, name])
        return rows[0]["key"] if rows else None

    def is_done(self, stage: str, key: str, name: str) -> bool:
        """Return whether a pixel stage has processed a sample with the settings of `key`."""
        return self.step_key(stage, name) == key

    def steps(self, name: str) -> list[str]:
        """Return the names of the finished pixel stages of a sample."""
        found = self.execute("SELECT stage FROM steps WHERE name = ? ORDER BY stage", [name])
        return [row["stage"] for row in found]

    def forget_steps(self, name: str, stage: str | None = None) -> None:
        """Make `stage`, or all pixel stages if it is None, process a sample again."""
        condition, values = where((), {"name": name} | ({"stage": stage} if stage else {}))
        self._db.execute(f"DELETE FROM steps WHERE {condition}", values)

    # other tables

    def remove(self, sample: str, mouths: Sequence[str]) -> None:
        """Remove a sample and its mouths from all tables, for the command `forget`."""
        with self.transaction():
            for name in {sample, *mouths}:
                for table in _TABLES_BY_NAME:
                    self._db.execute(f"DELETE FROM {table} WHERE name = ?", [name])
            self._db.execute("DELETE FROM files WHERE owner = ?", [sample])

    # counting

    def count(self, table: str, by: str, *conditions: str, **equal: Any) -> dict[Any, int]:
        """Return the number of rows for each value of column `by`, largest number first."""
        condition, values = where(conditions, equal)
        source = counts_table(table, [by, *conditions, *equal])  # None: a pass over the table
        number = "count(*)" if source is None else "sum(number)"
        sql = (
            f'SELECT "{by}", {number} AS n FROM {source or table} WHERE {condition} '
            "GROUP BY 1 HAVING n > 0 ORDER BY 2 DESC, 1"
        )
        return dict(self._db.execute(sql, values).fetchall())

    # helpers

    def _dicts(
        self, table: str, columns: Sequence[str], condition: str, values: Sequence[Any]
    ) -> Iterator[dict[str, Any]]:
        rows = self._pages(table, columns, condition, values)
        return (dict(zip(columns, tuple(row)[1:], strict=True)) for row in rows)

    def _pages(
        self, table: str, columns: Sequence[str], condition: str, values: Sequence[Any]
    ) -> Iterator[sqlite3.Row]:
        """Yield the id and the columns of the rows that meet an SQL condition."""
        names = ", ".join(f'"{column}"' for column in columns)
        sql = (
            f"SELECT id, {names} FROM {table} WHERE id > ? AND ({condition}) ORDER BY id LIMIT 1000"
        )
        last = 0  # pages by id: rows may be written during the loop, and memory stays constant
        while page := self._db.execute(sql, [last, *values]).fetchall():
            last = page[-1][0]
            yield from page

    def _update(self, table: str, name: str, changes: Mapping[str, Any]) -> None:
        columns = ", ".join(f'"{field}" = ?' for field in changes)
        values = [row_mapping.column(field, value) for field, value in changes.items()]
        self._db.execute(f"UPDATE {table} SET {columns} WHERE name = ?", [*values, name])


def batched(items: Iterable[Item], count: int) -> Iterator[list[Item]]:
    """Yield the items in lists of `count`; the last list may be shorter."""
    source = iter(items)
    while batch := list(islice(source, count)):
        yield batch
