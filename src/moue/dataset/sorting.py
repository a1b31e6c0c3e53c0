"""Labelling by hand in a file manager: crops into folders, moved about, read back.

The folders hold copies, so nothing that happens there can lose a picture. A hidden file beside
them tells where each crop lay last, by which a moved one is known.
"""

from __future__ import annotations

import json
from pathlib import Path

from moue.catalog import Catalog
from moue.dataset.label import Said, label_counts, say
from moue.errors import DataError
from moue.files import write_bytes, write_json
from moue.labels import DEFAULT, DROPPED, MAYBE, UNSORTED, LabelSet
from moue.origins import weak_labels
from moue.progress import Progress, Summary
from moue.sample import PERSON, Mouth
from moue.stage import set_mouth_dropped
from moue.workspace import Workspace

_LAY = ".moue.json"


def to_folders(
    workspace: Workspace,
    catalog: Catalog,
    folder: Path,
    progress: Progress,
    labels: LabelSet = DEFAULT,
) -> Summary:
    """Copy every mouth crop in use into `folder/<label>/`, or `unsorted/` without a label.

    Where no label stands but the queries that found the picture agree on one, its main mouth
    goes into `maybe-<label>/`, to be moved by who agrees, or the whole folder renamed.

    Raises:
        DataError: the folder has crops in it already.
    """
    if any(folder.glob("*/*_mouth.png")):
        raise DataError(f"{folder}: holds crops already; read them back and remove it")
    for name in (*labels.names, UNSORTED, DROPPED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    places = {mouth.name: _place(catalog, mouth) for mouth in catalog.mouths_in_use()}
    write_json(folder / _LAY, places)
    for name, place in progress.track(list(places.items()), "to folders", len(places)):
        source = workspace.mouth(name)
        write_bytes(folder / place / source.name, source.read_bytes())
    note = (
        f"move the crops between the folders in {folder}, into dropped/ what is no mouth; "
        "then: moue label --from-folders"
    )
    return Summary(
        stage="label", done=len(places), counts=label_counts(catalog, labels), notes=[note]
    )


def from_folders(catalog: Catalog, folder: Path, labels: LabelSet = DEFAULT) -> Summary:
    """Read the labels back; a moved crop is a person's word, an unmoved one changes nothing.

    Moved into `dropped/`, a crop is set aside; out of it, it is restored; into `unsorted/`, it
    loses its label.

    Raises:
        DataError: no such folder, a folder whose name is no label, or a crop in two folders.
    """
    places = _places(folder, labels)
    lay = _lay(folder)
    unknown = set(places)
    said: list[Said] = []
    changed = 0
    with catalog.transaction():
        for mouth in catalog.mouths():
            unknown.discard(mouth.name)
            place = places.get(mouth.name)
            if place is None or place == lay.get(mouth.name, mouth.label or UNSORTED):
                continue
            where = f"sorted into {folder}/{place}"
            if place == DROPPED:
                changed += set_mouth_dropped(catalog, mouth, "by_hand", where)
                continue
            if mouth.dropped == "by_hand":
                changed += set_mouth_dropped(catalog, mouth, None, where)
            said.append(Said(mouth, None if _says_nothing(place) else place, PERSON, where))
        changed += say(catalog, said)
    write_json(folder / _LAY, places)
    notes = [f"{len(unknown)} files in {folder} are no crops of this workspace"] if unknown else []
    return Summary(stage="label", done=changed, counts=label_counts(catalog, labels), notes=notes)


def _place(catalog: Catalog, mouth: Mouth) -> str:
    weak = set() if mouth.label or mouth.face else set(weak_labels(catalog, mouth.sample).values())
    return mouth.label or (MAYBE + weak.pop() if len(weak) == 1 else UNSORTED)


def _says_nothing(place: str) -> bool:
    return place == UNSORTED or place.startswith(MAYBE)


def _lay(folder: Path) -> dict[str, str]:
    """Where each crop lay when this folder was last written or read."""
    try:
        return dict(json.loads((folder / _LAY).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _places(folder: Path, labels: LabelSet) -> dict[str, str]:
    """Return where each crop lies now: label, `unsorted` or `dropped`, by mouth name."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; moue label --to-folders makes it")
    places: dict[str, str] = {}
    for path in sorted(folder.glob("*/*_mouth.png")):
        name = path.parent.name
        label = name if name == DROPPED or _says_nothing(name) else labels.find(name)
        if label is None:
            raise DataError(
                f"{path.parent}: {name!r} is no label; "
                f"use {', '.join((*labels.names, UNSORTED, DROPPED))}"
            )
        mouth = path.stem.removesuffix("_mouth")
        if mouth in places:
            raise DataError(f"{path.name}: lies in {places[mouth]} and in {label}; keep one")
        places[mouth] = label
    return places
