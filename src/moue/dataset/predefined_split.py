"""Splits that the user has made already: folders named train, val and test above the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from moue.dataset.class_folders import SPLIT_FOLDERS, ClassFolders
from moue.errors import SplitError
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.queries import file_sources, sample_sources
from moue.workspace.types import SPLITS


def predefined_splits(catalog: Catalog, labels: LabelSet = DEFAULT) -> dict[str, str]:
    """Return the split that the folders of each picture name; pictures without one are left out.

    Below the folder that was collected, the outermost such folder counts. The name of that folder
    itself counts where several were collected, as `moue collect data/train data/test`, so that a
    single folder that happens to be called `test` gives no split. A folder that is named like a
    label of the workspace means the label.
    """
    folders = ClassFolders(catalog, labels)
    places = {source: folders.levels(source) for source in file_sources(catalog)}
    tops = {_split_of(levels[:1], labels) for levels in places.values()} - {None}
    first = 0 if len(tops) > 1 else 1
    found: dict[str, str] = {}
    for sample in sample_sources(catalog):
        levels = places.get(sample.source, ())
        split = _split_of(levels[1:], labels) or _split_of(levels[first:1], labels)
        if split:
            found[sample.name] = split
    return found


def unused_split_note(given: Mapping[str, str]) -> str:
    """Return a sentence on folders that were found and not used."""
    return (
        f"folders for {split_counts_text(given)} were found and not used: the pictures were split "
        "anew; `moue split --given` uses these folders"
    )


def split_counts_text(given: Mapping[str, str]) -> str:
    """Return how many pictures each given split has, for people."""
    counts = Counter(given.values())
    told = [f"{split} ({counts[split]:,} pictures)" for split in SPLITS if counts[split]]
    return ", ".join(told)


def divide_groups(groups: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Divide each group by the given split: `test/` and the group's name for what is in test.

    Raises:
        SplitError: no folder gives a split.
    """
    if not given:
        raise SplitError(
            "the split should be given, but no folder above the collected pictures is named train, "
            "val or test (or training, valid, validation, dev, testing); leave --given out, or set "
            "--no-given where it was kept"
        )
    return {name: f"{given.get(name, 'train')}/{group}" for name, group in groups.items()}


def _split_of(levels: tuple[str, ...], labels: LabelSet) -> str | None:
    """Return the split that the outermost of these folders names."""
    for name in levels:
        if name.lower() in SPLIT_FOLDERS and labels.find(name) is None:
            return SPLIT_FOLDERS[name.lower()]
    return None
