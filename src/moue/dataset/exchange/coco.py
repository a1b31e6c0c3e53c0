"""The format `coco`: one JSON file per split, with the mouth boxes as objects.

The key `moue` of each image has the values that COCO has no place for. `attributes` of an
annotation has the name of its mouth, by which moue recognises it when the file comes back.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from moue.dataset.class_folders import split_of_folder
from moue.dataset.exchange.boxes import mouth_boxes, with_annotations
from moue.dataset.exchange.json_stream import array_items
from moue.dataset.exchange.picture_files import named_file, reader, write_picture
from moue.dataset.exchange.record import Annotation, Record
from moue.errors import DataError
from moue.files import abandon_all, replacing
from moue.text import to_json
from moue.workspace.disk_index import disk_index

_FOLDER = "annotations"
_DAMAGED = (TypeError, KeyError, IndexError, ValueError, AttributeError, OverflowError)
"""Errors of values that are not what the format says."""


class Coco:
    """Writes the format `coco`."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        self._folder = folder
        self._labels = labels
        self._open: dict[str, _SplitFile] = {}
        self._images = self._annotations = 0

    def add(self, record: Record) -> None:
        """Write one picture."""
        place = record.place
        path, width, height = write_picture(record, self._folder / "images" / place)
        if place not in self._open:
            target = self._folder / _FOLDER / f"instances_{place}.json"
            self._open[place] = _SplitFile(target, self._labels)
        self._images += 1
        image = {
            "id": self._images, "file_name": path.name, "width": width, "height": height,
            "moue": record.facts(),
        }  # fmt: skip
        objects = []
        for mouth, (x0, y0, x1, y1) in mouth_boxes(record, width, height):
            if mouth["label"]:
                self._annotations += 1
                box = [round(v, 2) for v in (x0, y0, x1 - x0, y1 - y0)]
                objects.append({
                    "id": self._annotations, "image_id": self._images,
                    "category_id": self._labels.index(mouth["label"]) + 1, "bbox": box,
                    "area": round(box[2] * box[3], 2), "iscrowd": 0, "segmentation": [],
                    "attributes": {"mouth": mouth["name"]},
                })  # fmt: skip
        self._open[place].add(image, objects, record.picture["licence"])

    def close(self) -> None:
        """Complete the files."""
        for file in self._open.values():
            file.close()

    def abandon(self, error: BaseException) -> None:
        """Remove the incomplete files."""
        abandon_all((file.abandon for file in self._open.values()), error)


class _SplitFile:
    """The JSON file of one split; the annotations wait in a temporary file."""

    def __init__(self, path: Path, labels: Sequence[str]) -> None:
        with ExitStack() as stack:
            part = stack.enter_context(replacing(path, overwrite=False))
            self._file = stack.enter_context(part.open("w", encoding="utf-8"))
            waiting = tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent)  # noqa: SIM115
            self._waiting = stack.enter_context(waiting)
            self._stack = stack.pop_all()
        self._licences: dict[str, int] = {}
        self._count = [0, 0]
        categories = [
            {"id": number + 1, "name": name, "supercategory": "mouth"}
            for number, name in enumerate(labels)
        ]
        self._file.write(
            f'{{"info": {to_json({"description": "Mouths exported by moue"})},\n'
            f'"categories": {to_json(categories)},\n"images": [\n'
        )

    def add(self, image: dict[str, Any], objects: list[Any], licence: str | None) -> None:
        if licence:
            number = self._licences.setdefault(licence, len(self._licences) + 1)
            image["license"] = number
        self._write(self._file, 0, image)
        for one in objects:
            self._write(self._waiting, 1, one)

    def close(self) -> None:
        licences = [{"id": n, "name": name, "url": ""} for name, n in self._licences.items()]
        self._file.write('\n],\n"annotations": [\n')
        self._waiting.seek(0)
        shutil.copyfileobj(self._waiting, self._file)
        self._file.write(f'\n],\n"licenses": {to_json(licences)}}}\n')
        self._stack.close()

    def abandon(self, error: BaseException) -> None:
        self._stack.__exit__(type(error), error, error.__traceback__)

    def _write(self, file: Any, kind: int, item: Any) -> None:
        file.write((",\n" if self._count[kind] else "") + to_json(item))
        self._count[kind] += 1


def read_coco(source: Path) -> Iterator[Record]:
    """Yield the records of a COCO file, or of a folder with COCO files.

    Raises:
        DataError: a file is damaged, or the folder has no COCO file.
    """
    if source.is_file():
        files, root = [source], source.parent.parent
        root = root if source.parent.name == _FOLDER else source.parent
    else:
        inner = source / _FOLDER
        files, root = sorted((inner if inner.is_dir() else source).glob("*.json")), source
    if not files:
        raise DataError(f"{source}: no COCO file was found, such as {_FOLDER}/instances_train.json")
    for file in files:
        yield from _read_file(file, root)


def _read_file(file: Path, root: Path) -> Iterator[Record]:
    name = file.stem.rpartition("_")[2].rstrip("0123456789")
    split = split_of_folder(name)
    folders = [
        root / "images" / name, root / name, root / "images", root / file.stem, root, file.parent
    ]  # fmt: skip
    with disk_index() as index:
        try:
            categories = {one["id"]: str(one["name"]) for one in array_items(file, "categories")}
            index.add(_object(one, categories) for one in array_items(file, "annotations"))
            for image in array_items(file, "images"):
                found = [_annotation(text) for text in index.find(str(image["id"]))]
                path = named_file(root, folders, str(image["file_name"]))
                yield _record(image, found, path, split)
        except _DAMAGED as error:
            raise DataError(f"{file}: a value is damaged ({str(error)[:80]})") from error


def _object(one: Mapping[str, Any], categories: Mapping[Any, str]) -> tuple[str, str]:
    """Return the number of the image of an annotation, and the annotation as text."""
    x, y, width, height = (float(value) for value in one["bbox"])
    attributes = one.get("attributes")
    mouth = attributes.get("mouth") if isinstance(attributes, dict) else None
    if one["category_id"] not in categories:
        raise ValueError(f"the category {one['category_id']!r:.40} has no name")
    values = [categories[one["category_id"]], [x, y, x + width, y + height], mouth and str(mouth)]
    return str(one["image_id"]), to_json(values)


def _annotation(text: str) -> Annotation:
    label, (x0, y0, x1, y1), mouth = json.loads(text)
    return Annotation(label=label, box=(x0, y0, x1, y1), mouth=mouth)


def _record(
    image: Mapping[str, Any], found: list[Annotation], path: Path | None, split: str | None
) -> Record:
    name = str(image["file_name"])
    common: dict[str, Any] = {
        "read": reader(path), "suffix": Path(name).suffix, "where": name, "form": "picture"
    }  # fmt: skip
    facts = image.get("moue")
    if facts is None:
        return Record(picture={}, annotations=found, split=split, **common)
    record = Record(picture=facts["picture"], mouths=facts["mouths"], **common)
    return with_annotations(record, found, int(image["width"]), int(image["height"]))
