"""The format `label-studio`: tasks with one rectangle per mouth, for the program Label Studio.

The tasks are in JSON files of 2,000 tasks. The text `moue` of a task has all other values. Label
Studio keeps it, and the identifiers of the rectangles, in the JSON file that it exports.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from moue.dataset.class_folders import split_of_folder
from moue.dataset.exchange.boxes import mouth_boxes, with_annotations
from moue.dataset.exchange.json_stream import array_items
from moue.dataset.exchange.picture_files import named_file, reader, write_picture
from moue.dataset.exchange.record import Annotation, Record
from moue.errors import DataError
from moue.files import write_bytes, write_text
from moue.text import to_json

TASKS = 2000
"""Number of tasks in one file."""
NO_LABEL = "unlabelled"
"""Label of a rectangle whose mouth has no label."""
_COLOURS = ("#6b7280", "#d97706", "#16a34a", "#2563eb", "#db2777", "#7c3aed")
_DAMAGED = (TypeError, KeyError, IndexError, ValueError, AttributeError, OverflowError)
"""Errors of values that are not what the format says."""


class LabelStudio:
    """Writes the format `label-studio`."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        self._folder = folder
        self._labels = labels
        self._tasks: list[str] = []
        self._files = 0

    def add(self, record: Record) -> None:
        """Write one picture and its task."""
        path, width, height = write_picture(record, self._folder / "images")
        regions = [
            _region(str(mouth["name"]), mouth["label"] or NO_LABEL, box, width, height)
            for mouth, box in mouth_boxes(record, width, height)
        ]
        data = {
            "image": f"/data/local-files/?d=images/{quote(path.name)}",
            "name": record.name, "split": record.place, "moue": to_json(record.facts()),
        }  # fmt: skip
        self._tasks.append(to_json({"data": data, "annotations": [{"result": regions}]}))
        if len(self._tasks) >= TASKS:
            self._flush()

    def close(self) -> None:
        """Complete the files."""
        self._flush()
        shown = "".join(
            f'    <Label value="{html.escape(name)}" background="{_COLOURS[n % len(_COLOURS)]}"/>\n'
            for n, name in enumerate([*self._labels, NO_LABEL])
        )
        write_text(
            self._folder / "label_config.xml",
            '<View>\n  <Image name="image" value="$image" zoom="true"/>\n'
            f'  <RectangleLabels name="label" toName="image">\n{shown}  </RectangleLabels>\n'
            "</View>\n",
        )

    def abandon(self, error: BaseException) -> None:
        """Do nothing: every file is complete."""

    def _flush(self) -> None:
        if self._tasks:
            text = "[\n" + ",\n".join(self._tasks) + "\n]\n"
            path = self._folder / f"tasks-{self._files:05}.json"
            write_bytes(path, text.encode("utf-8"), overwrite=False)
            self._files += 1
        self._tasks = []


def read_label_studio(source: Path) -> Iterator[Record]:
    """Yield the records of a JSON file of tasks, or of a folder with such files.

    Raises:
        DataError: a file is damaged, or the folder has no JSON file.
    """
    files = [source] if source.is_file() else sorted(source.glob("*.json"))
    if not files:
        raise DataError(f"{source}: no JSON file with tasks of Label Studio was found")
    for file in files:
        for number, task in enumerate(array_items(file)):
            where = f"{file.name}: task {number}"
            try:
                yield _record(file.parent, task, where)
            except _DAMAGED as error:
                raise DataError(f"{file}: task {number} is damaged ({str(error)[:80]})") from error


def _record(root: Path, task: Mapping[str, Any], where: str) -> Record:
    data = task["data"]
    name = _file_name(str(data.get("image") or data.get("img") or ""))
    # Label Studio puts eight digits before the names of uploaded files.
    folders = [root / "images", root, root / "media" / "upload"]
    path = named_file(root, folders, name) or named_file(root, folders, name.partition("-")[2])
    found, size = _annotations(task)
    common: dict[str, Any] = {
        "form": "picture", "read": reader(path), "suffix": Path(name).suffix, "where": name or where
    }  # fmt: skip
    if data.get("moue") is None:
        split = split_of_folder(str(data.get("split") or ""))
        return Record(picture={}, annotations=found or [], split=split, **common)
    facts = json.loads(data["moue"])
    record = Record(picture=facts["picture"], mouths=facts["mouths"], **common)
    return record if found is None else with_annotations(record, found, *size)


def _annotations(task: Mapping[str, Any]) -> tuple[list[Annotation] | None, tuple[int, int]]:
    """Return the newest annotation of a task, and the size of its picture in pixels.

    The list is None if nobody has annotated the task.
    """
    done = [one for one in task.get("annotations") or [] if not one.get("was_cancelled")]
    if not done:
        return None, (0, 0)
    found, size = [], (0, 0)
    for one in done[-1]["result"]:
        value = one["value"]
        if "rectanglelabels" not in value:
            continue
        width, height = size = int(one["original_width"]), int(one["original_height"])
        x, y = value["x"] * width / 100, value["y"] * height / 100
        box = (x, y, x + value["width"] * width / 100, y + value["height"] * height / 100)
        label = str(value["rectanglelabels"][0])
        found.append(
            Annotation(label=None if label == NO_LABEL else label, box=box, mouth=_mouth(one))
        )
    return found, size


def _mouth(region: Mapping[str, Any]) -> str | None:
    named = region.get("meta", {}).get("text") or [None]
    return str(named[0]) if named[0] is not None else None


def _region(
    name: str, label: str, box: tuple[float, ...], width: int, height: int
) -> dict[str, Any]:
    x0, y0, x1, y1 = box
    return {
        "id": name, "type": "rectanglelabels", "from_name": "label", "to_name": "image",
        "original_width": width, "original_height": height, "image_rotation": 0,
        "meta": {"text": [name]},
        "value": {
            "x": 100 * x0 / width, "y": 100 * y0 / height, "width": 100 * (x1 - x0) / width,
            "height": 100 * (y1 - y0) / height, "rotation": 0, "rectanglelabels": [label],
        },
    }  # fmt: skip


def _file_name(url: str) -> str:
    """Return the name of the file in the address of a picture."""
    parts = urlsplit(url)
    local = parse_qs(parts.query).get("d")
    return PurePosixPath(local[0] if local else unquote(parts.path)).name
