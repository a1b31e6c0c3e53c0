"""Labelling by hand in a file manager: crops into folders, moved about, read back.

The folders hold copies, so nothing that happens there can lose a picture.
"""

from __future__ import annotations

from pathlib import Path

from moue.catalog import Catalog
from moue.dataset.label import Said, label_counts, label_of, say
from moue.errors import DataError
from moue.files import write_bytes
from moue.progress import Progress, Summary
from moue.sample import LABELS, PERSON, Mouth
from moue.stage import set_mouth_dropped
from moue.workspace import Workspace

UNSORTED = "unsorted"
DROPPED = "dropped"


def to_folders(workspace: Workspace, catalog: Catalog, folder: Path, progress: Progress) -> Summary:
    """Copy every mouth crop in use into `folder/<label>/`, or `unsorted/` without a label.

    Raises:
        DataError: the folder has crops in it already.
    """
    if any(folder.glob("*/*_mouth.png")):
        raise DataError(f"{folder}: holds crops already; read them back first, or name another")
    for name in (*LABELS, UNSORTED, DROPPED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    done = 0
    for mouth in progress.track(list(catalog.mouths_in_use()), "to folders", None):
        source = workspace.mouth(mouth.name)
        write_bytes(folder / (mouth.label or UNSORTED) / source.name, source.read_bytes())
        done += 1
    note = (
        f"move the crops between the folders in {folder}, into dropped/ what is no mouth; "
        "then: moue label --from-folders"
    )
    return Summary(stage="label", done=done, counts=label_counts(catalog), notes=[note])


def from_folders(catalog: Catalog, folder: Path) -> Summary:
    """Read the labels back; a moved crop is a person's word, an unmoved one changes nothing.

    Raises:
        DataError: no such folder, a folder whose name is no label, or a crop in two folders.
    """
    places = _places(folder)
    said: list[Said] = []
    changed = 0
    with catalog.transaction():
        for mouth in catalog.mouths():
            place = places.pop(mouth.name, None)
            if place == DROPPED:
                changed += set_mouth_dropped(catalog, mouth, "by_hand", f"{folder}/{DROPPED}")
            elif place not in (None, UNSORTED, mouth.label):
                said.append(_said(mouth, str(place), folder))
    notes = [f"{len(places)} files in {folder} are no crops of this workspace"] if places else []
    changed += say(catalog, said)
    return Summary(stage="label", done=changed, counts=label_counts(catalog), notes=notes)


def _said(mouth: Mouth, label: str, folder: Path) -> Said:
    return Said(mouth, label, PERSON, f"sorted into {folder}/{label}")


def _places(folder: Path) -> dict[str, str]:
    """Return where each crop lies now: label, `unsorted` or `dropped`, by mouth name."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; moue label --to-folders makes it")
    places: dict[str, str] = {}
    for path in sorted(folder.glob("*/*_mouth.png")):
        name = path.parent.name
        label = name if name in (UNSORTED, DROPPED) else label_of(name)
        if label is None:
            raise DataError(
                f"{path.parent}: {name!r} is no label; "
                f"use {', '.join((*LABELS, UNSORTED, DROPPED))}"
            )
        mouth = path.stem.removesuffix("_mouth")
        if mouth in places:
            raise DataError(f"{path.name}: lies in {places[mouth]} and in {label}; keep one")
        places[mouth] = label
    return places
