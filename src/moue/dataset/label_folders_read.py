"""Read label folders: a crop that the user moved gets the label of its new folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from moue.dataset.label import LabelUpdate, label_counts, set_labels
from moue.dataset.label_folders_record import RECORD, open_label_folders, save_record
from moue.errors import DataError
from moue.progress import Summary
from moue.text import first_names
from moue.workspace.catalog import Catalog, batched
from moue.workspace.label_set import DEFAULT, DROPPED, MAYBE, UNSORTED, LabelSet
from moue.workspace.recorded_files import wrote
from moue.workspace.sorted_crops import CropPlace, SortedCrops, State
from moue.workspace.stages import set_mouth_dropped
from moue.workspace.types import USER, Mouth

_PAGE = 500
"""Number of mouths that are processed at a time."""
_NAMED = 3
"""Maximum number of crops that a note lists."""

__all__ = ["read_label_folders"]


def read_label_folders(catalog: Catalog, root: Path, labels: LabelSet = DEFAULT) -> Summary:
    """Set the label of every crop that the user moved to another label folder.

    A crop that was moved into `dropped/` is dropped, a crop moved out of `dropped/` is restored,
    and a crop moved into `unsorted/` loses its label. Missing crops and crops in subfolders change
    nothing; notes list them.

    Args:
        root: Folder that contains the label folders.

    Returns:
        Summary with the table `folders`: folder, label and number of crops.

    Raises:
        DataError: `root` is not a folder, a label folder is not named after a label, or copies of
            one crop are in two label folders.
    """
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; create it with `moue label --to-folders`")
    with open_label_folders(catalog, root) as crops:
        meanings = {name: _meaning(root, name, labels) for name in crops.folders()}
        _check_copies(crops, meanings)
        reading = _Reading(catalog, root, crops, meanings)
        with catalog.transaction():
            changed = set_labels(catalog, reading.updates()) + reading.dropped
        notes = list(_notes(root, crops))
        crops.record_found(meanings)
        if wrote(catalog, root / RECORD) or not os.path.lexists(root / RECORD):
            save_record(catalog, root, crops)
        else:
            notes.append(
                f"{root / RECORD} was not updated, because this workspace did not write it"
            )
        rows = _table(crops, meanings)
    return Summary(
        stage="label",
        done=changed,
        counts=label_counts(catalog, labels),
        notes=notes,
        tables={"folders": rows} if rows else {},
    )


class _Reading:
    """Compares the label folders with the catalog.

    Attributes:
        dropped: Number of mouths that were dropped or restored.
    """

    def __init__(
        self, catalog: Catalog, root: Path, crops: SortedCrops, meanings: Mapping[str, str]
    ) -> None:
        self._catalog, self._root, self._crops, self._meanings = catalog, root, crops, meanings
        self.dropped = 0

    def updates(self) -> Iterator[LabelUpdate]:
        """Yield the label of each moved crop; drop the mouths in `dropped/`, and restore others."""
        for page in batched(self._catalog.mouths(), _PAGE):
            names = [mouth.name for mouth in page]
            folders, places = self._crops.folders_of(names), self._crops.places_of(names)
            for mouth in page:
                folder = folders.get(mouth.name)
                if folder is None:
                    continue
                meaning = self._meanings[folder]
                if _was_moved(mouth, meaning, places.get(mouth.name)):
                    yield from self._update(mouth, meaning, f"sorted into {self._root}/{folder}")

    def _update(self, mouth: Mouth, meaning: str, why: str) -> Iterator[LabelUpdate]:
        if meaning == DROPPED:
            self.dropped += set_mouth_dropped(self._catalog, mouth, "by_hand", why)
            return
        if mouth.dropped == "by_hand":
            self.dropped += set_mouth_dropped(self._catalog, mouth, None, why)
        label = None if _is_no_label(meaning) else meaning
        yield LabelUpdate(mouth, label, USER, why)


def _meaning(root: Path, name: str, labels: LabelSet) -> str:
    """Return the meaning of a folder name: a label, `unsorted`, `dropped` or `maybe-<label>`."""
    meaning = name if name == DROPPED or _is_no_label(name) else labels.find(name)
    if meaning is None:
        near = labels.suggest(name)
        hint = f" (did you mean {near}?)" if near else ""
        raise DataError(
            f"{root / name}: {name!r} is not a label{hint}; rename the folder to one of "
            f"{', '.join((*labels.names, UNSORTED, DROPPED))}"
        )
    return meaning


def _is_no_label(meaning: str) -> bool:
    return meaning == UNSORTED or meaning.startswith(MAYBE)


def _check_copies(crops: SortedCrops, meanings: Mapping[str, str]) -> None:
    """Check that no crop is in folders for different labels.

    Raises:
        DataError: Copies of one crop are in folders for different labels.
    """
    first = ("", "", "")
    for mouth, folder, file in crops.copies():
        if mouth != first[0]:
            first = (mouth, folder, file)
        if meanings[first[1]] != meanings[folder]:
            raise DataError(
                f"{file} is in {folder}, and its copy {first[2]} is in {first[1]}; keep one of the "
                "two files"
            )


def _was_moved(mouth: Mouth, meaning: str, before: CropPlace | None) -> bool:
    """Return True if a crop is in another label folder than the recorded one."""
    if before is not None and before.state == State.COPIED:
        return meaning != before.folder
    if meaning.startswith(MAYBE):
        return False
    return meaning != (mouth.label or UNSORTED)


def _notes(root: Path, crops: SortedCrops) -> Iterator[str]:
    missing, count = crops.noted("missing", _NAMED)
    if missing:
        yield (
            f"{count:,} crops are missing from {root}: {first_names(missing, count=count)}; their "
            f"labels are unchanged; to drop a crop, move it into {DROPPED}/"
        )
    foreign, count = crops.noted("foreign", _NAMED)
    if foreign:
        names = first_names(foreign, count=count)
        yield f"{count} files in {root} are not crops of this workspace: {names}"
    misplaced, count = crops.noted("misplaced", _NAMED)
    if misplaced:
        yield (
            f"{count:,} crops are not directly in a label folder and were not read: "
            f"{first_names(misplaced, count=count)}; move them into label folders"
        )
    renamed, count = crops.noted("renamed", _NAMED)
    if renamed:
        yield f"{count:,} renamed crops were recognised: {first_names(renamed, count=count)}"


def _table(crops: SortedCrops, meanings: Mapping[str, str]) -> list[dict[str, object]]:
    labels = {
        name: "no label" if _is_no_label(meaning) else meaning for name, meaning in meanings.items()
    }
    return [
        {"folder": name, "label": "dropped" if name == DROPPED else labels[name], "crops": count}
        for name, count in crops.counts().items()
    ]
