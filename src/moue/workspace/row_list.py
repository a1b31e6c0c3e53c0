"""Sorted and filtered lists of pictures and mouths, for pages that show a part of a long list.

A list is an array of row numbers. In the order of collection, it is read as far as it is shown, so
the first page takes milliseconds whatever the size of the catalog. Any other order needs one pass
over the catalog, after which each page takes milliseconds.
"""

from __future__ import annotations

import threading
from array import array

import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.workspace.catalog import Catalog
from moue.workspace.counts import counts_table
from moue.workspace.filters import Filter
from moue.workspace.predictions import PredictingModel, sql_measures

Numbers = npt.NDArray[np.int64]
"""(N,) row numbers of the table `samples` or `mouths`."""

_PAGE = 500
_AHEAD = 10_000
"""Number of row numbers that are read beyond those that are shown."""
_OF_SAMPLE = "s."
"""Beginning of the columns of a sample in SQL."""


class RowList:
    """A sorted list of the row numbers that a filter selects.

    In the order of collection, only as many numbers as needed are read; other orders read all of
    them at once. The length is that at the time of the creation.
    """

    def __init__(
        self, catalog: Catalog, chosen: Filter, sort: str = "", model: PredictingModel | None = None
    ) -> None:
        """Count the rows, and sort them unless the order is that of collection.

        Args:
            catalog: open catalog.
            chosen: filter.
            sort: sort key, one of `filters.SORTS`; empty for the order of collection.
            model: model of the measures that need predictions; without it, they have no values.

        Raises:
            DataError: the sort key is unknown.
        """
        self._chosen, self._sort, self._model = chosen, sort, model
        self._lock = threading.Lock()
        self._found = np.empty(0, np.int64)
        self._ended = bool(sort)
        if sort:
            self._found = self._sorted(catalog)
        self._length = len(self._found) if sort else count(catalog, chosen, model)

    def __len__(self) -> int:
        return self._length

    def part(self, catalog: Catalog, offset: int, limit: int) -> list[int]:
        """Return at most `limit` row numbers from position `offset`."""
        with self._lock:
            missing = min(offset + limit, self._length) - len(self._found)
            if missing > 0 and not self._ended:
                last = int(self._found[-1]) if len(self._found) else 0
                wanted = max(missing, _AHEAD)
                more = self._read(catalog, f"{self._own}.id > {last}", f" LIMIT {wanted}")
                self._ended = len(more) < wanted
                self._found = np.concatenate([self._found, more])
            found: list[int] = self._found[offset : offset + limit].tolist()
            return found

    @property
    def _own(self) -> str:
        return "m" if self._chosen.kind == "mouths" else "s"

    def _sorted(self, catalog: Catalog) -> Numbers:
        found = self._read(catalog, "1", "")
        key, _, seed = self._sort.removeprefix("-").partition(":")
        if key != "random":
            return found
        if seed and not (seed.isascii() and seed.isdecimal() and len(seed) < 10):
            raise DataError(f"{self._sort!r}: the seed is not a number from 0 to 999999999")
        return found[np.argsort(_mixed(found, int(seed or 0)), kind="stable")]

    def _read(self, catalog: Catalog, further: str, end: str) -> Numbers:
        measures = {} if self._model is None else sql_measures(self._model)
        condition, values = self._chosen.where(measures)
        order = self._chosen.order(self._sort, measures)
        predicted = self._chosen.uses_predictions or "p." in order
        tables, bound = joined_tables(
            self._chosen, self._model, predicted, samples=_OF_SAMPLE in condition + order
        )
        sql = (
            f"SELECT {self._own}.id FROM {tables} WHERE {condition} AND {further} ORDER BY {order}"
        )
        rows = catalog.stream(sql + end, [*bound, *values])
        return np.array(array("q", (number for (number,) in rows)), np.int64)


def count(catalog: Catalog, chosen: Filter, model: PredictingModel | None = None) -> int:
    """Return the number of pictures or mouths that a filter selects."""
    condition, values = chosen.where({} if model is None else sql_measures(model))
    own, table = ("m", "mouths") if chosen.kind == "mouths" else ("s", "samples")
    if counts := counts_table(table, [condition.replace(f"{own}.", "")]):
        sql = f"SELECT ifnull(sum(number), 0) FROM {counts} AS {own} WHERE {condition}"
        return int(catalog.execute(sql, values)[0][0])
    tables, bound = joined_tables(
        chosen, model, chosen.uses_predictions, samples=_OF_SAMPLE in condition
    )
    sql = f"SELECT count(*) FROM {tables} WHERE {condition}"
    return int(catalog.execute(sql, [*bound, *values])[0][0])


def labelled_names(catalog: Catalog, rows: RowList, most: int | None) -> list[str]:
    """Return the names of the first labelled mouths of a list, at most `most`."""
    names: list[str] = []
    for start in range(0, len(rows), _PAGE):
        wanted = rows.part(catalog, start, _PAGE)
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT id, name FROM mouths WHERE label IS NOT NULL AND id IN ({marks})"
        found = {row["id"]: row["name"] for row in catalog.execute(sql, wanted)}
        names += [found[number] for number in wanted if number in found]
        if most is not None and len(names) >= most:
            break
    return names[:most]


def joined_tables(
    chosen: Filter,
    model: PredictingModel | None,
    predicted: bool,
    mouths: bool = False,
    samples: bool = True,
) -> tuple[str, list[int]]:
    """Return the SQL of the joined tables of a filter, and the values of its `?` marks.

    Args:
        predicted: True to join the predictions of the model to mouths.
        mouths: True to join the mouths to pictures; a picture then has a row for each mouth.
        samples: True to join the pictures to mouths.
    """
    if chosen.kind == "pictures":
        # A picture without a mouth counts as one row without a label.
        return f"samples AS s{' LEFT JOIN mouths AS m ON m.sample = s.name' * mouths}", []
    tables = "mouths AS m" + " JOIN samples AS s ON s.name = m.sample" * samples
    if not predicted:
        return tables, []
    joined = f"{tables} LEFT JOIN predictions AS p ON p.model = ? AND p.name = m.name"
    return joined, [model.id if model else -1]


def _mixed(values: Numbers, seed: int) -> npt.NDArray[np.uint64]:
    """Return well mixed 64-bit numbers (splitmix64), by which values are shuffled."""
    x = values.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
