"""Label mouths by the annotations of data sets that moue did not write.

A data set labels a whole picture or boxes in it. The label of a picture is that of its main face.
The label of a box is that of the mouth whose box overlaps it most, else of the face that contains
its center, since a box may show a face, a mouth or the lips.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.dataset.exchange.boxes import overlap
from moue.dataset.label import LabelUpdate
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import IN_USE
from moue.workspace.imports import all_imported
from moue.workspace.types import Face, Mouth, Points

Box = tuple[float, float, float, float]


def dataset_updates(catalog: Catalog, notes: list[str]) -> Iterator[LabelUpdate]:
    """Yield a label update for each annotation of a data set that belongs to a mouth.

    Args:
        catalog: open catalog.
        notes: list that receives a note if boxes belong to no mouth.
    """
    left = 0
    for row in all_imported(catalog):
        annotations = row.facts.get("annotations")
        if not annotations:
            continue
        mouths = {mouth.face: mouth for mouth in catalog.mouths(IN_USE, sample=row.name)}
        sample = next(catalog.samples(IN_USE, name=row.name), None)
        if sample is None or not mouths:
            continue  # not cropped yet, or dropped; other notes report these pictures
        for one in annotations:
            mouth = _mouth(one["box"], mouths, sample.faces or ())
            if mouth is None:
                left += 1
            else:
                yield LabelUpdate(mouth, one["label"], "dataset", row.dataset)
                mouths.pop(mouth.face)
    if left:
        notes.append(
            f"{left:,} labels of data sets were not used, because their boxes contain no mouth "
            "that moue detected"
        )


def _mouth(
    box: list[float] | None, mouths: dict[int, Mouth], faces: tuple[Face, ...]
) -> Mouth | None:
    """Return the mouth that an annotation labels; None if there is none."""
    if box is None:
        return mouths.get(0)
    given: Any = tuple(box)
    numbers = [number for number in mouths if number < len(faces)]
    best = max(numbers, key=lambda n: overlap(_box(faces[n].mouth_box), given), default=None)
    if best is not None and overlap(_box(faces[best].mouth_box), given) > 0:
        return mouths[best]
    center = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    inside = (n for n in numbers if _contains(faces[n].box, center))
    number = next(inside, None)
    return None if number is None else mouths[number]


def _contains(box: Points, point: npt.NDArray[np.float64]) -> bool:
    return bool((box[:2] <= point).all() and (point <= box[2:]).all())


def _box(values: Any) -> Box:
    x0, y0, x1, y1 = (float(value) for value in values)
    return x0, y0, x1, y1
