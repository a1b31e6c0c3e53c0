"""Named conditions on samples and mouths, so that no other package writes SQL.

Methods such as `Catalog.samples` take any number of conditions, and keyword arguments for columns
that must equal a value: `catalog.samples(IN_USE, kind="photo")`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

# Conditions on a sample or a mouth.
IN_USE: Final = "dropped IS NULL"
DROPPED: Final = "dropped IS NOT NULL"

# Conditions on a sample.
CONVERTED: Final = "phash IS NOT NULL"
DETECTED: Final = "faces IS NOT NULL"
WITH_FACES: Final = "faces <> '[]'"
WITHOUT_FACES: Final = "faces = '[]'"
GROUPED: Final = '"group" IS NOT NULL'
EXPLAINED: Final = "detail IS NOT NULL"
TO_CONVERT: Final = "(dropped IS NULL OR decided_by = 'convert')"
TO_CLEAN: Final = f"{DETECTED} AND (dropped IS NULL OR decided_by IN ('clean', 'dedupe'))"
"""Samples that `clean` decides on: in use, or dropped by `clean` or `dedupe`."""
TO_DEDUPE: Final = f"{DETECTED} AND (dropped IS NULL OR decided_by = 'dedupe')"
"""Samples that `dedupe` decides on: in use, or dropped by `dedupe`."""
TO_DETECT_AGAIN: Final = (
    f"{CONVERTED} AND {IN_USE} AND {DETECTED} AND EXISTS "
    "(SELECT 1 FROM steps AS s WHERE s.name = samples.name AND s.stage = 'detect')"
)
"""Samples in use whose faces were detected, with any settings."""

# Conditions on a mouth.
MOUTH_IN_USE: Final = f"{IN_USE} AND sample_dropped IS NULL"
"""Mouths that are not dropped and whose sample is not dropped."""
LABELLED: Final = "label IS NOT NULL"
IN_SPLIT: Final = "split IS NOT NULL"


def where(conditions: Sequence[str], equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Join conditions with AND; return the SQL expression and the values of its `?` marks.

    Args:
        conditions: constants of this module.
        equal: values by column; a list or tuple matches any of its members.
    """
    parts, values = [f"({condition})" for condition in conditions], list[Any]()
    for column, value in equal.items():
        if isinstance(value, list | tuple):
            parts.append(f"[{column}] IN ({', '.join('?' * len(value))})")
            values += value
        elif value is None:
            parts.append(f"[{column}] IS NULL")
        else:
            parts.append(f"[{column}] = ?")  # unlike IS, it may use a partial index
            values.append(value)
    return " AND ".join(parts) or "1", values
