"""A prediction as a line of text and as rows of a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from moue.predict.prediction import AnyPrediction, AnyResult


def line_of(result: AnyResult) -> str:
    """Return the line of text of a result."""
    where = result.file if result.time is None else f"{result.file} at {result.time:.2f} s"
    note = f" ({result.note})" if result.note else ""
    if result.error:
        return f"{where}: {result.error}"
    if not result.faces:
        return f"{where}: {_no_face(result)}{note}"
    return f"{where}: " + ", ".join(map(_words, result.faces)) + note


def _words(face: AnyPrediction) -> str:
    return f"{face.describe()} (face {face.face.score:.3g})"


def _no_face(result: AnyResult) -> str:
    least, side = result.min_face or 0, min(result.width or 0, result.height or 0)
    if least <= side:
        return f"no face of at least {least} px was detected"
    return (
        f"no face: the picture has {result.width} x {result.height} px, and the minimum face size "
        f"is {least} px; use --min-face {max(8, min(24, side))} to detect smaller faces"
    )


def rows_of(result: AnyResult, labels: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the CSV row of each face of a result.

    Args:
        labels: labels in the order of the columns.
    """
    for number, face in enumerate(result.faces):
        box = (round(float(v), 1) for v in face.face.mouth_box)
        shares = (round(face.probabilities[label], 4) for label in labels)
        yield (result.file, result.frame, result.time, number, face.label,
               round(face.probability, 4), *box, round(face.face.score, 4),
               round(face.face.roll, 1), *_measures(face), *shares)  # fmt: skip


def _measures(face: AnyPrediction) -> tuple[float | None, ...]:
    """Return the five measures of the lips in the order of their columns; None if unknown."""
    found = face.measures
    return (None,) * 5 if found is None else tuple(found.to_dict().values())
