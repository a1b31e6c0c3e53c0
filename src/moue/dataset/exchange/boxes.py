"""Boxes of mouths in formats for detection, and the labels that another program gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moue.dataset.exchange.record import Annotation, Record

Box = tuple[float, float, float, float]
_SAME = 0.5
"""Minimum intersection over union of the boxes of one mouth."""


def mouth_boxes(record: Record, width: int, height: int) -> list[tuple[dict[str, Any], Box]]:
    """Return the mouths in use of a picture, each with its box inside the picture.

    Args:
        record: record of a whole picture.
        width: width of the picture in pixels.
        height: height of the picture in pixels.
    """
    in_use = [mouth for mouth in record.mouths if mouth["dropped"] is None]
    return [(mouth, _box(record.picture, mouth, width, height)) for mouth in in_use]


def with_annotations(
    record: Record, annotations: Sequence[Annotation], width: int, height: int
) -> Record:
    """Return a record that moue exported, with the labels that its annotations have now.

    An annotation belongs to the mouth that it names, else to the mouth whose box it covers. A
    labelled mouth without an annotation has lost its label.

    Args:
        record: record as moue exported it.
        annotations: all annotations of the picture.
        width: width of the picture in pixels.
        height: height of the picture in pixels.
    """
    left = list(annotations)
    changed: dict[str, str | None] = {}
    boxes = mouth_boxes(record, width, height)
    for mouth, box in sorted(boxes, key=lambda pair: pair[0]["label"] is None):
        found = _take(left, str(mouth["name"]), box)
        label = None if found is None else found.label
        if label != mouth["label"]:
            changed[str(mouth["name"])] = label
    return Record(
        form=record.form, read=record.read, suffix=record.suffix, picture=record.picture,
        mouths=record.mouths, annotations=left, changed=changed, split=record.split,
        where=record.where,
    )  # fmt: skip


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def _take(left: list[Annotation], name: str, box: Box) -> Annotation | None:
    """Remove the annotation of a mouth from a list, and return it; None if there is none."""
    named = [one for one in left if one.mouth == name]
    near = [one for one in left if one.mouth is None and one.box is not None]
    near = [one for one in near if one.box and overlap(one.box, box) >= _SAME]
    best = max(near, key=lambda one: overlap(one.box or box, box), default=None)
    found = named[0] if named else best
    if found is not None:
        left.remove(found)
    return found


def _box(picture: Mapping[str, Any], mouth: Mapping[str, Any], width: int, height: int) -> Box:
    whole = (0.0, 0.0, float(width), float(height))
    if picture["kind"] == "mouth" or not mouth["detection"]:
        return whole
    x0, y0, x1, y1 = mouth["detection"]["mouth_box"]
    left, right = min(max(x0, 0.0), width), max(min(x1, width), 0.0)
    top, bottom = min(max(y0, 0.0), height), max(min(y1, height), 0.0)
    return (left, top, right, bottom) if right > left and bottom > top else whole


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
