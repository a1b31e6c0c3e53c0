"""Predefined splits: folders named train, val and test above the pictures, and data sets."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.dataset.class_folders import ClassFolders, split_of_folder
from moue.errors import SplitError
from moue.workspace.catalog import Catalog
from moue.workspace.columns import Numbers
from moue.workspace.imports import imported_splits
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.queries import samples_by_folder
from moue.workspace.types import SPLITS

__all__ = [
    "NO_SPLITS", "PredefinedSplits", "predefined_splits", "require_split_folders",
    "split_counts_text", "unused_split_note",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PredefinedSplits:
    """The predefined splits of samples; samples that are not listed have none.

    Attributes:
        numbers: (N,) row numbers of samples, in rising order.
        splits: (N,) indices into `SPLITS`.
    """

    numbers: Numbers
    splits: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.numbers)

    def of(self, numbers: Numbers) -> npt.NDArray[np.int8]:
        """Return the split of each sample, as an index into `SPLITS`; -1 without a split."""
        if not len(self):
            return np.full(len(numbers), -1, np.int8)
        place = np.minimum(np.searchsorted(self.numbers, numbers), len(self) - 1)
        return np.where(self.numbers[place] == numbers, self.splits[place], np.int8(-1))


NO_SPLITS = PredefinedSplits(np.empty(0, np.int64), np.empty(0, np.int8))
"""The predefined splits of a workspace without split folders."""


def predefined_splits(
    catalog: Catalog, labels: LabelSet = DEFAULT, *, exported: bool = False
) -> PredefinedSplits:
    """Return the predefined split of each sample that has one.

    A picture of a data set has the split that the data set gives it.

    The outermost split folder below the collected folder determines the split. The collected
    folder itself counts only if folders of several splits were collected, as in
    `moue collect data/train data/test`; a single collected folder named `test` means no split. A
    folder that is named after a label of the workspace is a class folder, not a split folder.

    Args:
        catalog: open catalog.
        labels: labels of the workspace.
        exported: True to include the data sets that moue exported. Their mouths keep their split
            in any case.
    """
    folders = ClassFolders(catalog, labels)
    levels = {folder: folders.levels(folder) for folder in folders.pictures}
    top_splits = {_split_of(one[:1], labels) for one in levels.values()} - {None}
    first = 0 if len(top_splits) > 1 else 1
    codes: dict[str, int] = {}
    for folder, one in levels.items():
        if split := _split_of(one[1:], labels) or _split_of(one[first:1], labels):
            codes[folder] = SPLITS.index(split)
    numbers, splits = array("q"), array("b")
    for number, split in imported_splits(catalog, exported):
        numbers.append(number)
        splits.append(SPLITS.index(split))
    for number, folder in samples_by_folder(catalog) if codes else ():
        if (code := codes.get(folder)) is not None:
            numbers.append(number)
            splits.append(code)
    order = np.argsort(np.array(numbers, np.int64))
    return PredefinedSplits(np.array(numbers, np.int64)[order], np.array(splits, np.int8)[order])


def unused_split_note(predefined: PredefinedSplits) -> str:
    """Return a note that a predefined split exists but is not used."""
    return (
        f"the predefined split is not used: {split_counts_text(predefined)}; "
        "to use it, run `moue split --predefined`"
    )


def split_counts_text(predefined: PredefinedSplits) -> str:
    """Return a text such as `train (80 pictures), test (20 pictures)`."""
    counts = np.bincount(predefined.splits, minlength=len(SPLITS)).tolist()
    pairs = zip(SPLITS, counts, strict=True)
    return ", ".join(f"{split} ({count:,} pictures)" for split, count in pairs if count)


def require_split_folders(predefined: PredefinedSplits) -> None:
    """Check that a folder is named after a split.

    Raises:
        SplitError: No folder is named after a split, and no data set has one.
    """
    if not predefined:
        raise SplitError(
            "--predefined needs folders named train, val or test (or training, valid, validation, "
            "dev, testing) above the collected pictures; omit it, or give --no-predefined if an "
            "earlier command saved the setting"
        )


def _split_of(levels: tuple[str, ...], labels: LabelSet) -> str | None:
    """Return the split of the outermost split folder; None if there is no split folder."""
    for name in levels:
        if labels.find(name) is None and (split := split_of_folder(name)):
            return split
    return None
