"""The values of each filter key, with the number of pictures or mouths that each would select.

The counts of one key apply all other keys of the filter. Most counts come from the tables of
`counts.py`. The other keys with the same other conditions share one pass over the catalog.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from moue.workspace.catalog import Catalog
from moue.workspace.counts import counts_table
from moue.workspace.filters import Filter
from moue.workspace.predictions import PredictingModel, sql_measures
from moue.workspace.row_list import joined_tables

Values: TypeAlias = list[tuple[str | None, int]]
"""Values with their numbers of rows, the most frequent first."""

FACETS = {
    "reason": "coalesce(m.dropped, m.sample_dropped)",
    "source": "rtrim(s.source, replace(s.source, '/', ''))",
    "licence": "s.licence",
    "source_kind": "s.kind",
    "label": "m.label",
    "label_by": "m.label_by",
    "split": "m.split",
    "predicted": "p.label",
    "engine": "o.engine",
}
"""SQL of the values that are counted, by filter key. The value of `source` is a folder or the part
of a URL before its last name."""
MAX_SCANNED = 500_000
"""Maximum number of pictures or mouths that a pass reads."""
MAX_VALUES = 100
"""Maximum number of counted values of one key."""
_ALONE = ("source", "engine")
"""Keys that need their own pass: `source` has many values, and `engine` several for one picture."""


def facets(
    catalog: Catalog, chosen: Filter, model: PredictingModel | None = None
) -> dict[str, Values]:
    """Return the values of each key of `FACETS`; only mouths have the key `predicted`.

    Of more than `MAX_SCANNED` rows, only keys of the tables of counts have values.

    Pictures without a search engine are not counted for the key `engine`.
    """
    found: dict[str, Values] = {}
    passes: dict[Filter, list[str]] = {}
    own = "mouths" if chosen.kind == "mouths" else "samples"
    is_large = sum(catalog.count(own, "dropped").values()) > MAX_SCANNED
    for key in FACETS:
        if key == "predicted" and chosen.kind == "pictures":
            continue
        others = chosen.without(key)
        states = _count_states(catalog, others, key)
        if states is not None:
            found[key] = states
        elif is_large:
            continue
        elif key in _ALONE or (chosen.kind == "pictures" and "m." in _column(chosen, key)):
            found[key] = _count_distinct(catalog, others, key, model)
        else:
            passes.setdefault(others, []).append(key)
    for others, keys in passes.items():
        found |= _count_together(catalog, others, keys, model)
    return {key: found[key] for key in FACETS if key in found}


def _count_states(catalog: Catalog, chosen: Filter, key: str) -> Values | None:
    """Count the values of one key in the tables of counts; None if they lack a column."""
    own, table = ("m", "mouths") if chosen.kind == "mouths" else ("s", "samples")
    column = _column(chosen, key)
    condition, values = chosen.where()
    counts = counts_table(table, [f"{column} {condition}".replace(f"{own}.", "")])
    if counts is None:
        return None
    sql = (
        f"SELECT {column}, sum(number) AS n FROM {counts} AS {own} WHERE {condition} "
        f"GROUP BY 1 HAVING n > 0 ORDER BY 2 DESC, 1 LIMIT {MAX_VALUES}"
    )
    return [(row[0], row[1]) for row in catalog.execute(sql, values)]


def _count_together(
    catalog: Catalog, chosen: Filter, keys: Sequence[str], model: PredictingModel | None
) -> dict[str, Values]:
    """Count the values of several keys in one pass over the rows that a filter selects."""
    columns = [_column(chosen, key) for key in keys]
    tables, condition, bound = _selection(chosen, keys, model)
    places = ", ".join(str(place) for place in range(1, len(keys) + 1))
    # The sign + keeps SQLite from reading all rows in the order of an index on one column.
    sql = (
        f"SELECT {', '.join(f'+{column}' for column in columns)}, count(*) FROM {tables} "
        f"WHERE {condition} GROUP BY {places}"
    )
    counts = [Counter[str | None]() for _ in keys]
    for row in catalog.execute(sql, bound):
        number = row[len(keys)]
        for place, counter in enumerate(counts):
            counter[row[place]] += number
    return {key: _first(counter) for key, counter in zip(keys, counts, strict=True)}


def _count_distinct(
    catalog: Catalog, chosen: Filter, key: str, model: PredictingModel | None
) -> Values:
    """Count the pictures or mouths of each value of one key, each picture or mouth once."""
    tables, condition, bound = _selection(chosen, [key], model)
    own = "m" if chosen.kind == "mouths" else "s"
    counted = "count(*)" if key == "source" else f"count(DISTINCT {own}.id)"
    sql = (
        f"SELECT +{_column(chosen, key)}, {counted} FROM {tables} WHERE {condition} "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MAX_VALUES}"
    )
    return [(row[0], row[1]) for row in catalog.execute(sql, bound)]


def _selection(
    chosen: Filter, keys: Sequence[str], model: PredictingModel | None
) -> tuple[str, str, list[object]]:
    """Return the SQL of the tables and of the condition, and the values of their `?` marks."""
    condition, values = chosen.where({} if model is None else sql_measures(model))
    predicted = chosen.uses_predictions or "predicted" in keys
    with_mouths = any("m." in _column(chosen, key) for key in keys)
    tables, bound = joined_tables(chosen, model, predicted, with_mouths)
    if "engine" in keys:
        tables += " JOIN origins AS o ON o.sample = s.name"
    return tables, condition, [*bound, *values]


def _column(chosen: Filter, key: str) -> str:
    if chosen.kind == "pictures" and key == "reason":
        return "s.dropped"
    return FACETS[key]


def _first(counter: Counter[str | None]) -> Values:
    """Return the most frequent values, equally frequent ones in alphabetical order."""
    ordered = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return ordered[:MAX_VALUES]
