"""Tables with the number of pictures and mouths of each state, which triggers keep current.

`samples` and `mouths` have millions of rows, but their rows have only a few hundred different
states. So a number of pictures or mouths takes the same time whatever the size of the catalog.

- `sample_counts`: number of pictures for each combination of `SAMPLE_STATE`. `phash` is 0 for a
  converted picture, and `faces` is `[…]` for a picture with faces, so that the conditions of
  `conditions.py` hold for this table too.
- `mouth_counts`: number of mouths for each combination of `MOUTH_STATE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

SAMPLE_STATE: Final = ("kind", "licence", "phash", "faces", "dropped", "decided_by")
MOUTH_STATE: Final = ("label", "label_by", "split", "dropped", "sample_dropped", "backend")

_PLAIN = {
    "phash": "CASE WHEN {row}.phash IS NULL THEN NULL ELSE 0 END",
    "faces": "CASE WHEN {row}.faces IS NULL OR {row}.faces = '[]' THEN {row}.faces ELSE '[…]' END",
}
_WORD = re.compile(r'"?\b([a-z_]+)\b"?(?!\()')
_STRING = re.compile(r"'[^']*'")
_SQL_WORDS = {
    "and", "or", "not", "is", "null", "in", "ifnull", "coalesce", "count", "case", "when", "then",
    "else", "end",
}  # fmt: skip


def counts_table(table: str, expressions: Iterable[str]) -> str | None:
    """Return the table of counts with all columns of SQL expressions; None if it lacks one.

    Args:
        table: `samples` or `mouths`.
        expressions: names of columns, and conditions without subqueries, on one table.
    """
    state = {"samples": SAMPLE_STATE, "mouths": MOUTH_STATE}.get(table)
    if state is None:
        return None
    text = _STRING.sub("", " ".join(expressions)).lower()
    words = set(_WORD.findall(text)) - _SQL_WORDS
    return f"{table[:-1]}_counts" if words <= set(state) else None


def recount(table: str, state: Iterable[str]) -> str:
    """Return SQL that fills the empty table of counts from the rows of `samples` or `mouths`."""
    key = _key(state, table)
    return (
        f"INSERT INTO {table[:-1]}_counts ({', '.join(key)}, number) "
        f"SELECT {', '.join(key.values())}, count(*) FROM {table} "
        f"GROUP BY {', '.join(map(str, range(1, len(key) + 1)))}"
    )


def _key(state: Iterable[str], row: str) -> dict[str, str]:
    return {name: _PLAIN.get(name, f"{{row}}.{name}").format(row=row) for name in state}


def _change(table: str, state: Iterable[str], row: str, by: str) -> str:
    """Return statements that change the number of rows with the state of `OLD` or `NEW`."""
    key = _key(state, row)
    same = " AND ".join(f"{name} IS {value}" for name, value in key.items())
    names, values = ", ".join(key), ", ".join(key.values())
    return (
        f"INSERT INTO {table} ({names}, number) SELECT {values}, 0 "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {same}); "
        f"UPDATE {table} SET number = number {by} 1 WHERE {same};"
    )


def _triggers(table: str, state: tuple[str, ...]) -> str:
    counts = f"{table[:-1]}_counts"
    add, remove = (_change(counts, state, row, by) for row, by in (("NEW", "+"), ("OLD", "-")))
    columns = ", ".join(state)
    return (
        f"CREATE TABLE {counts} ({columns}, number INTEGER NOT NULL);"
        f"CREATE INDEX {counts}_state ON {counts} ({columns});"
        f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {add} END;"
        f"CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {remove} END;"
        f"CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} "
        f"BEGIN {remove} {add} END;"
    )


TABLES: Final = (
    _triggers("samples", SAMPLE_STATE)
    + _triggers("mouths", MOUTH_STATE)
    + """
CREATE TRIGGER mouths_of_dropped AFTER INSERT ON mouths BEGIN
    UPDATE mouths SET sample_dropped = (SELECT dropped FROM samples WHERE name = NEW.sample)
    WHERE id = NEW.id AND sample_dropped IS NOT
        (SELECT dropped FROM samples WHERE name = NEW.sample);
END;
CREATE TRIGGER samples_dropped_mouths AFTER UPDATE OF dropped ON samples
WHEN OLD.dropped IS NOT NEW.dropped BEGIN
    UPDATE mouths SET sample_dropped = NEW.dropped WHERE sample = NEW.name;
END;
"""
)
"""SQL that creates the tables and the triggers; `mouths.sample_dropped` is a copy of
`samples.dropped`."""
