"""Labelled mouths of a workspace as a sequence that reads the catalog page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.store import Location
from moue.workspace.catalog import Catalog, batched
from moue.workspace.columns import Codes, Numbers, mouth_columns
from moue.workspace.types import SPLITS, Mouth, Sample
from moue.workspace.workspace import Workspace

_PAGE = 500
"""Number of mouths that are read at a time."""


@dataclass(frozen=True, slots=True)
class LabelledMouth:
    """A labelled mouth, its sample, and its workspace."""

    mouth: Mouth
    sample: Sample
    workspace: Workspace

    @property
    def crop(self) -> Location:
        """The place of the stored crop."""
        return self.workspace.mouth(self.mouth.name)

    @property
    def label(self) -> str:
        """The label of the mouth."""
        return str(self.mouth.label)


class LabelledMouths(Sequence[LabelledMouth]):
    """Labelled mouths in use, in the order of insertion.

    The mouths and their samples are read when they are needed, so memory grows by 10 bytes for each
    mouth. The labels are those at the time of the creation.

    Args:
        workspace: workspace of the mouths.
        numbers: (N,) row numbers of the mouths, in rising order.
        codes: (N,) indices of their labels into `names`.
        names: labels.
    """

    def __init__(
        self, workspace: Workspace, numbers: Numbers, codes: Codes, names: Sequence[str]
    ) -> None:
        self._workspace, self.numbers, self._codes = workspace, numbers, codes
        self._label_names = tuple(names)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> LabelledMouth: ...

    @overload
    def __getitem__(self, index: slice) -> list[LabelledMouth]: ...

    def __getitem__(self, index: int | slice) -> LabelledMouth | list[LabelledMouth]:
        """Return one mouth, or a list of the mouths of a slice."""
        if isinstance(index, slice):
            return list(self._read(self.numbers[index]))
        return next(self._read(self.numbers[index, None]))

    def __iter__(self) -> Iterator[LabelledMouth]:
        for start in range(0, len(self), _PAGE):
            yield from self._read(self.numbers[start : start + _PAGE])

    @property
    def labels(self) -> set[str]:
        """The labels of the mouths."""
        return {self._label_names[code] for code in np.unique(self._codes).tolist()}

    def label_indices(self, labels: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return (N,) indices of the labels of the mouths into `labels`; -1 for another label."""
        places = {label: index for index, label in enumerate(labels)}
        table = np.array([places.get(name, -1) for name in self._label_names], np.int64)
        return table[self._codes]

    def names(self) -> Iterator[str]:
        """Yield the names of the mouths."""
        with self._workspace.reading() as catalog:
            for page in batched(self.numbers.tolist(), _PAGE):
                yield from (mouth.name for mouth in _mouths(catalog, page))

    def some(self, chosen: npt.NDArray[Any]) -> LabelledMouths:
        """Return a part of the mouths.

        Args:
            chosen: (N,) mask, or indices in rising order.
        """
        names = self._label_names
        return LabelledMouths(self._workspace, self.numbers[chosen], self._codes[chosen], names)

    def _read(self, numbers: Numbers) -> Iterator[LabelledMouth]:
        if not len(numbers):
            return
        with self._workspace.reading() as catalog:
            for page in batched(numbers.tolist(), _PAGE):
                for mouth, sample in catalog.with_samples(_mouths(catalog, page)):
                    yield LabelledMouth(mouth, sample, self._workspace)


def load_labelled_mouths(
    workspace: Workspace, catalog: Catalog, split: str | None = None
) -> LabelledMouths:
    """Return the labelled mouths in use.

    Args:
        workspace: workspace of the mouths.
        catalog: open catalog of the workspace.
        split: split of the mouths; None for all, also those without a split.
    """
    columns = mouth_columns(catalog)
    chosen = columns.labels >= 0
    if split is not None:
        chosen &= columns.splits == SPLITS.index(split)
    return LabelledMouths(workspace, columns.numbers[chosen], columns.labels[chosen], columns.names)


def _mouths(catalog: Catalog, numbers: Sequence[int]) -> list[Mouth]:
    found = list(catalog.mouths(id=list(numbers)))
    if len(found) != len(numbers):
        raise DataError("another command removed mouths meanwhile; run the same command again")
    return found
