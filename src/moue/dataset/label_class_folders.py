"""Label mouths by class folders, the collected folders that are named after labels."""

from __future__ import annotations

from collections import Counter, defaultdict

from moue.dataset.class_folders import ClassFolders, folder_notes, folder_rows
from moue.dataset.dedupe import kept_for
from moue.dataset.label import LabelUpdate, apply_labels, shortened
from moue.dataset.label_datasets import dataset_updates
from moue.progress import Summary
from moue.text import is_http_url
from moue.workspace import queries
from moue.workspace.catalog import Catalog
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
    counts = Counter(map(folders.of, queries.file_sources(catalog)))
    duplicates = _sources_dropped_for(catalog, "duplicate")
    near_duplicates = _sources_dropped_for(catalog, "near_duplicate")
    updates: list[LabelUpdate] = []
    notes: list[str] = []
    for mouth, sample in queries.main_mouths_in_use(catalog):
        sources = [s for s in (sample.source, *duplicates[sample.name]) if not is_http_url(s)]
        found = {label for label in (folders.of(s).label for s in sources) if label}
        if len(found) == 1:
            label = found.pop()
            updates.append(LabelUpdate(mouth, label, "folder", f"folder of {sample.source}"))
            near = (folders.of(s).label for s in near_duplicates[sample.name])
            if others := sorted({other for other in near if other} - {label}):
                notes.append(
                    f"{sample.source} ({label}): a near-duplicate is in a folder for "
                    f"{' and '.join(others)}"
                )
        elif found:
            folders_for = " and ".join(sorted(found))
            why = f"{sample.source} gets no label: its duplicates are in folders for {folders_for}"
            updates.append(LabelUpdate(mouth, None, "folder", why))
            notes.append(why)
        elif mouth.label_by == "folder" and not sample.source.startswith(SCHEME):
            why = f"no folder of {sample.source} means a label"
            updates.append(LabelUpdate(mouth, None, "folder", why))
    updates += dataset_updates(catalog, notes)
    notes = [*shortened(notes, "duplicates in other folders"), *folder_notes(counts, labels)]
    summary = apply_labels(catalog, updates, notes, labels)
    if rows := folder_rows(counts, labels):
        summary.tables["folders"] = rows
    return summary


def _sources_dropped_for(catalog: Catalog, reason: str) -> defaultdict[str, list[str]]:
    """Return the sources of samples with the drop reason `reason`, by name of the kept sample."""
    sources: defaultdict[str, list[str]] = defaultdict(list)
    for dropped, kept in kept_for(catalog, reason).items():
        sources[kept].append(catalog.sample(dropped).source)
    return sources
