"""Examples with their attributes in columns, for sets with millions of examples."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from moue.model.example import Example
from moue.text_array import TextArray
from moue.workspace.layout import mouth_key


class ExampleTable(Sequence[Example]):
    """A sequence of examples that are stored in a few arrays and created on access.

    An example takes the memory of its name and 4 bytes for each attribute; equal values of an
    attribute are stored once. The file of each example is the key of its crop in the store.

    Args:
        examples: examples of crops in the store of a workspace.
    """

    def __init__(self, examples: Iterable[Example]) -> None:
        self._names = TextArray()
        self._labels = _Column(0)
        self._attributes: dict[str, _Column] = {}
        for count, example in enumerate(examples):
            self._names.append(example.name)
            self._labels.append(example.label)
            for name, value in example.attributes.items():
                if name not in self._attributes:
                    self._attributes[name] = _Column(count)
                self._attributes[name].append(value)
            for column in self._attributes.values():
                column.fill(count + 1)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        """Return one example, or a list of the examples of a slice."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        name = self._names[at]
        values = ((key, column[at]) for key, column in self._attributes.items())
        return Example(
            name=name,
            file=Path(mouth_key(name)),
            label=str(self._labels[at]),
            attributes={key: value for key, value in values if value is not None},
        )

    def __iter__(self) -> Iterator[Example]:
        return (self[index] for index in range(len(self)))

    def labels(self) -> Iterator[str]:
        """Yield the label of each example."""
        return (str(self._labels[index]) for index in range(len(self)))


class _Column:
    """A column of texts, many of which are equal; None for a missing text.

    Args:
        missing: number of missing texts at the start.
    """

    def __init__(self, missing: int) -> None:
        self._codes = array("i", [-1]) * missing
        self._places: dict[str, int] = {}
        self._texts: list[str] = []

    def __getitem__(self, index: int) -> str | None:
        code = self._codes[index]
        return None if code < 0 else self._texts[code]

    def append(self, text: str) -> None:
        """Add a text."""
        code = self._places.setdefault(text, len(self._texts))
        if code == len(self._texts):
            self._texts.append(text)
        self._codes.append(code)

    def fill(self, count: int) -> None:
        """Add missing texts until the column has `count` texts."""
        while len(self._codes) < count:
            self._codes.append(-1)
