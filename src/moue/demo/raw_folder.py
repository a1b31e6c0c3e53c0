"""Create a realistic raw folder from the bundled pictures, for `moue demo`."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from moue.demo import junk
from moue.demo.picture_formats import DISGUISES, save
from moue.errors import FileTaken, MissingExtra
from moue.files import is_part, part_beside, write_text
from moue.media.image import read_image

PACKAGE, TABLE = "moue_demo_pictures", "pictures.csv"
"""Python package of the pictures, for installations from a wheel; file that lists them."""


def _pictures() -> Path:
    """Return the folder of the pictures: in the source tree, else in the package of the extra."""
    folder = Path(__file__).parent / "pictures"
    if (folder / TABLE).is_file():
        return folder
    package = importlib.util.find_spec(PACKAGE)
    found = package.submodule_search_locations if package else None
    return Path(found[0]) if found else folder


PICTURES = _pictures()
_NUMBERS = {"none": "0", "pout": "1", "smile": "2", "open": "3"}
_FOLDERS = ("sorted/{label}", "numbered/{number}", "sorted/{label}", "mixed")
"""Folders of successive pictures; three of four are named after the label or its number."""
_UNCHANGED_EVERY = 3
"""Every third picture is copied unchanged; the others are converted by successive `DISGUISES`."""
_UNICODE_NAME_EVERY = 9
_NEAR_DUPLICATE_EVERY = 23


@dataclass(frozen=True, slots=True)
class DemoPicture:
    """One bundled example picture.

    Attributes:
        path: path of the file.
        label: label of the mouth.
        person: name of the subject, who is a generated person.
        origin: kind of generator of the picture, `3d` or `gan`.
    """

    path: Path
    label: str
    person: str
    origin: str


def demo_pictures() -> Iterator[DemoPicture]:
    """Yield the bundled pictures in the order of `pictures.csv`.

    Raises:
        MissingExtra: the package of the pictures is not installed.
    """
    if not (PICTURES / TABLE).is_file():
        raise MissingExtra("the set of demo pictures", "demo")
    with (PICTURES / TABLE).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield DemoPicture(PICTURES / row["file"], row["label"], row["person"], row["origin"])


def make_raw_folder(folder: Path, count: int | None = None) -> Path:
    """Create a folder with the bundled pictures in many formats, and with junk files.

    Every third picture is copied; the others are converted to PNG, WebP, BMP, GIF, TIFF, 16-bit
    PNG, CMYK JPEG and other formats. Labels are in the names of the folders, or in `labels.csv`
    together with person and origin. A complete folder stays unchanged. A new folder is renamed from
    a temporary name at the end, so that an interrupted call leaves no incomplete folder.

    Args:
        folder: folder to create; it may exist and be empty.
        count: number of pictures to use; None to use all pictures.

    Returns:
        `folder`.

    Raises:
        FileTaken: the folder contains other files.
    """
    if (folder / "labels.csv").exists():
        return folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileTaken(f"{folder} contains other files; choose another folder")
    _remove_unfinished(folder.parent)
    part = part_beside(folder)
    try:
        _fill(part, count)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _remove_unfinished(folder: Path) -> None:
    """Remove the temporary folders of interrupted calls from a folder."""
    if folder.is_dir():
        for path in folder.iterdir():
            if is_part(path.name) and path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


def _fill(folder: Path, count: int | None) -> None:
    rows = ["file,label,person,origin"]
    pictures = list(demo_pictures())[:count]
    folders, disguises = cycle(_FOLDERS), cycle(DISGUISES)
    for index, picture in enumerate(pictures):
        if index and index % len(_FOLDERS) == 0:
            next(folders)  # the pictures have a fixed order of labels: shift the folders
        place = next(folders).format(label=picture.label, number=_NUMBERS[picture.label])
        stem = f"照片_{index:03d}" if index % _UNICODE_NAME_EVERY == 4 else picture.path.stem
        target = folder / place / stem
        target.parent.mkdir(parents=True, exist_ok=True)
        if index % _UNCHANGED_EVERY == 0:
            written = target.with_name(f"{stem}.jpg")
            shutil.copyfile(picture.path, written)
        else:
            written = next(disguises)(read_image(picture.path), target)
        if index % _NEAR_DUPLICATE_EVERY == 7:
            save(read_image(picture.path), target.with_name(f"{stem}-copy"), quality=70)
            rows.append(_row(written.with_name(f"{stem}-copy.jpg"), folder, picture))
        rows.append(_row(written, folder, picture))
    junk.add_junk_files(folder, [picture.path for picture in pictures])
    write_text(folder / "labels.csv", "\n".join(rows) + "\n")


def _row(path: Path, folder: Path, picture: DemoPicture) -> str:
    label = picture.label if path.parent.name == "mixed" else ""
    return f"{path.relative_to(folder).as_posix()},{label},{picture.person},{picture.origin}"
