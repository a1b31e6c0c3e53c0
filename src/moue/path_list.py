"""A list of many file paths in a few arrays: about 30 bytes for each path and its file name."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.text import restored, to_bytes


class PathList:
    """Paths in the order of their addition.

    Paths are compared by 128 bits of a hash, so two different paths never count as equal in
    practice.
    """

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}
        self._names, self._ends, self._places = bytearray(), array("q", [0]), array("i")
        self._hashes = array("Q")
        self._kept: npt.NDArray[np.int64] | None = None
        self._sorted: npt.NDArray[np.uint64] | None = None

    def add(self, path: Path) -> None:
        """Add a path; not allowed after `remove_repeated`."""
        text = str(path)
        folder, name = os.path.split(text)
        self._places.append(self._folders.setdefault(folder, len(self._folders)))
        self._names += to_bytes(name)
        self._ends.append(len(self._names))
        self._hashes.extend(_hash(text))

    def remove_repeated(self) -> None:
        """Keep only the first of equal paths."""
        high, low = np.array(self._hashes, np.uint64).reshape(-1, 2).T
        order = np.lexsort((low, high))  # stable: of equal paths, the first comes first
        high, low = high[order], low[order]
        first = np.ones(len(order), bool)
        first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        self._kept = np.sort(order[first])
        self._sorted = np.stack([high[first], low[first]])
        self._hashes = array("Q")

    def __len__(self) -> int:
        return len(self._places) if self._kept is None else len(self._kept)

    def __iter__(self) -> Iterator[Path]:
        folders = list(self._folders)
        for at in range(len(self._places)) if self._kept is None else map(int, self._kept):
            name = restored(bytes(self._names[self._ends[at] : self._ends[at + 1]]))
            yield Path(folders[self._places[at]], name)

    def contain(self, paths: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return an (N,) mask of the paths that the list has; requires `remove_repeated`."""
        if self._sorted is None:
            raise RuntimeError("call remove_repeated first")
        high, low = self._sorted
        found = np.zeros(len(paths), bool)
        if len(high):
            wanted = np.array([_hash(path) for path in paths], np.uint64).reshape(-1, 2)
            at = np.minimum(np.searchsorted(high, wanted[:, 0]), len(high) - 1)
            found = (high[at] == wanted[:, 0]) & (low[at] == wanted[:, 1])
        return found


def _hash(path: str) -> tuple[int, int]:
    digest = hashlib.blake2b(to_bytes(path), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
