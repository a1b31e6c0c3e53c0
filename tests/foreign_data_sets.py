"""Data sets of other programs, and their collection."""

from __future__ import annotations

import json

from drawing import drawn, save
from moue.config import Config
from moue.dataset.collect.collect_files import CollectSettings, collect


def collect_as(context, form, *paths, kind="photo"):
    from dataclasses import replace

    config = Config.of(CollectSettings(dataset=form, kind=kind))
    return collect(replace(context, config=config), paths)


def coco(folder, image=(), **annotation):
    save(folder / "a.png", drawn(1, 80, 96))
    images = [{"id": 1, "file_name": "a.png", "width": 96, "height": 80} | dict(image)]
    boxes = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9]} | annotation]
    data = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "smile"}]}
    (folder / "boxes.json").write_text(json.dumps(data))
    return folder


def yolo(folder, line, names="[none, pout, smile, open]"):
    save(folder / "images" / "a.png", drawn(1, 80, 96))
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text(line)
    (folder / "data.yaml").write_text(f"names: {names}\n")
    return folder
