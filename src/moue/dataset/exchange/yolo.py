"""The format `yolo`: pictures, one text file of boxes per picture, and `data.yaml`.

A line is the number of the label, and center, width and height of the mouth box as fractions of
the picture. The file `moue.jsonl` has all other values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from moue.dataset.class_folders import split_of_folder
from moue.dataset.exchange.boxes import mouth_boxes, with_annotations
from moue.dataset.exchange.picture_files import picture_size, write_picture
from moue.dataset.exchange.record import Annotation, Record
from moue.dataset.exchange.side_file import SideFile, SideWriter, damaged_record, side_file
from moue.errors import DataError
from moue.file_walker import find
from moue.files import write_text
from moue.media.image import is_picture_file

_SETTINGS = "data.yaml"
_ITEM = re.compile(r"\s*(?:-(?!\d)|(\d{1,6})\s*:)\s*(.*?)\s*")


class Yolo:
    """Writes the format `yolo`."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        self._folder = folder
        self._labels = labels
        self._side = SideWriter(folder)
        self._places: set[str] = set()

    def add(self, record: Record) -> None:
        """Write one picture."""
        place = record.place
        self._places.add(place)
        path, width, height = write_picture(record, self._folder / "images" / place)
        lines = []
        for mouth, (x0, y0, x1, y1) in mouth_boxes(record, width, height):
            if mouth["label"]:
                number = self._labels.index(mouth["label"])
                center = (x0 + x1) / 2 / width, (y0 + y1) / 2 / height
                size = (x1 - x0) / width, (y1 - y0) / height
                lines.append(" ".join([str(number), *(f"{v:.6f}" for v in (*center, *size))]))
        target = self._folder / "labels" / place / f"{path.stem}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self._side.add(record, size=[width, height])

    def close(self) -> None:
        """Complete the files."""
        self._side.close()
        places = [f"{place}: images/{place}\n" for place in sorted(self._places)]
        names = [f"  {n}: {json.dumps(name, ensure_ascii=False)}\n" for n, name in
                 enumerate(self._labels)]  # fmt: skip
        write_text(self._folder / _SETTINGS, "path: .\n" + "".join([*places, "names:\n", *names]))

    def abandon(self, error: BaseException) -> None:
        """Remove the incomplete file."""
        self._side.abandon(error)


def read_yolo(source: Path) -> Iterator[Record]:
    """Yield the records of a folder with `data.yaml`, or of the folder of such a file.

    Raises:
        DataError: `data.yaml` is missing, or a file is damaged.
    """
    root = source if source.is_dir() else source.parent
    settings = source if source.is_file() else root / _SETTINGS
    names = _names(settings)
    with side_file(root) as side:
        for path in find([root]).paths():
            # Labels are beside the pictures, in `labels` instead of `images`.
            if "labels" not in path.relative_to(root).parts and is_picture_file(path):
                try:
                    yield _record(root, path, names, side)
                except (ValueError, TypeError, KeyError, IndexError) as error:
                    raise damaged_record(path, error) from error


def _record(root: Path, path: Path, names: Sequence[str], side: SideFile | None) -> Record:
    where = path.relative_to(root)
    common: dict[str, Any] = {
        "form": "picture", "read": path.read_bytes, "suffix": path.suffix, "where": str(where)
    }  # fmt: skip
    row = None if side is None else side.find(path.stem)
    width, height = picture_size(path.read_bytes(), str(path)) if row is None else row["size"]
    found = list(_annotations(root, where, names, width, height))
    splits = [split for name in where.parts[:-1] if (split := split_of_folder(name))]
    if row is None:
        return Record(
            picture={}, annotations=found, split=splits[0] if splits else None, **common
        )  # fmt: skip
    record = Record(picture=row["picture"], mouths=row["mouths"], **common)
    return with_annotations(record, found, width, height)


def _annotations(
    root: Path, where: Path, names: Sequence[str], width: int, height: int
) -> Iterator[Annotation]:
    parts = ["labels" if part == "images" else part for part in where.parts[:-1]]
    file = root.joinpath(*parts) / f"{where.stem}.txt"
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").split("\n")):
        if not line.strip():
            continue
        try:
            label, *numbers = line.split()
            box = _box(list(map(float, numbers)), width, height)
            if int(label) < 0:
                raise IndexError
            name = names[int(label)]
        except (ValueError, IndexError) as error:
            raise DataError(f"{file}:{number + 1}: the line {line!r:.60} is damaged") from error
        yield Annotation(label=name, box=box)


def _box(values: list[float], width: int, height: int) -> tuple[float, float, float, float]:
    """Return the box of a line in pixels: of a box, perhaps with its score, or of an outline."""
    if len(values) > 6 and len(values) % 2 == 0:  # the points of an outline
        xs, ys = values[::2], values[1::2]
        return min(xs) * width, min(ys) * height, max(xs) * width, max(ys) * height
    x, y, w, h, *score = values
    if len(score) > 1:
        raise ValueError("the line has too many numbers")
    return (
        (x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height
    )  # fmt: skip


def _names(settings: Path) -> list[str]:
    """Return the labels that `data.yaml` lists under `names`, in the order of their numbers.

    Raises:
        DataError: the file is missing, or lists no names.
    """
    if not settings.is_file():
        raise DataError(f"{settings}: the file is missing, but it lists the names of the labels")
    text = settings.read_text(encoding="utf-8", errors="replace")
    listed = re.search(r"^names:[ \t]*(.*)\n?((?:[ \t]+.*\n?|-.*\n?)*)", text, re.MULTILINE)
    names: dict[int, str] = {}
    if listed is not None and listed[1].startswith("["):
        block = listed[1] + listed[2]
        items = block[1 : block.find("]")].split(",")
        names = {n: _text(item) for n, item in enumerate(items)}
    elif listed is not None:
        for line in listed[2].splitlines():
            item = _ITEM.fullmatch(line)
            if item is not None:
                names[int(item[1]) if item[1] else len(names)] = _text(item[2])
    if sorted(names) != list(range(len(names))) or not names:
        raise DataError(f"{settings}: the list `names` of the labels is missing or incomplete")
    return [names[number] for number in range(len(names))]


def _text(item: str) -> str:
    """Return a YAML scalar as text."""
    item = item.strip()
    if item.startswith('"'):
        try:
            return str(json.loads(item))
        except ValueError:
            return item.strip('"')
    return item.strip("'")
