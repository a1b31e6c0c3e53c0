"""Read the items of a large JSON array one by one, so that the file need not fit into memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from moue.errors import DataError

_CHUNK = 1 << 16
_LARGEST = 64 << 20
"""Maximum length of one item, in characters."""
_SPACE = " \t\r\n"
_AFTER = tuple(f"{_SPACE},:]}}")
"""Characters that may follow a value."""


def array_items(path: Path, key: str | None = None) -> Iterator[Any]:
    """Yield the items of the array that a JSON file contains.

    Args:
        path: path of the file.
        key: key of the array in the object that the file contains; None if the file contains the
            array itself. A missing key yields nothing.

    Raises:
        DataError: the file is not valid JSON, or has another structure.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            reader = _Reader(file)
            if key is None:
                yield from reader.items()
                return
            reader.expect("{")
            while not reader.skips("}"):
                name = reader.value()
                reader.expect(":")
                if reader.peek() == "[":
                    for item in reader.items():
                        if name == key:
                            yield item
                else:
                    reader.value()
                reader.skips(",")
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: the JSON file is damaged ({str(error)[:80]})") from error


def first_character(path: Path) -> str:
    """Return the first character of a text file that is not a space; "" for an empty file."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return file.read(4096).lstrip()[:1]


class _Reader:
    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False
        self._decoder = json.JSONDecoder()

    def items(self) -> Iterator[Any]:
        self.expect("[")
        while not self.skips("]"):
            yield self.value()
            self.skips(",")

    def peek(self) -> str:
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                raise ValueError("the file ends in the middle")

    def expect(self, character: str) -> None:
        if self.peek() != character:
            raise ValueError(f"{character!r} is missing")
        self._at += 1

    def skips(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > _LARGEST or not self._more():
                    raise
                continue
            # A number at the end of the text may continue in the next chunk.
            if self._text[end : end + 1] not in _AFTER and self._more():
                continue
            self._at = end
            return found

    def _more(self) -> bool:
        """Read more text; return False at the end of the file."""
        size = max(_CHUNK, len(self._text) - self._at)  # doubling keeps a long item linear
        chunk = self._file.read(size)
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return bool(chunk)
