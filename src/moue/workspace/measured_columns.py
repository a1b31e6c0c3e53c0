"""The measurements of all pictures with a face, as arrays of numbers."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.workspace.catalog import Catalog
from moue.workspace.columns import Numbers
from moue.workspace.conditions import TO_CLEAN, WITH_FACES
from moue.workspace.types import USER

SCORES = ("face_px", "sharpness", "highlight", "shadow")


@dataclass(frozen=True, slots=True)
class MeasuredColumns:
    """The pictures with a face on which `clean` decides; 43 bytes of memory for each.

    Attributes:
        numbers: (N,) row numbers of the samples, in rising order.
        scores: (N,) float64 measurements by name of `SCORES`; NaN for a missing one.
        mouths: (N,) True for a sample that is a mouth crop.
        dropped: (N,) True for a dropped picture.
        by_user: (N,) True if a person decided on the picture.
        by_clean: (N,) True if `clean` dropped the picture.
        reasons: (N,) indices into `reason_names`; -1 while in use.
        reason_names: drop reasons.
    """

    numbers: Numbers
    scores: dict[str, npt.NDArray[np.float64]]
    mouths: npt.NDArray[np.bool_]
    dropped: npt.NDArray[np.bool_]
    by_user: npt.NDArray[np.bool_]
    by_clean: npt.NDArray[np.bool_]
    reasons: npt.NDArray[np.int8]
    reason_names: tuple[str, ...]


def measured_columns(catalog: Catalog) -> MeasuredColumns:
    """Return the measurements of the pictures with a face on which `clean` decides."""
    scores = ", ".join(f"scores ->> '$.{name}'" for name in SCORES)
    sql = (
        f"SELECT id, {scores}, kind = 'mouth', dropped, decided_by FROM samples "
        f"WHERE {TO_CLEAN} AND {WITH_FACES} ORDER BY id"
    )
    numbers, values = array("q"), [array("d") for _ in SCORES]
    flags, reasons = [array("b") for _ in range(3)], array("b")
    codes: dict[str | None, int] = {None: -1}
    for number, *row, mouth, dropped, author in catalog.stream(sql):
        numbers.append(number)
        for column, value in zip(values, row, strict=True):
            column.append(np.nan if value is None else value)
        for flag, value in zip(flags, (mouth, author == USER, author == "clean"), strict=True):
            flag.append(value)
        reasons.append(codes.setdefault(dropped, len(codes) - 1))
    mouths, by_user, by_clean = (np.array(flag, np.int8) != 0 for flag in flags)
    found = np.array(reasons, np.int8)
    return MeasuredColumns(
        np.array(numbers, np.int64),
        {name: np.array(column, np.float64) for name, column in zip(SCORES, values, strict=True)},
        mouths,
        found >= 0,
        by_user,
        by_clean,
        found,
        tuple(str(reason) for reason in codes if reason is not None),
    )
