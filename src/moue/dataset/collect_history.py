"""Record of the calls of `moue collect`, which the report lists for reproducibility."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moue.dataset.collect.collect_files import CollectSettings
from moue.files import absolute
from moue.settings import fields
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.row_mapping import damage_reported
from moue.workspace.types import USER

_NAME, _FIELD = "workspace", "collected"
"""Name and field of the decisions that record calls; names of samples end in hex digits."""


@dataclass(frozen=True, slots=True)
class CollectCall:
    """One call of `moue collect` or `moue run`.

    Attributes:
        sources: Absolute paths of the collected folders and files.
        flags: Command-line options that were not at their defaults, such as `--kind mouth`.
        labels: Absolute path of the CSV file with labels; empty if there is none.
    """

    sources: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    labels: str = ""


def record_collect_call(
    catalog: Catalog, sources: Sequence[Path], settings: CollectSettings, labels: Path | None = None
) -> None:
    """Record a call of `moue collect` in the catalog, unless an equal call is recorded."""
    flags: list[str] = []
    for field in fields(CollectSettings):
        value = getattr(settings, field.name)
        if value == field.default or value is None:
            continue
        if field.type is bool:
            flags.append(field.flag if value else f"--no-{field.flag[2:]}")
        else:
            flags += [field.flag, str(value)]
    paths = tuple(str(absolute(source)) for source in sources)
    made = CollectCall(paths, tuple(flags), "" if labels is None else str(absolute(labels)))
    if made not in collect_calls(catalog):
        with catalog.transaction():
            text = json.dumps(asdict(made))
            catalog.decide([Decision(_NAME, _FIELD, None, text, USER)])


def collect_calls(catalog: Catalog) -> Iterator[CollectCall]:
    """Yield the recorded calls of `moue collect`, oldest first."""
    for decision in catalog.decisions(_NAME):
        if decision.field == _FIELD and decision.value:
            with damage_reported("decision on", _NAME):
                call = _call(json.loads(decision.value))
            yield call


def _call(data: Any) -> CollectCall:
    call = CollectCall(tuple(data["sources"]), tuple(data["flags"]), data["labels"])
    if not all(isinstance(text, str) for text in (*call.sources, *call.flags, call.labels)):
        raise TypeError("a source, an option or the label file is not a string")
    return call
