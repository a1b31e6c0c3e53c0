"""Predefined splits: folders named train, val and test above the pictures, and data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from moue.dataset.class_folders import ClassFolders, split_of_folder
from moue.errors import SplitError
from moue.workspace.catalog import Catalog
from moue.workspace.imports import imported_splits
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.queries import file_sources, sample_sources
from moue.workspace.types import SPLITS

__all__ = ["divide_groups", "predefined_splits", "split_counts_text", "unused_split_note"]


def predefined_splits(
    catalog: Catalog, labels: LabelSet = DEFAULT, *, exported: bool = False
) -> dict[str, str]:
    """Return the predefined split of each sample that has one, by sample name.

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
    levels_of = {source: folders.levels(source) for source in file_sources(catalog)}
    top_splits = {_split_of(levels[:1], labels) for levels in levels_of.values()} - {None}
    first = 0 if len(top_splits) > 1 else 1
    splits = imported_splits(catalog, exported)
    for sample in sample_sources(catalog):
        levels = levels_of.get(sample.source, ())
        split = _split_of(levels[1:], labels) or _split_of(levels[first:1], labels)
        if split:
            splits[sample.name] = split
    return splits


def unused_split_note(predefined: Mapping[str, str]) -> str:
    """Return a note that a predefined split exists but is not used."""
    return (
        f"the predefined split is not used: {split_counts_text(predefined)}; "
        "to use it, run `moue split --predefined`"
    )


def split_counts_text(predefined: Mapping[str, str]) -> str:
    """Return a text such as `train (80 pictures), test (20 pictures)`."""
    counts = Counter(predefined.values())
    return ", ".join(f"{split} ({counts[split]:,} pictures)" for split in SPLITS if counts[split])


def divide_groups(groups: Mapping[str, str], predefined: Mapping[str, str]) -> dict[str, str]:
    """Divide each group by the predefined split; return the new group name by sample name.

    A new group is named after its split and the old group, such as `test/GROUP`. Samples without
    a predefined split belong to train.

    Raises:
        SplitError: No folder is named after a split, and no data set has one.
    """
    if not predefined:
        raise SplitError(
            "--predefined needs folders named train, val or test (or training, valid, validation, "
            "dev, testing) above the collected pictures; omit it, or give --no-predefined if an "
            "earlier command saved the setting"
        )
    return {name: f"{predefined.get(name, 'train')}/{group}" for name, group in groups.items()}


def _split_of(levels: tuple[str, ...], labels: LabelSet) -> str | None:
    """Return the split of the outermost split folder; None if there is no split folder."""
    for name in levels:
        if labels.find(name) is None and (split := split_of_folder(name)):
            return split
    return None
