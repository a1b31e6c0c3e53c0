"""Reading back what a person sorted by hand in a file manager; see `sorting`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from moue.dataset.label import LabelUpdate, label_counts, set_labels
from moue.dataset.label_folders_record import RECORD, Crop, Placed, Record, find_crops
from moue.errors import DataError
from moue.progress import Summary
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import DEFAULT, DROPPED, MAYBE, UNSORTED, LabelSet
from moue.workspace.owned_files import wrote
from moue.workspace.queries import mouth_names
from moue.workspace.stages import set_mouth_dropped
from moue.workspace.types import PERSON, Mouth

_NAMED = 3
"""How many crops a sentence names."""


def read_label_folders(catalog: Catalog, folder: Path, labels: LabelSet = DEFAULT) -> Summary:
    """Read the labels back; a moved crop has a person's label, an unmoved one changes nothing.

    Moved into `dropped/`, a crop is set aside; out of it, it is restored; into `unsorted/`, it
    loses its label. What lies deeper, or is there no longer, changes nothing and is said.

    Returns:
        A summary with the table `folders`: folder, label, crops.

    Raises:
        DataError: no such folder, a folder whose name is no label, or a crop in two folders.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; moue label --to-folders makes it")
    record = Record.load(folder)
    record.prune(mouth_names(catalog))
    found = list(find_crops(catalog, folder, record))
    places = {name: _meaning(folder, name, labels) for name in {c.place for c in found} - {""}}
    lying = _lying(found, places)
    record.settle({crop.mouth for crop in found})
    said: list[LabelUpdate] = []
    changed = 0
    with catalog.transaction():
        for mouth in catalog.mouths():
            crop = lying.get(mouth.name)
            if crop is None or not _moved(mouth, places[crop.place], record):
                continue
            place, where = places[crop.place], f"sorted into {folder}/{crop.place}"
            if place == DROPPED:
                changed += set_mouth_dropped(catalog, mouth, "by_hand", where)
                continue
            if mouth.dropped == "by_hand":
                changed += set_mouth_dropped(catalog, mouth, None, where)
            said.append(LabelUpdate(mouth, None if _says_nothing(place) else place, PERSON, where))
        changed += set_labels(catalog, said)
    notes = list(_notes(folder, found, record))
    record.crops |= {n: Placed(places[c.place], c.path.name) for n, c in lying.items()}
    if wrote(catalog, folder / RECORD) or not os.path.lexists(folder / RECORD):
        record.save(catalog, folder)
    else:
        notes.append(f"{folder / RECORD}: was not written by this workspace, and stays as it is")
    rows = _table(found, places)
    return Summary(
        stage="label",
        done=changed,
        counts=label_counts(catalog, labels),
        notes=notes,
        tables={"folders": rows} if rows else {},
    )


def _meaning(folder: Path, name: str, labels: LabelSet) -> str:
    """Return the label, `unsorted`, `dropped` or `maybe-…` that a folder's name means."""
    place = name if name == DROPPED or _says_nothing(name) else labels.find(name)
    if place is None:
        near = labels.suggest(name)
        hint = f" (did you mean {near}?)" if near else ""
        raise DataError(
            f"{folder / name}: {name!r} is no label{hint}; "
            f"use {', '.join((*labels.names, UNSORTED, DROPPED))}"
        )
    return place


def _lying(found: Sequence[Crop], places: Mapping[str, str]) -> dict[str, Crop]:
    """Return the crop of each mouth that lies directly in one of the folders."""
    lying: dict[str, Crop] = {}
    for crop in sorted(found, key=lambda crop: crop.renamed):
        if not crop.mouth or not crop.place:
            continue
        other = lying.setdefault(crop.mouth, crop)
        if places[other.place] != places[crop.place]:
            raise DataError(
                f"{crop.path.name}: lies in {crop.place}, and "
                f"{other.path.name} in {other.place}; keep one"
            )
    return lying


def _moved(mouth: Mouth, place: str, record: Record) -> bool:
    """Whether a crop lies elsewhere than it was put."""
    before = record.crops.get(mouth.name)
    if before is not None:
        return place != before.place
    if place.startswith(MAYBE):
        return False
    return place != (mouth.label or UNSORTED)


def _notes(folder: Path, found: Sequence[Crop], record: Record) -> Iterator[str]:
    there = {crop.mouth for crop in found}
    gone = [placed for name, placed in record.crops.items() if name not in there]
    if gone:
        yield (
            f"{len(gone):,} crops are no longer in {folder}: "
            f"{_few([f'{one.place}/{one.file}' for one in gone])}; their labels stay as they "
            f"were. Move into {DROPPED}/ what is to go"
        )
    strange = [str(crop.path.relative_to(folder)) for crop in found if not crop.mouth]
    if strange:
        yield f"{len(strange)} files in {folder} are no crops of this workspace: {_few(strange)}"
    astray = [str(c.path.relative_to(folder)) for c in found if c.mouth and not c.place]
    if astray:
        yield (
            f"{len(astray):,} crops lie deeper or beside the folders and were not read: "
            f"{_few(astray)}; put them directly into the folder of a label"
        )
    renamed = [str(c.path.relative_to(folder)) for c in found if c.renamed and c.place]
    if renamed:
        yield f"{len(renamed):,} crops have another file name and were read: {_few(renamed)}"


def _table(found: Sequence[Crop], places: Mapping[str, str]) -> list[dict[str, object]]:
    counts = Counter(crop.place for crop in found if crop.mouth and crop.place)
    meaning = {DROPPED: "set aside"}
    return [
        {
            "folder": name,
            "label": "no label" if _says_nothing(places[name]) else meaning.get(name, places[name]),
            "crops": count,
        }
        for name, count in sorted(counts.items())
    ]


def _says_nothing(place: str) -> bool:
    return place == UNSORTED or place.startswith(MAYBE)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
