"""Add the records of a data set to a workspace.

A record that moue exported brings its labels, splits, group, provenance and decisions. Its picture
is copied to `originals/`. A record whose name the workspace has already changes nothing, except the
labels that another program changed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from moue.dataset.collect.register_files import sample_name
from moue.dataset.exchange.checked import (
    checked_annotation,
    checked_decisions,
    checked_label,
    checked_mouth,
    checked_name,
    checked_origins,
    checked_tags,
    checked_texts,
)
from moue.dataset.exchange.record import UNASSIGNED, Record
from moue.dataset.label import LabelUpdate, set_labels
from moue.store import Staged, stage
from moue.workspace.catalog import batched
from moue.workspace.context import Context
from moue.workspace.imports import SCHEME, Imported, add_history, add_imported
from moue.workspace.layout import original_key
from moue.workspace.owned_files import publish
from moue.workspace.provenance import Origin, add_origin, forgotten_hashes
from moue.workspace.types import USER, Decision, Mouth, Sample

_COMMIT_EVERY = 64
_TEXTS = ("subject", "licence", "source", "sha256", "video", "format", "decided_by", "backend")


@dataclass(slots=True)
class _Rows:
    """The rows of one new sample."""

    sample: Sample
    file: Staged
    facts: Imported
    mouths: list[Mouth] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def import_records(
    context: Context, records: Iterable[Record], dataset: Path, kind: str
) -> Counter[str]:
    """Add records to the workspace, 64 per transaction.

    Args:
        context: context of the command.
        records: records; they may be endless, and only some are in memory.
        dataset: absolute path of the data set.
        kind: kind of the pictures of a data set that moue did not write, `photo` or `mouth`.

    Returns:
        Numbers of `new` and `known` records, of changed `labels`, of `forgotten` pictures and of
        `missing` files.

    Raises:
        DataError: a value of a record is invalid, or the workspace does not have a label.
    """
    importer = _Importer(context, dataset, kind)
    for batch in batched(records, _COMMIT_EVERY):
        importer.add(batch)
    return importer.counts


class _Importer:
    def __init__(self, context: Context, dataset: Path, kind: str) -> None:
        self._context = context
        self._catalog = context.catalog
        self._dataset = dataset
        self._kind = kind
        self._forgotten = forgotten_hashes(context.catalog)
        self.counts: Counter[str] = Counter()

    def add(self, batch: Sequence[Record]) -> None:
        """Add one batch of records."""
        names = [record.name for record in batch]
        known = {sample.name for sample in self._catalog.samples(name=names)}
        known |= {mouth.name for mouth in self._catalog.mouths(name=names)}
        new: dict[str, _Rows] = {}
        try:
            for record in batch:
                if record.name and record.name in known:
                    self.counts["known"] += 1
                    self._change_labels(record)
                elif (rows := self._rows(record)) is not None:
                    new.setdefault(rows.sample.name, rows)
        except BaseException:
            for rows in new.values():
                rows.file.discard()
            raise
        publish(self._catalog, [rows.file for rows in new.values()])
        with self._catalog.transaction():
            for rows in new.values():
                self._write(rows)
        self.counts["new"] += len(new)

    def _write(self, rows: _Rows) -> None:
        if not self._catalog.add_samples([rows.sample]):
            return
        self._catalog.put_mouths(rows.sample.name, rows.mouths)
        for origin in rows.origins:
            add_origin(self._catalog, origin)
        add_history(self._catalog, rows.decisions)
        add_imported(self._catalog, [rows.facts])

    def _rows(self, record: Record) -> _Rows | None:
        """Return the rows of a record; None if its picture was forgotten or is missing."""
        where = f"{self._dataset}: {record.where or record.name}"
        try:
            data = record.read()
        except FileNotFoundError:
            self.counts["missing"] += 1
            return None
        sha256 = hashlib.sha256(data).hexdigest()
        texts = checked_texts(record.picture, _TEXTS, where)
        if not self._forgotten.isdisjoint({sha256, texts["sha256"]}):
            self.counts["forgotten"] += 1
            return None
        name = record.name or sample_name(
            Path(record.where), str(self._dataset), record.where, sha256
        )
        checked_name(name, where)
        workspace = self._context.workspace
        original = original_key(name, _suffix(record.suffix))
        is_crop = record.form == "crop" and record.mouths
        kind = "mouth" if is_crop else record.picture.get("kind") or self._kind
        sample = Sample(
            name=name, source=f"{SCHEME}{self._dataset}#{name}", sha256=sha256,
            original=original,
            kind="mouth" if kind == "mouth" else "photo",
            subject=texts["subject"], licence=texts["licence"], decided_by=texts["decided_by"],
            tags=checked_tags(record.picture.get("tags"), where),
        )  # fmt: skip
        mouths = [
            replace(checked_mouth(one, self._context.labels, where), sample=name)
            for one in record.mouths
        ]
        if is_crop:
            mouths = [replace(mouths[0], face=0)]
        changes = [d for mouth in mouths for d in self._changed(record, mouth)]
        names = {name, *(mouth.name for mouth in mouths)}
        decisions = checked_decisions(record.picture.get("decisions"), names, where)
        group = checked_texts(record.picture, ["group"], where)["group"]
        facts = record.facts() | {
            "annotations": [
                checked_annotation(one, self._context.labels, where) for one in record.annotations
            ],
            "split": record.split if record.place == UNASSIGNED else record.place,
        }
        imported = Imported(name=name, dataset=str(self._dataset), cluster=group, facts=facts)
        labelled = [self._with_change(record, mouth) for mouth in mouths]
        origins = checked_origins(record.picture.get("origins"), name, where)
        store = workspace.store  # staged last: nothing raises after it
        file = stage(store.file(original), data, name, readonly=True, parts=store.parts)
        return _Rows(sample, file, imported, labelled, origins, decisions + changes)

    def _changed(self, record: Record, mouth: Mouth) -> list[Decision]:
        """Return the decision on a label that another program changed, as a list."""
        if mouth.name not in record.changed:
            return []
        self.counts["labels"] += 1
        new, now = record.changed[mouth.name], _now()
        why = f"changed in {self._dataset}"
        return [Decision(mouth.name, "label", mouth.label, new, USER, why, now)]

    def _with_change(self, record: Record, mouth: Mouth) -> Mouth:
        if mouth.name not in record.changed:
            return mouth
        label = checked_label(record.changed[mouth.name], self._context.labels, record.where)
        return replace(mouth, label=label, label_by=USER, label_at=_now())

    def _change_labels(self, record: Record) -> None:
        """Set the labels that another program changed."""
        if not record.changed:
            return
        updates = []
        for mouth in self._catalog.mouths(name=list(record.changed)):
            label = checked_label(
                record.changed[mouth.name], self._context.labels, record.where or record.name
            )
            updates.append(LabelUpdate(mouth, label, USER, f"changed in {self._dataset}"))
        self.counts["labels"] += set_labels(self._catalog, updates)


def _suffix(suffix: str) -> str:
    """Return a suffix that is safe in a file name."""
    return suffix.lower() if suffix[1:].isalnum() and len(suffix) <= 8 else ".bin"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
