"""Long lists that the page shows in parts: each list is computed once and kept for a while.

A list has a token. A client that sends the token gets parts of the same list although the catalog
has changed, so that rows do not move while a person labels them. The rows themselves are current.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from moue.studio.readers import Reader
from moue.workspace.facets import Values, facets
from moue.workspace.filters import Filter
from moue.workspace.predictions import PredictingModel
from moue.workspace.row_list import RowList

KEPT = 32
"""Number of lists that are kept; a list takes up to 8 bytes for each row."""


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list of rows; `version` is the state of the catalog that it was computed from."""

    token: str
    version: int
    rows: RowList


class Lists:
    """The lists of the latest requests."""

    def __init__(self) -> None:
        self._lists: OrderedDict[tuple[object, ...], KeptList] = OrderedDict()
        self._facets: OrderedDict[tuple[object, ...], tuple[int, dict[str, Values]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self,
        reader: Reader,
        chosen: Filter,
        sort: str,
        model: PredictingModel | None,
        token: str = "",
    ) -> KeptList:
        """Return a list: the one with the token, else a current one.

        Raises:
            DataError: the sort key is unknown.
        """
        key = (chosen, sort, model.sha256 if model else "", model.at if model else "")
        with self._lock:  # while one request computes a list, requests for its other parts wait
            for known in self._lists.values() if token else ():
                if known.token == token:
                    return known
            found = self._lists.get(key)
            if found is None or found.version != reader.version:
                rows = RowList(reader.catalog, chosen, sort, model)
                found = KeptList(secrets.token_hex(6), reader.version, rows)
                old = self._lists.pop(key, None)
                if old is not None:  # its client may still ask for parts of it
                    self._lists[(old.token,)] = old
            self._lists[key] = found
            self._lists.move_to_end(key)
            while len(self._lists) > KEPT:
                self._lists.popitem(last=False)
            return found

    def facets(
        self, reader: Reader, chosen: Filter, model: PredictingModel | None
    ) -> dict[str, Values]:
        """Return the values of each filter key with their numbers of rows; see `facets.facets`."""
        place = (chosen, model.sha256 if model else "", model.at if model else "")
        with self._lock:
            known = self._facets.get(place)
        if known is not None and known[0] == reader.version:
            return known[1]
        found = facets(reader.catalog, chosen, model)
        with self._lock:
            self._facets[place] = (reader.version, found)
            while len(self._facets) > KEPT:
                self._facets.popitem(last=False)
        return found

    def clear(self) -> None:
        """Drop all lists, since rows were deleted."""
        with self._lock:
            self._lists.clear()
            self._facets.clear()
