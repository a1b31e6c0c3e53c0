"""Predefined splits: folders named train, val and test above the collected pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from moue.dataset.class_folders import ClassFolders, split_of_folder
from moue.errors import SplitError
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.queries import file_sources, sample_sources
from moue.workspace.types import SPLITS

__all__ = ["divide_groups", "predefined_splits", "split_counts_text", "unused_split_note"]


def predefined_splits(catalog: Catalog, labels: LabelSet = DEFAULT) -> dict[str, str]:
    """Return the split that the folders of each sample name; samples without one are left out.

    The outermost split folder below the collected folder counts. The collected folder itself
    counts only if several were collected, as in `moue collect data/train data/test`; a single
    folder that happens to be called `test` names no split. A folder named like a label of the
    workspace means the label.
    """
    folders = ClassFolders(catalog, labels)
    levels_of = {source: folders.levels(source) for source in file_sources(catalog)}
    top_splits = {_split_of(levels[:1], labels) for levels in levels_of.values()} - {None}
    first = 0 if len(top_splits) > 1 else 1
    splits: dict[str, str] = {}
    for sample in sample_sources(catalog):
        levels = levels_of.get(sample.source, ())
        split = _split_of(levels[1:], labels) or _split_of(levels[first:1], labels)
        if split:
            splits[sample.name] = split
    return splits


def unused_split_note(predefined: Mapping[str, str]) -> str:
    """Return a sentence that says that a predefined split exists and is not used."""
    return (
        f"folders name a split that is not used: {split_counts_text(predefined)}; "
        "`moue split --predefined` uses it"
    )


def split_counts_text(predefined: Mapping[str, str]) -> str:
    """Return how many pictures each predefined split has, as text."""
    counts = Counter(predefined.values())
    return ", ".join(f"{split} ({counts[split]:,} pictures)" for split in SPLITS if counts[split])


def divide_groups(groups: Mapping[str, str], predefined: Mapping[str, str]) -> dict[str, str]:
    """Divide each group by the predefined split: `test/GROUP` for its part in test.

    Raises:
        SplitError: no folder names a split.
    """
    if not predefined:
        raise SplitError(
            "--predefined needs folders named train, val or test (or training, valid, validation, "
            "dev, testing) above the collected pictures; leave it out, or use --no-predefined if "
            "the setting was kept"
        )
    return {name: f"{predefined.get(name, 'train')}/{group}" for name, group in groups.items()}


def _split_of(levels: tuple[str, ...], labels: LabelSet) -> str | None:
    """Return the split that the outermost of these folders names."""
    for name in levels:
        if labels.find(name) is None and (split := split_of_folder(name)):
            return split
    return None
