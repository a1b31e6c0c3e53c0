"""The training and validation sets of `moue train --folds` in a few arrays."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.model.example import Example
from moue.text_array import TextArray
from moue.workspace.catalog import Catalog
from moue.workspace.columns import Codes, Numbers, mouths_by_group, read_mouths
from moue.workspace.workspace import Workspace

_SPLITS = ("train", "val")
"""Splits whose mouths are divided among the folds; the test set is never used."""


@dataclass(frozen=True, slots=True)
class FoldSets:
    """The mouths of the training and validation sets of all folds.

    Each mouth takes the bytes of its name and 18 more.

    Attributes:
        workspace: workspace with the crops.
        names: (M,) names of the mouths.
        codes: (M,) indices of their labels into `labels`.
        labels: labels.
        order: (M,) indices of the mouths in the order of the sets.
        bounds: (F + 1,) fold `i`, from 0, validates on `order[bounds[i] : bounds[i + 1]]` and
            trains on the rest.
    """

    workspace: Workspace
    names: TextArray
    codes: Codes
    labels: tuple[str, ...]
    order: Numbers
    bounds: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def train_set(self, fold: int) -> FoldExamples:
        """Return the training set of a fold; `fold` counts from 0."""
        start, end = self.bounds[fold : fold + 2]
        return FoldExamples(self, (range(start), range(end, len(self.order))))

    def val_set(self, fold: int) -> FoldExamples:
        """Return the validation set of a fold; `fold` counts from 0."""
        return FoldExamples(self, (range(*self.bounds[fold : fold + 2]),))


@dataclass(frozen=True, slots=True)
class FoldExamples:
    """The training or validation set of one fold; examples are created on access.

    Attributes:
        sets: mouths of all folds.
        ranges: ranges of `sets.order` that form the set.
    """

    sets: FoldSets
    ranges: tuple[range, ...]

    def __len__(self) -> int:
        return sum(map(len, self.ranges))

    def __iter__(self) -> Iterator[Example]:
        sets = self.sets
        for places in self.ranges:
            for place in places:
                index = int(sets.order[place])
                name, label = sets.names[index], sets.labels[sets.codes[index]]
                yield Example(name=name, file=sets.workspace.mouth(name), label=label)

    def labels(self) -> set[str]:
        """Return the labels of the examples."""
        parts = [self.sets.codes[self.sets.order[r.start : r.stop]] for r in self.ranges]
        return {self.sets.labels[code] for code in np.unique(np.concatenate(parts)).tolist()}


def load_fold_sets(workspace: Workspace, catalog: Catalog, folds: int) -> FoldSets:
    """Divide the training and validation sets of a workspace into folds of whole groups.

    Args:
        workspace: workspace with the crops, as the processes that train see it.
        catalog: open catalog of the workspace.
        folds: number of folds; 1 uses the split of the workspace.

    Raises:
        DataError: there are no training pictures, or fewer groups than folds.
    """
    groups = _Groups.read(catalog)
    numbers = groups.numbers if folds > 1 else np.sort(groups.numbers)
    names, codes, is_val = TextArray(), array("h"), bytearray()
    places: dict[str, int] = {}
    for mouth in read_mouths(catalog, numbers):
        names.append(mouth.name)
        codes.append(places.setdefault(str(mouth.label), len(places)))
        is_val.append(mouth.split == "val")
    in_val = np.frombuffer(is_val, np.bool_)
    if in_val.all():
        raise DataError("there are no training pictures; label mouths, then run `moue split`")
    if folds > len(groups.starts):
        raise DataError(
            f"--folds {folds}: the training and validation sets have only {len(groups.starts)} "
            "groups of pictures; collect more pictures, or use fewer folds"
        )
    labels = np.array(codes, np.int16)
    if folds == 1:
        order, bounds = np.argsort(in_val, kind="stable"), [len(in_val) - sum(is_val), len(in_val)]
    else:
        order, bounds = _divide(groups, labels, folds)
    return FoldSets(workspace, names, labels, tuple(places), order, tuple(bounds))


def make_folds(groups: Iterable[Codes], folds: int, labels: int) -> npt.NDArray[np.int16]:
    """Divide groups of mouths among folds with similar counts of each label.

    Each group is assigned to the fold with the fewest mouths of its labels, then to the smallest.

    Args:
        groups: labels of the mouths of each group, as indices; G groups, in the order of their
            assignment.
        folds: number of folds, at most 32,767.
        labels: number of labels.

    Returns:
        (G,) fold of each group.
    """
    counts = np.zeros((folds, labels), np.int64)
    found = array("h")
    for codes in groups:
        of_group = np.bincount(codes, minlength=labels)
        fold = np.lexsort((counts.sum(axis=1), counts @ of_group))[0]
        counts[fold] += of_group
        found.append(int(fold))
    return np.array(found, np.int16)


@dataclass(frozen=True, slots=True)
class _Groups:
    """The mouths of the training and validation sets, group by group.

    Attributes:
        numbers: (M,) row numbers of the mouths.
        starts: (G,) index of the first mouth of each group.
        hashes: (G, 2) hash of the name of each group, so that the folds depend only on names and
            labels.
    """

    numbers: Numbers
    starts: Numbers
    hashes: npt.NDArray[np.uint64]

    @classmethod
    def read(cls, catalog: Catalog) -> _Groups:
        numbers, starts, hashes = array("q"), array("q"), bytearray()
        last = None
        for group, number in mouths_by_group(catalog, _SPLITS):
            if group != last:
                starts.append(len(numbers))
                hashes += hashlib.sha256(group.encode(errors="replace")).digest()[:16]
                last = group
            numbers.append(number)
        return cls(
            np.array(numbers, np.int64),
            np.array(starts, np.int64),
            np.frombuffer(hashes, ">u8").astype(np.uint64).reshape(-1, 2),
        )


def _divide(groups: _Groups, labels: Codes, folds: int) -> tuple[Numbers, list[int]]:
    """Return the order of the mouths, and the bounds of the folds in it; see `FoldSets`."""
    starts, hashes = groups.starts, groups.hashes
    sizes = np.diff(starts, append=len(labels))
    # The largest groups first; of two groups whose hashes are equal, the older one.
    ranked = np.lexsort((groups.numbers[starts], hashes[:, 1], hashes[:, 0], -sizes))
    parts = (labels[starts[g] : starts[g] + sizes[g]] for g in ranked)
    fold_of = make_folds(parts, folds, int(labels.max()) + 1)
    place = np.empty_like(ranked)
    place[ranked[np.argsort(fold_of, kind="stable")]] = np.arange(len(ranked))
    order = np.argsort(np.repeat(place, sizes), kind="stable")
    bounds = np.bincount(fold_of, sizes[ranked], folds).cumsum().astype(np.int64)
    return order, [0, *bounds.tolist()]
