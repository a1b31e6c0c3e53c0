"""Record of the place of each crop in the label folders, and a search for the crop files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from moue.errors import DataError
from moue.text import to_json
from moue.workspace.catalog import Catalog, batched
from moue.workspace.owned_files import put_pieces
from moue.workspace.queries import known_mouths
from moue.workspace.sorted_crops import CropPlace, FoundCrop, SortedCrops, State, sorted_crops

RECORD = ".moue.jsonl"
_KIND = "crops sorted by hand"
_PAGE = 500
"""Number of crops that are processed at a time."""
_NAME = re.compile(r"(?P<number>[0-9]{4,}-)?(?P<mouth>.+)_mouth(?P<copy>.*)\.png", re.IGNORECASE)


@contextmanager
def open_label_folders(catalog: Catalog, root: Path) -> Iterator[SortedCrops]:
    """Yield the recorded places of the crops, together with the crops found below a folder.

    Places of mouths that no longer exist are left out. A pending crop that was found
    counts as copied.

    Raises:
        DataError: The record is damaged or was not written by moue.
    """
    with sorted_crops() as crops:
        for page in batched(_read(root / RECORD), _PAGE):
            known = known_mouths(catalog, [place.mouth for place in page])
            crops.put(place for place in page if place.mouth in known)
        for found in _find(catalog, root, crops):
            crops.add_found(found)
        crops.settle(found_only=True)
        yield crops


def save_record(catalog: Catalog, root: Path, crops: SortedCrops) -> None:
    """Write the record: one line with its kind and length, and one line for each crop.

    Raises:
        FileTaken: The record file exists, and this workspace did not write it.
    """

    def lines() -> Iterator[str]:
        count = sum(1 for _ in crops.places(State.COPIED, State.PLANNED))
        yield to_json({"kind": _KIND, "crops": count}) + "\n"
        for p in crops.places(State.COPIED, State.PLANNED):
            pending = ["pending"] if p.state == State.PLANNED else []
            yield to_json([p.mouth, p.folder, p.file, *pending]) + "\n"

    put_pieces(catalog, root / RECORD, lines(), "label", anywhere=True)


def last_number(root: Path, folder: str, crops: SortedCrops) -> int:
    """Return the highest number at the start of a file name in a label folder, or 0."""

    def names() -> Iterator[str]:
        yield from crops.files_in(folder)
        if (root / folder).is_dir():
            with os.scandir(root / folder) as entries:
                yield from (entry.name for entry in entries)

    found = map(_NAME.fullmatch, names())
    return max((int(m["number"][:-1]) for m in found if m and m["number"]), default=0)


def _read(path: Path) -> Iterator[CropPlace]:
    """Yield the places in a record file; none if there is no such file."""
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(file.readline())
            if head["kind"] != _KIND:
                raise ValueError(head["kind"])
            count = 0
            for line in file:
                mouth, folder, name, *pending = json.loads(line)
                if not all(isinstance(text, str) for text in (mouth, folder, name)):
                    raise TypeError(line)
                yield CropPlace(mouth, folder, name, State(bool(pending)))
                count += 1
            if count != head["crops"]:
                raise ValueError(f"{count} crops")
    except (FileNotFoundError, NotADirectoryError):
        return
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{path}: the record of sorted crops is damaged or was not written by moue; move "
            "the file away to start a new record, which ignores earlier moves of crops"
        ) from error


def _find(catalog: Catalog, root: Path, crops: SortedCrops) -> Iterator[list[FoundCrop]]:
    """Yield every crop below the folder `root`, a few hundred of one folder at a time.

    The file name identifies a crop, even with a suffix that a file manager appends, such as `(1)`.
    """
    waiting = [""]
    while waiting:
        here = waiting.pop()
        for names in batched(_files(root, here, waiting), _PAGE):
            matches = [match for name in names if (match := _NAME.fullmatch(name))]
            by_file = crops.mouths_of_files([match[0] for match in matches])
            known = known_mouths(catalog, [one for match in matches for one in _mouths(match)])
            folder = "" if "/" in here else here
            yield [_found(match, here, folder, by_file.get(match[0]), known) for match in matches]


def _files(root: Path, here: str, waiting: list[str]) -> Iterator[str]:
    """Yield the names of the files in a folder, and add the paths of its subfolders to a list."""
    try:
        with os.scandir(root / here) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{here}/{entry.name}" if here else entry.name)
                elif not entry.is_dir():
                    yield entry.name
    except FileNotFoundError:  # there are no sorted crops, or a folder was moved meanwhile
        return


def _found(
    match: re.Match[str], here: str, folder: str, recorded: str | None, known: Set[str]
) -> FoundCrop:
    mouth = recorded or next((name for name in _mouths(match) if name in known), "")
    renamed = bool(mouth) and recorded is None and bool(match["copy"])
    path = f"{here}/{match[0]}" if here else match[0]
    return FoundCrop(mouth, path, folder, match[0], renamed)


def _mouths(match: re.Match[str]) -> tuple[str, str]:
    """Return the names of the mouths that a file name may mean, the most likely first."""
    return (match["number"] or "") + match["mouth"], match["mouth"]
