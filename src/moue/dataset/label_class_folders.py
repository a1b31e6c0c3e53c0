"""Label mouths by class folders, the collected folders that are named after labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from moue.dataset.class_folders import ClassFolders, folder_notes, folder_rows
from moue.dataset.label import FirstNotes, LabelUpdate, apply_labels
from moue.dataset.label_datasets import dataset_updates
from moue.progress import Summary
from moue.text import is_http_url
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.duplicate_columns import sources_of_dropped
from moue.workspace.imports import SCHEME
from moue.workspace.label_set import DEFAULT, LabelSet

__all__ = ["label_from_class_folders"]


def label_from_class_folders(catalog: Catalog, labels: LabelSet = DEFAULT) -> Summary:
    """Label the mouth of the main face of each picture by its nearest class folder.

    Other faces get no label, because the folder name may not describe them. Pictures from URLs get
    no label. A mouth gets no label if exact duplicates of its picture are in folders for different
    labels. A label from a class folder is removed if no folder means that label any more.

    Returns:
        Summary with the table `folders`: folder, label and number of pictures, including
        duplicates and dropped pictures.
    """
    folders = ClassFolders(catalog, labels)
    notes = FirstNotes("duplicates in other folders")
    of_datasets: list[str] = []
    updates = chain(_updates(catalog, folders, notes), dataset_updates(catalog, of_datasets))
    summary = apply_labels(catalog, updates, [], labels)
    counts = folders.counts()
    summary.notes[:0] = [*notes.notes(), *of_datasets, *folder_notes(counts, labels)]
    if rows := folder_rows(counts, labels):
        summary.tables["folders"] = rows
    return summary


def _updates(catalog: Catalog, folders: ClassFolders, notes: FirstNotes) -> Iterator[LabelUpdate]:
    duplicates = _Merged(sources_of_dropped(catalog, "duplicate"))
    near_duplicates = _Merged(sources_of_dropped(catalog, "near_duplicate"))
    for mouth, number, source in queries.main_mouths_in_use(catalog):
        same = duplicates.of(number)
        sources = [one for one in (source, *same) if not is_http_url(one)]
        found = {label for label in (folders.of(s).label for s in sources) if label}
        near = [folders.of(one).label for one in near_duplicates.of(number)]
        if len(found) == 1:
            label = found.pop()
            if others := sorted({other for other in near if other} - {label}):
                notes.add(
                    f"{source} ({label}): a near-duplicate is in a folder for "
                    f"{' and '.join(others)}"
                )
            if (mouth.label, mouth.label_by) != (label, "folder"):
                yield LabelUpdate(mouth, label, "folder", f"folder of {source}")
        elif found:
            folders_for = " and ".join(sorted(found))
            why = f"{source} gets no label: its duplicates are in folders for {folders_for}"
            notes.add(why)
            yield LabelUpdate(mouth, None, "folder", why)
        elif mouth.label_by == "folder" and not source.startswith(SCHEME):
            why = f"no folder of {source} means a label"
            yield LabelUpdate(mouth, None, "folder", why)


class _Merged:
    """Values of rising row numbers, read along with another list of rising row numbers.

    Args:
        pairs: (row number, value) pairs, sorted by row number.
    """

    def __init__(self, pairs: Iterator[tuple[int, str]]) -> None:
        self._pairs = pairs
        self._next = next(pairs, None)

    def of(self, number: int) -> list[str]:
        """Return the values of a row number, which must not be lower than the last one."""
        found = []
        while self._next is not None and self._next[0] <= number:
            if self._next[0] == number:
                found.append(self._next[1])
            self._next = next(self._pairs, None)
        return found
