"""Read label folders: a crop that the user moved gets the label of its new folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from moue.dataset.label import LabelUpdate, label_counts, set_labels
from moue.dataset.label_folders_record import (
    RECORD,
    CropPlace,
    FoundCrop,
    LabelFoldersRecord,
    find_crops,
)
from moue.errors import DataError
from moue.progress import Summary
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import DEFAULT, DROPPED, MAYBE, UNSORTED, LabelSet
from moue.workspace.owned_files import wrote
from moue.workspace.queries import mouth_names
from moue.workspace.stages import set_mouth_dropped
from moue.workspace.types import USER, Mouth

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
    record = LabelFoldersRecord.load(root)
    record.prune(mouth_names(catalog))
    found = list(find_crops(catalog, root, record))
    meanings = {name: _meaning(root, name, labels) for name in {c.folder for c in found} - {""}}
    crops = _crop_by_mouth(found, meanings)
    record.settle({crop.mouth for crop in found})
    updates: list[LabelUpdate] = []
    changed = 0
    with catalog.transaction():
        for mouth in catalog.mouths():
            crop = crops.get(mouth.name)
            if crop is None or not _was_moved(mouth, meanings[crop.folder], record):
                continue
            meaning, why = meanings[crop.folder], f"sorted into {root}/{crop.folder}"
            if meaning == DROPPED:
                changed += set_mouth_dropped(catalog, mouth, "by_hand", why)
                continue
            if mouth.dropped == "by_hand":
                changed += set_mouth_dropped(catalog, mouth, None, why)
            label = None if _is_no_label(meaning) else meaning
            updates.append(LabelUpdate(mouth, label, USER, why))
        changed += set_labels(catalog, updates)
    notes = list(_notes(root, found, record))
    record.crops |= {n: CropPlace(meanings[c.folder], c.path.name) for n, c in crops.items()}
    if wrote(catalog, root / RECORD) or not os.path.lexists(root / RECORD):
        record.save(catalog, root)
    else:
        notes.append(f"{root / RECORD} was not updated, because this workspace did not write it")
    rows = _table(found, meanings)
    return Summary(
        stage="label",
        done=changed,
        counts=label_counts(catalog, labels),
        notes=notes,
        tables={"folders": rows} if rows else {},
    )


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


def _crop_by_mouth(found: Sequence[FoundCrop], meanings: Mapping[str, str]) -> dict[str, FoundCrop]:
    """Return every crop directly in a label folder, by mouth name.

    Raises:
        DataError: Copies of one crop are in folders for different labels.
    """
    crops: dict[str, FoundCrop] = {}
    for crop in sorted(found, key=lambda crop: crop.renamed):
        if not crop.mouth or not crop.folder:
            continue
        other = crops.setdefault(crop.mouth, crop)
        if meanings[other.folder] != meanings[crop.folder]:
            raise DataError(
                f"{crop.path.name} is in {crop.folder}, and its copy {other.path.name} is in "
                f"{other.folder}; keep one of the two files"
            )
    return crops


def _was_moved(mouth: Mouth, meaning: str, record: LabelFoldersRecord) -> bool:
    """Return True if a crop is in another label folder than the recorded one."""
    before = record.crops.get(mouth.name)
    if before is not None:
        return meaning != before.folder
    if meaning.startswith(MAYBE):
        return False
    return meaning != (mouth.label or UNSORTED)


def _notes(root: Path, found: Sequence[FoundCrop], record: LabelFoldersRecord) -> Iterator[str]:
    present = {crop.mouth for crop in found}
    missing = [f"{p.folder}/{p.file}" for name, p in record.crops.items() if name not in present]
    if missing:
        yield (
            f"{len(missing):,} crops are missing from {root}: {first_names(missing, 3)}; their "
            f"labels are unchanged; to drop a crop, move it into {DROPPED}/"
        )
    foreign = [str(crop.path.relative_to(root)) for crop in found if not crop.mouth]
    if foreign:
        names = first_names(foreign, 3)
        yield f"{len(foreign)} files in {root} are not crops of this workspace: {names}"
    misplaced = [str(c.path.relative_to(root)) for c in found if c.mouth and not c.folder]
    if misplaced:
        yield (
            f"{len(misplaced):,} crops are not directly in a label folder and were not read: "
            f"{first_names(misplaced, 3)}; move them into label folders"
        )
    renamed = [str(c.path.relative_to(root)) for c in found if c.renamed and c.folder]
    if renamed:
        names = first_names(renamed, 3)
        yield f"{len(renamed):,} renamed crops were recognised: {names}"


def _table(found: Sequence[FoundCrop], meanings: Mapping[str, str]) -> list[dict[str, object]]:
    counts = Counter(crop.folder for crop in found if crop.mouth and crop.folder)
    labels = {
        name: "no label" if _is_no_label(meaning) else meaning for name, meaning in meanings.items()
    }
    return [
        {"folder": name, "label": "dropped" if name == DROPPED else labels[name], "crops": count}
        for name, count in sorted(counts.items())
    ]
