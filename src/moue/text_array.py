"""Millions of different texts in one array of bytes."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import overload

from moue.text import restored, to_bytes


class TextArray(Sequence[str]):
    """Texts that are stored as bytes; each text takes its bytes and 8 more.

    A text may contain bytes that are not UTF-8, as lone surrogates.
    """

    def __init__(self) -> None:
        self._bytes, self._ends = bytearray(), array("q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return one text, or a list of the texts of a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        return str(restored(bytes(self._bytes[self._ends[at] : self._ends[at + 1]])))

    def append(self, text: str) -> None:
        """Add a text."""
        self._bytes += to_bytes(text)
        self._ends.append(len(self._bytes))
