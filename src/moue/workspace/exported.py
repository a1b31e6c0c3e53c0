"""Names of the mouths and pictures of the data set, in an order that resembles a random one.

The order is that of the last 12 characters of the name of the sample, which are digits of a hash.
So the first part of an exported data set is about a random sample of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from moue.text import restored
from moue.workspace.catalog import Catalog

_ORDER = "ORDER BY substr(s.name, max(1, length(s.name) - 11)), s.name"
_IN_USE = "m.dropped IS NULL AND s.dropped IS NULL"
_LABELLED = " AND m.label IS NOT NULL"


def exported_names(
    catalog: Catalog, what: Literal["crop", "picture"], unlabelled: bool
) -> Iterator[str]:
    """Yield the names of the mouths in use, or of the pictures that have one.

    Memory does not depend on the number of names; SQLite sorts them on the disk.

    Args:
        what: `crop` for the names of the mouths, `picture` for those of their samples.
        unlabelled: True to include mouths without a label.
    """
    where = _IN_USE + ("" if unlabelled else _LABELLED)
    name, group = ("m.name", "") if what == "crop" else ("s.name AS name", " GROUP BY s.name")
    joined = "mouths AS m JOIN samples AS s ON s.name = m.sample"
    sql = f"SELECT {name} FROM {joined} WHERE {where}{group} {_ORDER}"
    rows = catalog.stream(sql + (", m.id" if what == "crop" else ""))
    return (restored(name) for (name, *_) in rows)


def count_exported(catalog: Catalog, what: Literal["crop", "picture"], unlabelled: bool) -> int:
    """Return the number of names that `exported_names` yields."""
    where = _IN_USE + ("" if unlabelled else _LABELLED)
    counted = "*" if what == "crop" else "DISTINCT s.name"
    sql = (
        f"SELECT count({counted}) AS n FROM mouths AS m JOIN samples AS s ON s.name = m.sample "
        f"WHERE {where}"
    )
    return int(catalog.execute(sql)[0]["n"])
